import assert from "node:assert/strict";
import { seeded } from "./clock.ts";
import type { Fault } from "./faults.ts";
import { SCENARIOS } from "./scenarios.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulation.ts";
import { simulateSoundly } from "./verdict.ts";
import { countTasks, nested, specMaker, totalWork } from "./workload.ts";
import type { Spec } from "./spec.ts";

/** One event in so many is followed by a check, where there are very many. */
const SOME = 997;

function kills(seed: number, count: number, within: number): Fault[] {
  const chance = seeded(seed);
  return Array.from({ length: count }, () => ({ kind: "kill", at: chance() * within }));
}

Deno.test("simulation: 100 workers, 10,000 nested tasks, 20 losses, for several seeds", () => {
  for (const seed of [1, 2, 3]) {
    // A worker that is lost may hold a hundred tasks that wait: some are lost several times.
    const like = { fanOut: 6, depth: 5, mean: 20, retries: 10 };
    const program = nested(seeded(seed), { tasks: 10_000, ...like });
    const faults = kills(seed, 20, 0.8 * totalWork(program) / 100);
    const options = { workers: 100, program, seed, faults, checkEvery: SOME };
    const run = simulateSoundly(options, "losses");
    assert.equal(run.lost, 20);
    assert.equal(run.sum, countTasks(program), "every task counts once, whatever was repeated");
    assert.ok(run.executed > 10_000, "losses make tasks run again");
  }
});

Deno.test("simulation: a seed gives the same run again", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const first = simulate(SCENARIOS.chaos!(seed));
    assert.ok(first.executed > 0 && first.messages > 0);
    assert.deepEqual(simulate(SCENARIOS.chaos!(seed)), first);
  }
  assert.notEqual(simulate(SCENARIOS.chaos!(1)).print, simulate(SCENARIOS.chaos!(2)).print);
});

Deno.test("simulation: what fails is made as small as it goes on failing", () => {
  const program = Array.from({ length: 20 }, specMaker().bind(undefined, { duration: 1 }));
  const faults = kills(1, 6, 100);
  const options = { workers: 5, brokers: 2, program, seed: 1, faults };
  const has = (id: number) => (one: Spec) => one.id === id;
  const found = shrink(
    options,
    ({ program, faults }) =>
      program.some(has(7)) && program.some(has(13)) && faults!.length > 1 ? "wrong" : undefined,
  );
  assert.deepEqual(found!.options.program.map(({ id }) => id), [7, 13]);
  assert.deepEqual([found!.options.workers, found!.options.brokers, found!.why], [1, 1, "wrong"]);
  assert.equal(found!.options.faults!.length, 2);
  assert.equal(shrink(options, () => undefined), undefined);
});

Deno.test("simulation: without losses the workers are kept busy", () => {
  const chance = seeded(4);
  const make = specMaker();
  const program: Spec[] = [];
  for (let i = 0; i < 10_000; i++) program.push(make({ duration: 10 + 90 * chance() }));
  const run = simulate({ workers: 100, program, seed: 4, checkEvery: SOME });
  assert.equal(run.sum, 10_000);
  assert.equal(run.executed, 10_000);
  const busy = run.work / (run.time * 100);
  assert.ok(busy > 0.9, `the workers were busy ${(busy * 100).toFixed(1)} % of the time`);
});

