/**
 * The packages as users get them: published to a registry, and run from it on a machine where
 * nothing of ours has ever been.
 */

import assert from "node:assert/strict";
import { inFolder, path, start } from "../faults/running.ts";
import type { Ended } from "../faults/running.ts";
import { startRegistry } from "./registry.ts";
import type { Registry } from "./registry.ts";
import futures from "../../deno.json" with { type: "json" };
import cli from "../../cli/deno.json" with { type: "json" };

/** The next version that a program which asks for ours also accepts. */
const NEXT = futures.version.replace(/\d+$/, (patch) => String(Number(patch) + 1));

/** A program that goes on until four workers have executed tasks, and tells what these may do. */
const PROGRAM = `
import { map } from "jsr:@scoop/futures";
import { scoop } from "jsr:@scoop/futures";
import { triple } from "ours/triple";

export async function task(x: number): Promise<[worker: string, y: number, may: string]> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  const kinds = ["net", "write", "run", "sys", "ffi", "env", "read"] as const;
  const may = kinds.filter((name) => Deno.permissions.querySync({ name }).state === "granted");
  return [scoop.workerName, triple(x), may.join()];
}

if (import.meta.main) {
  const workers = new Set<string>();
  while (workers.size < 4) {
    for await (const [worker, y, may] of map(task, [1, 2, 3, 4, 5, 6, 7, 8])) {
      workers.add(worker);
      if (y % 3 !== 0 || may !== "") throw new Error(\`\${worker}: \${y} \${may}\`);
    }
  }
  console.log([...workers].sort().join(), scoop.size, Deno.args.join());
}
`;
const EXPECTED = "origin,worker-1,worker-2,worker-3 4 a,b c\n";

const FILES = {
  "deno.json": `{ "imports": { "ours/triple": "./lib/triple.ts" } }`,
  "lib/triple.ts": "export const triple = (x: number): number => 3 * x;\n",
  "prog.ts": PROGRAM,
};

/** Publishes the package in a folder, as its authors do. */
async function publish(folder: string, registry: Registry): Promise<void> {
  const args = ["publish", "--token", "none", "--allow-dirty", "--no-provenance"];
  const { code, stderr } = await deno(args, folder, { JSR_URL: registry.url });
  assert.equal(code, 0, stderr);
}

/** Runs Deno in a folder to its end, and sees to it that nothing is left of it. */
async function deno(
  args: string[],
  cwd: string,
  env: Record<string, string>,
): Promise<Ended> {
  await using run = start(Deno.execPath(), args, { cwd, env });
  const ended = await run.ended();
  await run.gone();
  return ended;
}

/** Runs Deno as on a machine of its own: no caches, and a folder with nothing but these files. */
async function onNewMachine(
  registry: Registry,
  files: Record<string, string>,
  args: (machine: string) => string[],
): Promise<Ended> {
  let ended: Ended | undefined;
  await inFolder(async (machine) => {
    for (const [name, text] of Object.entries(files)) {
      const file = `${machine}/project/${name}`;
      await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(file, text);
    }
    await Deno.mkdir(`${machine}/home`);
    ended = await deno(args(machine), `${machine}/project`, {
      HOME: `${machine}/home`,
      DENO_DIR: `${machine}/cache`,
      JSR_URL: registry.url,
    });
  });
  return ended!;
}

Deno.test("packages: one version, and every exported name has its text", async () => {
  assert.equal(cli.version, futures.version);
  assert.match(Deno.readTextFileSync(path("CHANGELOG.md")), new RegExp(`^## ${cli.version}$`, "m"));
  const modules = [...Object.values(futures.exports), `cli/${cli.exports}`];
  const { code, stderr } = await deno(["doc", "--lint", ...modules], path(""), {});
  assert.equal(code, 0, stderr);
});

