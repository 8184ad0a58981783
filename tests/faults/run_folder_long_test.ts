/** The folder of a run: there while it runs, its user's alone, and gone afterwards, whatever ended it. */

import assert from "node:assert/strict";
import { canFindProcesses, inFolder, killNow, path, runScoop, scoop } from "./running.ts";

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
            ["broker", ...sockets, "broker-meta", "owner", "processes"]
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

Deno.test({
  name: "what a killed launcher and its reaper have left is removed by the next run",
  ignore,
  fn: () =>
    inFolder(async (parent) => {
      const env = { TMPDIR: parent };
      {
        await using run = scoop(["-n", "2", PROGRAM, "waits"], { env });
        await run.until(() => run.processes().some(({ name }) => name === "reaper"));
        for (const { pid, name } of run.processes()) if (name === "reaper") killNow(pid);
        await run.until(() => folders(parent).length === 1);
        run.kill("SIGKILL");
        await run.ended();
      }
      assert.equal(folders(parent).length, 1);
      await runScoop(["-n", "1", path("tests/command/programs/trivial.ts")], { env });
      assert.deepEqual(folders(parent), []);
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
