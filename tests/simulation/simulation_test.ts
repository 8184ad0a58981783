import assert from "node:assert/strict";
import { seeded } from "./clock.ts";
import { simulate } from "./simulation.ts";
import type { Spec } from "./simulation.ts";
import { countTasks, nested, specMaker, totalWork } from "./workload.ts";

Deno.test("simulation: 100 workers, 10,000 nested tasks, 20 losses, for several seeds", () => {
  for (const seed of [1, 2, 3]) {
    const chance = seeded(seed);
    const program = nested(chance, { tasks: 10_000, fanOut: 6, depth: 5, mean: 20 });
    const ideal = totalWork(program) / 100;
    const run = simulate({ workers: 100, program, seed, losses: 20, lossesWithin: ideal });
    assert.equal(run.lost, 20);
    assert.equal(run.results, program.length);
    assert.equal(run.sum, countTasks(program), "every task counts once, whatever was repeated");
    assert.ok(run.executed > 10_000, "losses make tasks run again");
    assert.deepEqual(run.errors, []);
    assert.equal(run.leftInLedger, 0);
  }
});

Deno.test("simulation: a seed gives the same run again", () => {
  const once = () => {
    const program = nested(seeded(7), { tasks: 1000, fanOut: 5, depth: 4, mean: 5 });
    return simulate({ workers: 10, program, seed: 7, losses: 3, lossesWithin: 300 });
  };
  assert.deepEqual(once(), once());
});

Deno.test("simulation: without losses the workers are kept busy", () => {
  const chance = seeded(4);
  const make = specMaker();
  const program: Spec[] = [];
  for (let i = 0; i < 10_000; i++) program.push(make({ duration: 10 + 90 * chance() }));
  const run = simulate({ workers: 100, program, seed: 4 });
  assert.equal(run.sum, 10_000);
  assert.equal(run.executed, 10_000);
  const busy = run.work / (run.time * 100);
  assert.ok(busy > 0.9, `the workers were busy ${(busy * 100).toFixed(1)} % of the time`);
});

Deno.test("simulation: tasks that kill their worker once are found and done", () => {
  const make = specMaker();
  const program: Spec[] = [];
  for (let i = 0; i < 1000; i++) program.push(make({ duration: 5, deadly: i % 100 === 50 }));
  const run = simulate({ workers: 10, program, seed: 5 });
  assert.equal(run.sum, 1000);
  assert.ok(run.lost >= 5 && run.lost <= 10, `${run.lost} workers were lost`);
  assert.deepEqual(run.errors, []);
});

Deno.test("simulation: deep recursion on few workers ends", () => {
  const make = specMaker();
  const chain = (depth: number): Spec =>
    make({ fn: "chain", duration: 0.1, children: depth > 0 ? [chain(depth - 1)] : [] });
  for (const workers of [1, 2, 3]) {
    const run = simulate({ workers, program: [chain(300), chain(300)], seed: workers });
    assert.equal(run.sum, 602);
  }
});

Deno.test("simulation: 8 brokers, all tasks enter at one, links of 1 to 50 ms: all workers are busy", () => {
  const make = specMaker();
  const program = Array.from({ length: 16_000 }, () => make({ duration: 1000 }));
  const run = simulate({ workers: 400, brokers: 8, program, seed: 3, linkDelays: [1, 50] });
  assert.equal(run.sum, 16_000);
  assert.equal(run.executed, 16_000);
  assert.equal(run.leftInLedger, 0);
  const busy = run.work / (run.time * 400);
  assert.ok(busy > 0.95, `the workers were busy ${(busy * 100).toFixed(1)} % of the time`);
});

Deno.test("simulation: nested tasks in a federation that loses workers and brokers", () => {
  for (const seed of [1, 2, 3]) {
    const program = nested(seeded(seed), { tasks: 6_000, fanOut: 6, depth: 5, mean: 20 });
    const run = simulate({
      workers: 60,
      brokers: 4,
      program,
      seed,
      linkDelays: [1, 20],
      losses: 10,
      lossesWithin: 1500,
      brokerLosses: [{ broker: 3, after: 700 }],
    });
    assert.equal(run.results, program.length);
    assert.equal(run.sum, countTasks(program), "every task counts once, whatever was repeated");
    assert.deepEqual(run.errors, []);
    assert.equal(run.leftInLedger, 0);
  }
});