Deno.test("packages: published, and run where nothing of ours has ever been", async (t) => {
  await using registry = startRegistry();
  await publish(path(""), registry);
  await publish(path("cli"), registry);

  await t.step("hold what is needed and no more", () => {
    const files = registry.files("@scoop/futures", futures.version);
    for (const path of [...Object.values(futures.exports), "./LICENSE", "./README.md"]) {
      assert(files.includes(path.slice(1)), path);
    }
    const known = /^\/((broker|futures|launch|telemetry|wire|worker)\/|[^/]+$)/;
    assert.deepEqual(files.filter((path) => !known.test(path) || /test|\.lock$/.test(path)), []);
    assert.deepEqual(registry.files("@scoop/cli", cli.version).sort(), ["/deno.json", "/main.ts"]);
  });

  await t.step("run a program with an import map of its own", async () => {
    const { code, stdout, stderr } = await onNewMachine(
      registry,
      FILES,
      () => ["run", "-A", "jsr:@scoop/cli", "-n", "4", "prog.ts", "a", "b c"],
    );
    assert.deepEqual([code, stdout], [0, EXPECTED], stderr);
  });

  await t.step("run a program without a deno.json", async () => {
    const program = PROGRAM.replace("ours/triple", "./lib/triple.ts");
    const { code, stdout, stderr } = await onNewMachine(
      registry,
      { "prog.ts": program, "lib/triple.ts": FILES["lib/triple.ts"] },
      () => ["run", "-A", "jsr:@scoop/cli", "-n", "4", "prog.ts", "a", "b c"],
    );
    assert.deepEqual([code, stdout], [0, EXPECTED], stderr);
  });

  await t.step("run a program with a node_modules folder, from elsewhere", async () => {
    const files = Object.entries(FILES).map(([name, text]) => [`project/${name}`, text]);
    const config = `{ "nodeModulesDir": "auto", ${FILES["deno.json"].slice(1)}`;
    const { code, stdout, stderr } = await onNewMachine(
      registry,
      { ...Object.fromEntries(files), "project/deno.json": config },
      () => ["run", "-A", "jsr:@scoop/cli", "-n", "4", "project/prog.ts", "a", "b c"],
    );
    assert.deepEqual([code, stdout], [0, EXPECTED], stderr);
  });

  await t.step("run a program that may only import from elsewhere", async () => {
    const flags = ["-n", "4", "--allow-import=example.com"];
    const { code, stdout, stderr } = await onNewMachine(
      registry,
      FILES,
      () => ["run", "-A", "jsr:@scoop/cli", ...flags, "prog.ts", "a", "b c"],
    );
    assert.deepEqual([code, stdout], [0, EXPECTED], stderr);
  });

  await t.step("give all workers the versions of the program's lock file", async () => {
    await inFolder(async (folder) => {
      const config = { name: "@ours/where", version: "1.0.0", license: "MIT", exports: "./mod.ts" };
      await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
      await Deno.writeTextFile(`${folder}/mod.ts`, "export const where: string = import.meta.url;");
      await publish(folder, registry);
    });
    registry.again("@ours/where", "1.0.0", "1.1.0");
    const lock = { version: "5", specifiers: { "jsr:@ours/where@1": "1.0.0" } };
    const triple = `
      import { where } from "jsr:@ours/where@1";
      export const triple = (x: number): number => where.includes("/1.0.0/") ? 3 * x : NaN;
    `;
    const { code, stdout, stderr } = await onNewMachine(
      registry,
      { ...FILES, "deno.lock": JSON.stringify(lock), "lib/triple.ts": triple },
      () => ["run", "-A", "jsr:@scoop/cli", "-n", "4", "prog.ts", "a", "b c"],
    );
    assert.deepEqual([code, stdout], [0, EXPECTED], stderr);
  });

  await t.step("run on another host, where nothing of ours has ever been either", async () => {
    const { code, stdout, stderr } = await onNewMachine(
      registry,
      { ...FILES, "ssh": SSH },
      (machine) => {
        Deno.chmodSync(`${machine}/project/ssh`, 0o755);
        const hosts = ["--hosts", "localhost", "elsewhere", "--require-all"];
        const ssh = [
          "--ssh-executable",
          `${machine}/project/ssh`,
          "--broker-hostname",
          "127.0.0.1",
        ];
        const program = ["prog.ts", "a", "b c"];
        return ["run", "-A", "jsr:@scoop/cli", "-n", "4", ...hosts, ...ssh, ...program];
      },
    );
    assert.deepEqual([code, stdout], [0, EXPECTED], stderr);
    assert(registry.asked.some((path) => path.endsWith("/launch/agent.ts")));
  });

  await t.step("run a program that imports another version than the command's", async () => {
    registry.again("@scoop/futures", futures.version, NEXT);
    const program = PROGRAM.replaceAll(
      "jsr:@scoop/futures",
      `jsr:@scoop/futures@${futures.version}`,
    );
    const asked = registry.asked.length;
    const { code, stdout, stderr } = await onNewMachine(
      registry,
      { ...FILES, "prog.ts": program },
      () => ["run", "-A", "jsr:@scoop/cli", "-n", "4", "prog.ts", "a", "b c"],
    );
    assert.deepEqual([code, stdout], [0, EXPECTED], stderr);
    const paths = registry.asked.slice(asked);
    for (const path of [`${NEXT}/worker/main.ts`, `${futures.version}/mod.ts`]) {
      assert(paths.includes(`/@scoop/futures/${path}`), path);
    }
  });
});

/** Stands for ssh, and for another host: its home folder and Deno's cache are not those here. */
const SSH = `#!/bin/sh
for command; do :; done
there=\${0%/*}/../elsewhere
mkdir -p "$there"
cd "$there"
HOME=$PWD DENO_DIR=$PWD/cache exec sh -c "$command"
`;
