/** Workers and launchers are killed while large arrays lie in the memory that processes share. */

import assert from "node:assert/strict";
import { leftFile } from "../../wire/shared_memory.ts";
import { canFindProcesses, killNow, path, scoop } from "./running.ts";
import type { Run } from "./running.ts";

const IN_MEMORY = "/dev/shm";
const PROGRAM = path("tests/faults/programs/large_arrays.ts");
const LEAVING = path("tests/faults/programs/large_replaced.ts");
const RESUMED = path("tests/faults/programs/large_resumed.ts");

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

/** Waits until tasks are under way, and some of their arrays lie in memory. */
async function arraysLieThere(run: Run): Promise<void> {
  await run.prints(/it begins/);
  await run.until(() => {
    const folder = folderOf(run);
    return folder !== undefined && [...Deno.readDirSync(folder)].length > 4;
  });
}

Deno.test({
  name: "large arrays: a worker is killed, and whoever takes its place gets what it was given",
  ignore,
  async fn() {
    await using run = scoop(["-n", "3", PROGRAM]);
    await arraysLieThere(run);
    killNow(run.processes().find(({ name }) => name === "worker-1")!.pid);
    const { code, stdout, stderr } = await run.ended();
    assert.deepEqual([stdout, code], ["it begins\nall is right\n", 0], stderr);
    assert.match(stderr, /worker-1 was lost/);
    await run.gone();
    assert.equal(folderOf(run), undefined, "nothing is left");
  },
});

Deno.test({
  name: "large arrays: what workers have left that were replaced is removed when it was read",
  ignore,
  async fn() {
    await using run = scoop(["-n", "3", "--max-tasks", "2", LEAVING]);
    await run.prints(/all rounds are over/);
    const folder = folderOf(run)!;
    await run.until(() => {
      const living = new Set(run.processes().map(({ pid }) => pid));
      const left = [...Deno.readDirSync(folder)].filter(({ name }) =>
        !living.has(leftFile(name)!.pid)
      );
      return left.length === 0;
    });
    assert.doesNotMatch(run.stdout(), /another's/);
  },
});

Deno.test({
  name: "large arrays: the launcher is killed, and nothing is left in memory",
  ignore,
  async fn() {
    await using run = scoop(["-n", "3", PROGRAM]);
    await arraysLieThere(run);
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

Deno.test({
  name:
    "large arrays: an Executor of a run that shares memory knows with --resume what it has computed",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      for (const _ of [1, 2]) {
        await using run = scoop(["-n", "2", "-A", RESUMED, `${folder}/kept`, `${folder}/marks`]);
        const { code, stdout, stderr } = await run.ended();
        assert.deepEqual([stdout, code], ["0,300000,600000\n", 0], stderr);
      }
      assert.equal(await Deno.readTextFile(`${folder}/marks`), "xxx", "each was computed once");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
