/** The folder of a run: there while it runs, its user's alone, and gone afterwards, whatever ended it. */

import assert from "node:assert/strict";
import { withFakeSsh } from "../hosts/fake_ssh.ts";
import { canFindProcesses, cutPower, inFolder, path, runScoop, scoop } from "./running.ts";
import type { Run } from "./running.ts";

const ignore = !canFindProcesses;
const PROGRAM = path("tests/faults/programs/interrupted.ts");

function folders(parent: string): string[] {
  return [...Deno.readDirSync(parent)].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => `${parent}/${name}`);
}

for (const signal of ["SIGINT", "SIGKILL"] as const) {
  for (const brokers of ["1", "2"]) {
    Deno.test({
      name: `a run with ${brokers} brokers listens in a folder of its own; ${signal} ends it`,
      ignore,
      fn: () =>
        inFolder(async (parent) => {
          await using run = scoop(["-b", brokers, "-n", "3", PROGRAM, "waits"], {
            env: { TMPDIR: parent },
          });
          await run.prints(/waits/);
          const [folder, ...others] = folders(parent);
          assert.deepEqual(others, []);
          assert.equal(Deno.statSync(folder!).mode! & 0o777, 0o700);
          const inside = [...Deno.readDirSync(folder!)].map(({ name }) => name).sort();
          const sockets = brokers === "1" ? [] : ["broker-2", "broker-2-meta"];
          assert.deepEqual(
            inside,
            ["broker", ...sockets, "broker-meta", "processes"]
              .sort(),
          );
          for (const { pid } of run.processes()) assert.equal(listening(pid), false);
          run.kill(signal);
          await run.ended();
          await run.gone();
          assert.deepEqual(folders(parent), []);
        }),
    });
  }
}

/** Whether a process listens on a port. */
function listening(pid: number): boolean {
  const own = new Set<string>();
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    try {
      own.add(/^socket:\[(\d+)\]$/.exec(Deno.readLinkSync(`/proc/${pid}/fd/${name}`))?.[1] ?? "");
    } catch {
      // Closed meanwhile.
    }
  }
  const LISTENS = "0A";
  return Deno.readTextFileSync("/proc/net/tcp").split("\n").some((line) => {
    const fields = line.trim().split(/\s+/);
    return fields[3] === LISTENS && own.has(fields[9]!);
  });
}

/** Everything in a folder for temporary files, but what Deno makes there. */
function temporary(parent: string): string[] {
  return [...Deno.readDirSync(parent)].map(({ name }) => name).filter((name) =>
    name.startsWith("scoop-")
  );
}

/** A program with a lock file, of which a run makes a copy. */
async function projectIn(folder: string): Promise<string> {
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/deno.json`, "{}");
  await Deno.writeTextFile(`${folder}/deno.lock`, '{ "version": "5" }');
  const text = await Deno.readTextFile(PROGRAM);
  const program = `${folder}/program.ts`;
  await Deno.writeTextFile(
    program,
    text.replaceAll(/"(?:\.\.\/)+mod\.ts"/g, `"${path("mod.ts")}"`),
  );
  return program;
}

const MOMENTS: Record<string, (run: Run, parent: string) => Promise<unknown>> = {
  "while the lock file is copied": (run, parent) =>
    run.until(() => temporary(parent).some((name) => name.startsWith("scoop-lock-"))),
  "as soon as its folder is there": (run, parent) => run.until(() => folders(parent).length > 0),
  "when its first worker has been started": (run) =>
    run.until(() => run.processes().some(({ name }) => name === "worker-1")),
  "while it runs": (run) => run.prints(/waits/),
};

for (const [moment, comes] of Object.entries(MOMENTS)) {
  Deno.test({
    name: `what a run leaves, all of which is killed ${moment}, is removed by the next run`,
    ignore,
    fn: () =>
      inFolder(async (folder) => {
        const parent = `${folder}/tmp`;
        await Deno.mkdir(parent);
        const env = { TMPDIR: parent };
        const program = await projectIn(`${folder}/project`);
        {
          await using run = scoop(["-n", "3", program, "waits"], { env });
          await comes(run, parent);
          cutPower(run.processes());
          await run.ended();
        }
        assert.notDeepEqual(temporary(parent), [], "something was left");
        await runScoop(["-n", "1", path("tests/command/programs/trivial.ts")], { env });
        assert.deepEqual(temporary(parent), []);
      }),
  });
}

for (const to of ["process", "group"] as const) {
  Deno.test({
    name: `a launcher's ${to} is killed: nothing is left after the next run`,
    ignore,
    fn: () =>
      inFolder(async (folder) => {
        const parent = `${folder}/tmp`;
        await Deno.mkdir(parent);
        const env = { TMPDIR: parent };
        const program = await projectIn(`${folder}/project`);
        await using run = scoop(["-n", "3", program, "waits"], { env });
        await run.prints(/waits/);
        run.kill("SIGKILL", to);
        await run.ended();
        await run.gone();
        await runScoop(["-n", "1", path("tests/command/programs/trivial.ts")], { env });
        assert.deepEqual(temporary(parent), []);
      }),
  });
}

Deno.test({
  name: "what was sent to another host, whose agent is killed, is removed by the next run there",
  ignore,
  fn: () =>
    withFakeSsh(async (flags, folder) => {
      const parent = `${folder}/tmp`;
      await Deno.mkdir(parent);
      const env = { TMPDIR: parent };
      const hosts = [...flags, "--hosts", "alpha", "-n", "3"];
      {
        await using run = scoop([...hosts, "--ship", PROGRAM, "waits"], { env });
        await run.prints(/waits/);
        cutPower(run.processes());
        await run.ended();
      }
      assert(temporary(parent).some((name) => name.startsWith("scoop-ship-")), "it was sent");
      await runScoop([...hosts, path("tests/command/programs/trivial.ts")], { env });
      assert.deepEqual(temporary(parent), []);
    }),
});

Deno.test({
  name: "where the folder's path is too long a run listens on a port, with keys",
  ignore,
  fn: () =>
    inFolder(async (parent) => {
      const long = `${parent}/${"x".repeat(100)}`;
      await Deno.mkdir(long);
      await using run = scoop(["-n", "2", PROGRAM, "interrupted"], { env: { TMPDIR: long } });
      await run.until(() => run.processes().some(({ name }) => name === "worker-1"));
      const worker = run.processes().find(({ name }) => name === "worker-1")!;
      const environment = Deno.readTextFileSync(`/proc/${worker.pid}/environ`);
      assert.match(environment, /SCOOP_KEYS=/);
      assert.match(environment, /BROKER_ADDRESS=tcp:\/\/127\.0\.0\.1:/);
      run.kill("SIGINT");
      await run.ended();
      await run.gone();
      assert.deepEqual(folders(long), []);
    }),
});
