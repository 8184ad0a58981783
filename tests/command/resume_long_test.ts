/** `--resume` as a user meets it: what is kept, what counts as changed, what is refused. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { runAlone, runProgram } from "../launch_program.ts";
import { computed, inFolder, PROGRAM, resume } from "./resuming.ts";

Deno.test("resume: which calls have one result, and which are not kept", () =>
  inFolder(async ({ file, marks }) => {
    const run = (what: string) =>
      runAlone(PROGRAM, { args: [what, marks, "3"], env: { SCOOP_RESUME: file } });
    const first = await run("same");
    assert.deepEqual(first.stdout.split("\n"), ["3,3,3", "6,6,6", "9,9,9", "12 15", ""]);
    assert.equal((await computed(marks)).join(), "1,1,1,2,2,2,3,3,3,4,5");
    assert.equal((await run("same")).stdout, first.stdout);
    // `nested` was called by the program itself, and its submit is the program's.
    assert.equal((await computed(marks)).join(), "3,3,3");
    const { stdout } = await resume(file, "--list");
    const counts = [...stdout.matchAll(/^(\S+(?: \(\w+\))?) +(\d+) results?/gm)];
    assert.deepEqual(counts.map(([, name, count]) => [name, count]), [
      ["nested", "1"],
      ["work", "2"],
      ["same (work)", "3"],
    ]);
    assert.equal((await resume(file, "--forget", "same")).stdout, "3 results forgotten\n");
    await run("same");
    assert.equal((await computed(marks)).join(), "2,2,2,3,3,3");
    await run("failing");
    await run("failing");
    assert.equal((await computed(marks)).join(), "-1,-1,2", "failures are not kept");
    assert.equal((await resume(file, "--forget")).stdout, "7 results forgotten\n");
    assert.equal((await resume(file, "--list")).stdout, "no results\n");
  }));

Deno.test("resume: changed code is computed anew, and that is told", () =>
  inFolder(async ({ folder, file, marks }) => {
    const text = (await Deno.readTextFile(PROGRAM))
      .replace("../../../mod.ts", import.meta.resolve("../../mod.ts"));
    const program = join(folder, "program.ts");
    const run = async (change: (text: string) => string) => {
      await Deno.writeTextFile(program, change(text));
      const args = ["sum", marks, "5"];
      const { stdout, stderr } = await runAlone(program, { args, env: { SCOOP_RESUME: file } });
      const told = /^scoop: the code of .*$/m.exec(stderr)?.[0];
      return { stdout, told, computed: (await computed(marks)).length };
    };
    const same = (text: string) => text;
    assert.deepEqual(await run(same), { stdout: "30\n", told: undefined, computed: 5 });
    // A variable that the function uses.
    const changed = (text: string) => text.replace("FACTOR = 3", "FACTOR = 4");
    const told = "scoop: the code of work has changed since its 5 results were kept: it is " +
      "computed anew";
    assert.deepEqual(await run(changed), { stdout: "40\n", told, computed: 5 });
    assert.deepEqual(await run(changed), { stdout: "40\n", told: undefined, computed: 0 });
    // What only the program itself does.
    const other = (text: string) => text.replace("let sum = 0", "let sum = 1");
    assert.deepEqual(await run(other), { stdout: "31\n", told: undefined, computed: 0 });
    const { stdout } = await resume(file, "--list");
    assert.equal(stdout.match(/of earlier code/g)?.length, 1, stdout);
  }));

Deno.test("resume: a file that is none of these is refused, and left alone", () =>
  inFolder(async ({ file, marks }) => {
    await Deno.writeTextFile(file, "# notes\n");
    const refused = {
      code: 2,
      stdout: "",
      stderr: `scoop: ${file} is no file of results: name another\n`,
    };
    const args = ["sum", marks];
    assert.deepEqual(await runProgram(PROGRAM, { flags: [`--resume=${file}`], args }), refused);
    assert.deepEqual(await runAlone(PROGRAM, { args, env: { SCOOP_RESUME: file } }), refused);
    assert.deepEqual(await resume(file, "--list"), refused);
    assert.equal(await Deno.readTextFile(file), "# notes\n");
    const nowhere = join(file, "no", "kept");
    const { code, stderr } = await runProgram(PROGRAM, { flags: ["--resume", nowhere], args });
    assert.equal(code, 2);
    assert.match(stderr, /^scoop: cannot open \S+ for results: .*\n$/);
    assert.deepEqual(await computed(marks), []);
  }));
