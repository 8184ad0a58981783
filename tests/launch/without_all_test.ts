/** The command, and a program with an Executor, without all the permissions that they take. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inFolder } from "./in_folder.ts";

const CLI = fileURLToPath(new URL("../../cli.ts", import.meta.url));
const LIBRARY = JSON.stringify(import.meta.resolve("../../mod.ts"));

const PROGRAM = `import { Executor } from ${LIBRARY};
export const double = (x: number) => 2 * x;
if (import.meta.main) {
  await using pool = new Executor({ workers: 1 });
  console.log(await pool.submit(double, 4));
}`;

async function deno(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), lines: text.decode(stderr).trimEnd().split("\n") };
}

Deno.test("without all permissions: the command says in one line what it lacks", () =>
  inFolder({ "prog.ts": PROGRAM }, async (folder) => {
    const program = join(folder, "prog.ts");
    const lacking: [flags: string[], line: RegExp][] = [
      [[], /^scoop: cannot read the program .*: Requires read access to /],
      [["-A", "--deny-read"], /^scoop: cannot read the program .*: Requires read access to /],
      [["-A", "--deny-run"], /^scoop: cannot run Deno as .*: Requires run access to /],
      [["-A", "--deny-env"], /^scoop: Requires env access to "\w+": run the command with .* -A$/],
      [["-A", "--deny-sys"], /^scoop: Requires sys access to "\w+": run the command with .* -A$/],
    ];
    for (const [flags, line] of lacking) {
      const { code, stdout, lines } = await deno(...flags, CLI, "-n", "2", program);
      assert.deepEqual({ stdout, lines: lines.length }, { stdout: "", lines: 1 }, lines.join("\n"));
      assert.ok(code > 0);
      assert.match(lines[0]!, line);
    }
  }));

Deno.test("without all permissions: an Executor does without, or fails where the program made it", () =>
  inFolder({ "prog.ts": PROGRAM }, async (folder) => {
    const program = join(folder, "prog.ts");
    for (const flags of [["--deny-env"], ["--deny-sys"], ["--deny-net"]]) {
      const { code, stdout, lines } = await deno("-A", ...flags, program);
      assert.deepEqual({ code, stdout }, { code: 0, stdout: "8\n" }, lines.join("\n"));
    }
    for (const flags of [[], ["-A", "--deny-ffi"], ["-A", "--deny-run"], ["-A", "--deny-read"]]) {
      const { code, lines } = await deno(...flags, program);
      assert.equal(code, 1);
      const [head, ...frames] = lines;
      assert.match(head!, /^error: Uncaught \(in promise\) \w+: .*(-A|--allow-\w+ flag)$/);
      const ours = frames.filter((line) => line.includes("/launch/") || line.includes("/wire/"));
      assert.deepEqual(ours, [], lines.join("\n"));
    }
  }));
