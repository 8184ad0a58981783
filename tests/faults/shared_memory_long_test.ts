/** Workers and launchers are killed while large arrays lie in the memory that processes share. */

import assert from "node:assert/strict";
import { canFindProcesses, killNow, path, scoop } from "./running.ts";
import type { Run } from "./running.ts";

const IN_MEMORY = "/dev/shm";
const PROGRAM = path("tests/faults/programs/large_arrays.ts");

function isThere(): boolean {
  try {
    return Deno.statSync(IN_MEMORY).isDirectory;
  } catch {
    return false;
  }
}

const ignore = !canFindProcesses || !isThere();
if (ignore) console.log(`ignored: there is no ${IN_MEMORY}, or no way to find processes`);

/** The folder in which a run's processes share memory: its name has the launcher's number. */
function folderOf(run: Run): string | undefined {
  const start = `scoop-run-${run.pid.toString(36)}-`;
  const found = [...Deno.readDirSync(IN_MEMORY)].find(({ name }) => name.startsWith(start));
  return found && `${IN_MEMORY}/${found.name}`;
}

const filesOf = (run: Run) => [...Deno.readDirSync(folderOf(run)!)].length;

Deno.test({
  name: "large arrays: a worker is killed, and whoever takes its place gets what it was given",
  ignore,
  async fn() {
    await using run = scoop(["-n", "3", PROGRAM]);
    await run.prints(/it begins/);
    await run.until(() => folderOf(run) !== undefined && filesOf(run) > 4);
    killNow(run.processes().find(({ name }) => name === "worker-1")!.pid);
    const { code, stdout, stderr } = await run.ended();
    assert.deepEqual([stdout, code], ["it begins\nall is right\n", 0], stderr);
    assert.match(stderr, /worker-1 was lost/);
    await run.gone();
    assert.equal(folderOf(run), undefined, "nothing is left");
  },
});

Deno.test({
  name: "large arrays: the launcher is killed, and nothing is left in memory",
  ignore,
  async fn() {
    await using run = scoop(["-n", "3", PROGRAM]);
    await run.prints(/it begins/);
    await run.until(() => folderOf(run) !== undefined && filesOf(run) > 4);
    killNow(run.pid);
    await run.gone();
    assert.equal(folderOf(run), undefined);
  },
});

Deno.test({
  name: "large arrays: with --resume they travel as they always have, and are known again",
  ignore,
  async fn() {
    const file = await Deno.makeTempFile();
    try {
      for (const _ of [1, 2]) {
        await using run = scoop(["-n", "3", "--resume", file, PROGRAM]);
        const { code, stdout, stderr } = await run.ended();
        assert.deepEqual([stdout, code], ["it begins\nall is right\n", 0], stderr);
      }
    } finally {
      for (const suffix of ["", "-wal", "-shm"]) {
        await Deno.remove(file + suffix).catch(() => {});
      }
    }
  },
});
