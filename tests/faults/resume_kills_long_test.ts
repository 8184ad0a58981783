/** Runs with a file of results that are killed at random until they come to their end. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { canFindProcesses, deno, inFolder, path, runScoop, scoop, start } from "./running.ts";
import type { Run } from "./running.ts";

const PROGRAM = path("tests/command/programs/resumed.ts");
const KILLS = 80;
const TASKS = 2_000;
/** Milliseconds of one task. */
const LONG = 10;
const SUM = String(3 * TASKS * (TASKS - 1) / 2);
/**
 * Tasks that a kill may cost: two workers have begun one each, and what was done in the 10 ms
 * before it may be on its way to the file.
 */
const LOST_BY_KILL = 10;

/** Numbers from 0 to 1 that a seed decides. */
function randomBy(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Kills the origin, the command, or all of a run; what is left ends by itself. */
function kill(run: Run, random: number): void {
  const processes = run.processes();
  const name = random < 0.4 ? "origin" : random < 0.7 ? "launcher" : undefined;
  const chosen = processes.filter((process) => process.name === name);
  for (const { pid } of chosen.length > 0 ? chosen : processes) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It has ended between two lines of ours.
    }
  }
}

async function marksIn(file: string): Promise<number[]> {
  const text = await Deno.readTextFile(file).catch(() => "");
  return text.split("\n").filter((line) => line !== "").map(Number);
}

/** One run after the other until one comes to its end; how many were killed. */
async function untilItEnds(folder: string, random: () => number, most: number): Promise<number> {
  const [file, marks] = [join(folder, "kept"), join(folder, "marks")];
  const program = [PROGRAM, "sum", marks, `${TASKS}`, `${LONG}`];
  for (let kills = 0;;) {
    await using run = random() < 0.7
      ? scoop(["-n", "2", "--resume", file, "-A", ...program])
      : deno(program, { env: { SCOOP_RESUME: file } });
    const ended = run.ended().then(() => true);
    const patience = random() * 2_000;
    const early = kills < most && !await Promise.race([ended, wait(patience).then(() => false)]);
    if (early) kill(run, random());
    const { code, stdout, stderr } = await run.ended();
    await run.gone();
    if (early && stdout !== `${SUM}\n`) {
      kills++;
      continue;
    }
    assert.equal(stdout, `${SUM}\n`, stderr);
    if (!early) assert.equal(code, 0, stderr);
    return kills;
  }
}

Deno.test({
  name: `resume: ${KILLS} runs are killed, and what they computed is not computed again`,
  ignore: !canFindProcesses,
  async fn() {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = randomBy(seed);
    for (let kills = 0, round = 1; kills < KILLS; round++) {
      await inFolder(async (folder) => {
        const killed = await untilItEnds(folder, random, KILLS - kills);
        kills += killed;
        const marks = await marksIn(join(folder, "marks"));
        const told = `seed ${seed}, round ${round}: ${killed} kills, ${marks.length} computed`;
        console.log(told);
        assert.equal(new Set(marks).size, TASKS, told);
        assert.ok(marks.length <= TASKS + killed * LOST_BY_KILL, told);
      });
    }
  },
});

Deno.test({
  name: "resume: two runs at once with one file",
  ignore: !canFindProcesses,
  fn: () =>
    inFolder(async (folder) => {
      const [file, marks] = [join(folder, "kept"), join(folder, "marks")];
      const run = () =>
        runScoop(["-n", "2", "--resume", file, "-A", PROGRAM, "sum", marks, `${TASKS}`, "1"]);
      for (const ended of [...await Promise.all([run(), run()]), await run()]) {
        assert.deepEqual([ended.code, ended.stdout, ended.stderr], [0, `${SUM}\n`, ""]);
      }
      // The third has found all, and the first two computed what they had to at the most.
      assert.ok((await marksIn(marks)).length <= 2 * TASKS);
    }),
});

/** Mounts a file system with little room; false where that is not allowed. */
async function mountSmall(folder: string): Promise<boolean> {
  const args = ["-t", "tmpfs", "-o", "size=128k", "tmpfs", folder];
  try {
    return (await new Deno.Command("mount", { args, stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "resume: on a full disk the run goes on, and says so",
  ignore: !canFindProcesses,
  fn: () =>
    inFolder(async (folder) => {
      const disk = join(folder, "disk");
      await Deno.mkdir(disk);
      if (!await mountSmall(disk)) return console.warn("no file system could be mounted");
      const [file, marks] = [join(disk, "kept"), join(folder, "marks")];
      try {
        const tasks = 20_000;
        await using run = start(Deno.execPath(), [
          ...["run", "-A", path("cli.ts"), "-n", "2", "--resume", file, "-A"],
          ...[PROGRAM, "sum", marks, `${tasks}`, "0"],
        ]);
        const { code, stdout, stderr } = await run.ended();
        assert.deepEqual([code, stdout], [0, `${3 * tasks * (tasks - 1) / 2}\n`]);
        const [first, last, ...more] = stderr.trimEnd().split("\n");
        assert.match(first!, /^scoop: cannot keep results in \S+: the disk is full; /);
        assert.match(last!, /^scoop: \d+ results were not kept in \S+$/);
        assert.deepEqual(more, []);
      } finally {
        await new Deno.Command("umount", { args: [disk] }).output();
      }
    }),
});