Deno.test("simulation: tasks that kill their worker once are found and done", () => {
  const make = specMaker();
  const program: Spec[] = [];
  for (let i = 0; i < 1000; i++) {
    program.push(make({ duration: 5, fate: i % 100 === 50 ? "kills" : "returns" }));
  }
  const run = simulate({ workers: 10, program, seed: 5, checkEvery: SOME });
  assert.equal(run.sum, 1000);
  assert.ok(run.lost >= 5 && run.lost <= 10, `${run.lost} workers were lost`);
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

Deno.test("simulation: a recursion of small tasks says little while all have enough", () => {
  const make = specMaker();
  const tree = (depth: number): Spec => {
    const children = depth > 0 ? [tree(depth - 1), tree(depth - 1)] : [];
    return make({ fn: "tree", duration: 0.01, children });
  };
  const run = simulate({ workers: 2, program: [tree(13)], seed: 1, checkEvery: Infinity });
  assert.equal(run.sum, 2 ** 14 - 1);
  const each = run.messages / run.executed;
  assert.ok(each < 0.05, `${run.messages} messages for ${run.executed} tasks`);
});

Deno.test("simulation: 8 brokers, all tasks enter at one, links of 1 to 50 ms: all workers are busy", () => {
  const make = specMaker();
  const program = Array.from({ length: 8_000 }, () => make({ duration: 1000 }));
  const run = simulate({
    ...{ workers: 200, brokers: 8, program, seed: 3, linkDelays: [1, 50] },
    checkEvery: Infinity,
  });
  assert.equal(run.sum, 8_000);
  assert.equal(run.executed, 8_000);
  const busy = run.work / (run.time * 200);
  assert.ok(busy > 0.95, `the workers were busy ${(busy * 100).toFixed(1)} % of the time`);
});

Deno.test("simulation: nested tasks in a federation that loses workers and brokers", () => {
  for (const seed of [1, 2, 3]) {
    const program = nested(seeded(seed), {
      ...{ tasks: 3_000, fanOut: 6, depth: 5, mean: 20, retries: 10 },
    });
    const run = simulateSoundly({
      ...{ workers: 60, brokers: 4, program, seed, linkDelays: [1, 20], checkEvery: SOME },
      faults: [...kills(seed, 10, 700), { kind: "killBroker", broker: 3, at: 300 }],
    }, "a federation that loses a broker");
    assert.equal(run.sum, countTasks(program), "every task counts once, whatever was repeated");
  }
});

Deno.test("simulation: whoever loses the only broker is told so within 5 s", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const make = specMaker();
    const program = Array.from({ length: 400 }, () => make({ duration: 20 }));
    const faults: Fault[] = [{ kind: "killBroker", broker: 1, at: 300 }];
    const run = simulate({ workers: 4, program, seed, faults });
    assert.equal(run.results, 400, `seed ${seed}`);
    assert.ok(run.failures.length > 0, `seed ${seed}: some were away`);
    assert.ok(run.failures.every(({ error }) => error === "BrokerLostError"), `seed ${seed}`);
    // What was not away is done by the origin alone.
    const alone = 300 + 5_000 + 400 * 21;
    assert.ok(run.time < alone, `seed ${seed}: it took ${run.time} ms`);
  }
});

Deno.test("simulation: a federation that loses the origin's broker goes on, and little is done twice", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const make = specMaker();
    const program = Array.from({ length: 400 }, () => make({ duration: 20 }));
    const faults: Fault[] = [{ kind: "killBroker", broker: 1, at: 300 }];
    const run = simulateSoundly({ workers: 8, brokers: 2, program, seed, faults }, "two brokers");
    assert.deepEqual(run.failures, [], `seed ${seed}`);
    assert.ok(run.executed <= 400 + 8, `seed ${seed}: ${run.executed} tasks for 400`);
    const ideal = 400 * 20 / 8;
    assert.ok(run.time < ideal + 8_000, `seed ${seed}: it took ${run.time} ms`);
  }
});

Deno.test("simulation: what is urgent begins first", () => {
  const make = specMaker();
  const program = Array.from({ length: 60 }, (_, i) => make({ duration: 5, priority: i % 3 }));
  for (const workers of [1, 3]) {
    const run = simulate({ workers, program, seed: 1 });
    const order = run.order.map((id) => (id - 1) % 3);
    // What others were given before the urgent was spawned has begun by then.
    const early = order.slice(0, 20 + 2 * workers).filter((priority) => priority === 2).length;
    assert.ok(early >= 20 - 2 * workers, `${workers} workers: ${order.join("")}`);
  }
});

/** Chaos of many more seeds is in `chaos_long_test.ts`. */
const SEEDS: Record<string, number> = {
  chaos: 60,
  "a worker stopped": 5,
  "a broker stopped": 5,
  "the origin stopped": 5,
};

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  const seeds = SEEDS[name] ?? 15;
  Deno.test(`simulation: ${name}, ${seeds} seeds`, () => {
    for (let seed = 1; seed <= seeds; seed++) simulateSoundly(scenario(seed), name);
  });
}
