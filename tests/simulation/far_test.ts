import assert from "node:assert/strict";
import { simulate } from "./simulation.ts";
import { heavyTailed, longestChain, totalWork, uniform } from "./workload.ts";
import { seeded } from "./clock.ts";
import type { Spec } from "./spec.ts";

/** How busy workers are, as a share, that are so many milliseconds from their broker, one way. */
function busy(farMs: number, program: readonly Spec[], more: { near?: number; workers?: number }) {
  const workers = more.workers ?? 4;
  const run = simulate({ workers, farMs, ...more, program, seed: 1, checkEvery: 997 });
  assert.equal(run.results, program.length);
  assert.equal(run.executed, program.length, "nothing runs twice");
  const ideal = Math.max(totalWork(program) / workers, longestChain(program));
  return ideal / run.time;
}

for (
  const [farMs, taskMs, tasks, goal] of [
    [5, 10, 2_000, 0.95],
    [5, 100, 400, 0.95],
    [20, 1, 20_000, 0.85],
    [20, 10, 2_000, 0.92],
    [20, 100, 400, 0.92],
    [80, 10, 2_000, 0.85],
    [80, 100, 400, 0.85],
  ] as const
) {
  Deno.test(`simulation: ${tasks} tasks of ${taskMs} ms on workers ${farMs} ms away`, () => {
    const share = busy(farMs, uniform(tasks, taskMs), {});
    assert.ok(share >= goal, `the workers were busy ${(100 * share).toFixed(1)} % of the time`);
  });
}

Deno.test("simulation: what is fetched in advance is not missed by those who have nothing", () => {
  // Four rounds, with a way there and back for each, and for the start; a fifth would be too much.
  for (const [farMs, near] of [[5, 3], [20, 3], [20, 0]] as const) {
    const share = busy(farMs, uniform(28, 300), { near, workers: 7 });
    const least = 1200 / (1220 + 12 * farMs);
    assert.ok(share >= least, `${farMs} ms, ${near} near: ${(100 * share).toFixed(1)} %`);
  }
});

Deno.test("simulation: tasks of very different lengths are balanced among workers near and far", () => {
  for (const [farMs, least] of [[5, 0.7], [20, 0.7], [80, 0.65]] as const) {
    let sum = 0;
    for (let seed = 1; seed <= 8; seed++) {
      sum += busy(farMs, heavyTailed(seeded(seed), 1000, 20), { near: 3, workers: 7 }) / 8;
    }
    assert.ok(sum >= least, `${farMs} ms: ${(100 * sum).toFixed(1)} % on average`);
  }
});
