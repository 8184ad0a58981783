/** Nothing grows with the number of tasks, functions, priorities or results that have gone by. */

import assert from "node:assert/strict";
import { canFindProcesses, path, scoop } from "../faults/running.ts";

const ignore = !canFindProcesses;
/** Of each process of a run, in megabytes: what a million of anything takes would be seen. */
const MOST = 500;

/** What the program prints, and the most memory that each process had, in megabytes. */
async function grown(what: string, count: number) {
  const args = ["-n", "3", path("tests/api/programs/growth.ts"), what, `${count}`];
  await using run = scoop(args, { env: { DENO_V8_FLAGS: "--expose-gc" } });
  const peaks: Record<string, number> = {};
  const ended = run.ended();
  let over = false;
  ended.finally(() => over = true).catch(() => {});
  while (!over) {
    for (const { pid, name } of run.processes()) {
      peaks[name] = Math.max(peak(pid), peaks[name] ?? 0);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const { code, stdout, stderr } = await ended;
  assert.deepEqual([code, stderr], [0, ""]);
  assert(["launcher", "origin", "worker-1", "worker-2"].every((name) => peaks[name]! > 0));
  for (const [name, size] of Object.entries(peaks)) assert(size < MOST, `${name}: ${size} MB`);
  return JSON.parse(stdout);
}

function peak(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1e3;
  } catch {
    // It has ended.
    return 0;
  }
}

Deno.test({
  name: "growth: functions that are made at run time are not kept",
  ignore,
  async fn() {
    const { alone, submitted } = await grown("functions", 20_000);
    assert(submitted < 1.3 * alone + 5, `${submitted} MB, of which ${alone} MB are V8's`);
  },
});

Deno.test({
  name: "growth: a priority for each task, of which nothing is left",
  ignore,
  async fn() {
    const { sum, before, after } = await grown("priorities", 100_000);
    assert.equal(sum, 100_000 * 99_999 / 2);
    assert(before - after > 0, `${after} MB afterwards, ${before} MB before`);
    assert(after < 40, `${after} MB are left`);
  },
});

Deno.test({
  name: "growth: a reader that is slower than the workers holds them back",
  ignore,
  async fn() {
    const { sum, memory } = await grown("reader", 1_000_000);
    assert.equal(sum, 1e6 * (1e6 - 1) / 2);
    assert(memory.at(-2) - memory[0] < 15, `megabytes: ${memory}`);
  },
});
