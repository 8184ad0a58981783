import assert from "node:assert/strict";
import { TallyKeeper } from "../../telemetry/tally_keeper.ts";
import type { Stretch } from "../../telemetry/tally_keeper.ts";
import type { FunctionTally } from "../../wire/tally.ts";
import { LIMITS } from "../../wire/limits.ts";
import fc from "../fast_check.ts";
import { counted, ran } from "./tallies.ts";

const FACTS = { cpuMs: 1, rss: 2, lagMs: 3, running: 4, queued: 5 };
/** How far the wall clock of these tests is ahead of the process's. */
const AHEAD = 1_000_000;

/** A keeper whose clock stands at 100 when it is made. */
function keeperOf({ watched = true } = {}): TallyKeeper {
  const keeper = new TallyKeeper("w", (at) => at + AHEAD, () => 100);
  keeper.decide(watched);
  return keeper;
}

function stretch(changes: Partial<Stretch> = {}): Stretch {
  return {
    ...{ label: "f", mark: undefined, parent: "", spawnedAt: 0, from: 100, to: 101, ms: 1 },
    ...{ tasks: 1, failed: 0, waited: false, args: [] },
    ...changes,
  };
}

Deno.test("tally keeper: counts by function, and begins anew once told", () => {
  const keeper = keeperOf();
  assert.equal(keeper.changed, false);
  keeper.of(counted("f")).spawned(10);
  keeper.of(counted("f")).done();
  keeper.of(counted("f")).failed();
  keeper.of(counted("f")).retried();
  keeper.of(counted("f")).dropped(2);
  keeper.of(counted("g")).moved(30, 40);
  keeper.of(counted("f")).waited(-5, 2);
  ran(keeper, stretch({ tasks: 4, failed: 1, ms: 8 }));
  ran(keeper, stretch({ tasks: 1, ms: 3 }));
  assert.equal(keeper.changed, true);
  const { functions, blocks: _, ...rest } = keeper.take(600, FACTS);
  assert.deepEqual(rest, { ...FACTS, number: 1, at: 600 + AHEAD, spanMs: 500, busyMs: 11 });
  const [f, g] = functions;
  const { run, wait, ...sums } = f!;
  assert.deepEqual(sums, {
    ...{ label: "f", spawned: 10, done: 1, failed: 1, retried: 1, dropped: 2, ran: 5, threw: 1 },
    ...{ ms: 11, maxMs: 3, bytesIn: 0, bytesOut: 0 },
  });
  assert.equal(run[1]! + run[3]!, 5);
  assert.deepEqual(wait, [0, 2]);
  assert.deepEqual([g!.label, g!.bytesIn, g!.bytesOut], ["g", 30, 40]);
  assert.equal(keeper.changed, false);
  const empty = keeper.take(700, FACTS);
  assert.equal(empty.number, 2);
  assert.deepEqual([empty.functions, empty.blocks, empty.spanMs, empty.busyMs], [[], [], 100, 0]);
  keeper.of(counted("f")).done();
  const after = keeper.take(800, FACTS).functions;
  assert.deepEqual(after.map(({ label, done, ran, threw, ms }) => [label, done, ran, threw, ms]), [
    ["f", 1, 0, 0, 0],
  ]);
});

Deno.test("tally keeper: nothing is lost or told twice, whenever it is told", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("take" as const) }),
    fc.record({
      kind: fc.constantFrom("spawned", "done", "failed", "retried", "dropped", "moved", "waited"),
      label: fc.constantFrom("f", "g", "h"),
      count: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({
      kind: fc.constant("ran" as const),
      label: fc.constantFrom("f", "g", "h"),
      count: fc.integer({ min: 1, max: 9 }),
      ms: fc.nat(300),
    }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const keeper = keeperOf();
    const expected: Record<string, number> = {};
    const told: Record<string, number> = {};
    const add = (to: Record<string, number>, key: string, count: number) => {
      if (count > 0) to[key] = (to[key] ?? 0) + count;
    };
    let now = 100;
    const take = () => {
      const { functions, blocks, busyMs } = keeper.take(now, FACTS);
      add(told, "busy", busyMs);
      for (const one of functions) for (const [key, count] of sumsOf(one)) add(told, key, count);
      for (const { label, tasks, failed, ms } of blocks) {
        add(told, `${label} tasks in blocks`, tasks);
        add(told, `${label} failed in blocks`, failed);
        add(told, `${label} ms in blocks`, ms);
      }
    };
    for (const one of steps) {
      if (one.kind === "take") {
        take();
        continue;
      }
      const { label, count } = one as { label: string; count: number };
      const counts = keeper.of(counted(label));
      switch (one.kind) {
        case "ran": {
          const { ms } = one as { ms: number };
          ran(keeper, stretch({ label, from: now, to: now += ms, ms, tasks: count, failed: 1 }));
          add(expected, `${label} ran`, count);
          add(expected, `${label} threw`, 1);
          add(expected, `${label} ms`, ms);
          add(expected, "busy", ms);
          add(expected, `${label} run`, count);
          add(expected, `${label} tasks in blocks`, count);
          add(expected, `${label} failed in blocks`, 1);
          add(expected, `${label} ms in blocks`, ms);
          break;
        }
        case "moved":
          counts.moved(count, 2 * count);
          add(expected, `${label} bytesIn`, count);
          add(expected, `${label} bytesOut`, 2 * count);
          break;
        case "waited":
          counts.waited(count * 7, count);
          add(expected, `${label} wait`, count);
          break;
        case "spawned":
        case "dropped":
          counts[one.kind](count);
          add(expected, `${label} ${one.kind}`, count);
          break;
        case "done":
        case "failed":
        case "retried":
          counts[one.kind]();
          add(expected, `${label} ${one.kind}`, 1);
      }
      assert.equal(keeper.changed, true);
    }
    take();
    assert.deepEqual(told, expected);
  }));
});

/** What of a tally can be added up. */
function sumsOf({ label, maxMs: _, run, wait, ...sums }: FunctionTally): [string, number][] {
  const counted = (pairs: number[]) => pairs.reduce((sum, n, i) => i % 2 === 1 ? sum + n : sum, 0);
  return [
    ...Object.entries(sums).map(([key, n]): [string, number] => [`${label} ${key}`, n]),
    [`${label} run`, counted(run)],
    [`${label} wait`, counted(wait)],
  ];
}

Deno.test("tally keeper: functions that are too many are counted together", () => {
  const keeper = keeperOf();
  const count = LIMITS.shownFunctions + 50;
  for (const round of [0, 1]) {
    for (let i = 0; i < count; i++) keeper.of(counted(`f${i}`)).done();
    const { functions } = keeper.take(200 + round, FACTS);
    assert.equal(functions.length, LIMITS.shownFunctions + 1);
    assert.equal(functions.find(({ label }) => label === "(others)")!.done, 50);
  }
});

Deno.test("tally keeper: a long name is shortened, and a block's parent as well", () => {
  const keeper = keeperOf();
  const label = "f".repeat(5000);
  ran(keeper, stretch({ label, parent: `w:${"9".repeat(5000)}` }));
  ran(keeper, stretch({ label, parent: `w:${"9".repeat(5000)}`, from: 101, to: 102 }));
  const { functions, blocks } = keeper.take(200, FACTS);
  assert.deepEqual([functions[0]!.label.length, functions.length], [160, 1]);
  assert.deepEqual(blocks.map(({ label, parent }) => [label.length, parent.length]), [[160, 160]]);
});

/** The blocks of these stretches, as `label tasks from-to`. */
function blocksOf(...stretches: Partial<Stretch>[]): string[] {
  const keeper = keeperOf();
  for (const changes of stretches) ran(keeper, stretch(changes));
  return keeper.take(1000, FACTS).blocks.map(({ label, tasks, from, to }) =>
    `${label} ${tasks} ${from - AHEAD}-${to - AHEAD}`
  );
}

Deno.test("tally keeper: neighbours of one function are told as one block", () => {
  const [first, next] = [{ from: 100, to: 110, tasks: 5 }, { from: 110.5, to: 120, tasks: 7 }];
  assert.deepEqual(blocksOf(first, next), ["f 12 100-120"]);
  const apart: [string, Partial<Stretch>][] = [
    ["another function", { label: "g" }],
    ["another parent", { parent: "w:1" }],
    ["a gap", { from: 112 }],
    ["one that waited", { waited: true }],
    ["one that spawned", { mark: { id: 7 } }],
    ["a slow task", { tasks: 1, to: 110.5 + LIMITS.slowTaskMs }],
  ];
  for (const [what, changes] of apart) {
    const pair = [first, { ...next, ...changes }];
    assert.equal(blocksOf(...pair).length, 2, what);
    // Whatever comes after stays apart from it, too, unless only the gap was the matter.
    const swapped = [{ ...first, ...changes, from: 100, to: 110 }, next];
    if (what !== "a gap" && what !== "a slow task") {
      assert.equal(blocksOf(...swapped).length, 2, what);
    }
  }
  const slow = { from: 0.5, to: 1 + LIMITS.slowTaskMs };
  assert.equal(blocksOf(slow, { from: slow.to, to: slow.to + 1 }).length, 2, "after a slow task");
});

Deno.test("tally keeper: an unmeasured stretch has no block, nor one that nobody watches", () => {
  assert.deepEqual(blocksOf({ from: 0, to: 0 }), []);
  const keeper = keeperOf({ watched: false });
  ran(keeper, stretch());
  assert.equal(keeper.parentOf({ id: 0 }), "");
  assert.equal(keeper.spawning(), 0);
  const { blocks, functions } = keeper.take(200, FACTS);
  assert.deepEqual([blocks, functions[0]!.ran], [[], 1]);
});

Deno.test("tally keeper: blocks in one tally have a limit, and no task is left out of them", () => {
  const keeper = keeperOf();
  const count = LIMITS.mostBlocks + 100;
  for (let i = 0; i < count; i++) {
    ran(keeper, stretch({ label: `f${i % 2}`, from: 100 + i * 10, to: 105 + i * 10, failed: 1 }));
  }
  const { blocks } = keeper.take(1e5, FACTS);
  assert.equal(blocks.length, LIMITS.mostBlocks);
  assert.equal(blocks.reduce((sum, { tasks }) => sum + tasks, 0), count);
  assert.equal(blocks.reduce((sum, { failed }) => sum + failed, 0), count);
  assert.equal(blocks.at(-1)!.to - AHEAD, 105 + (count - 1) * 10);
  assert.equal(new Set(blocks.map(({ id }) => id)).size, blocks.length);
  ran(keeper, stretch());
  assert.equal(keeper.take(1e5, FACTS).blocks.length, 1, "there is room again");
});

Deno.test("tally keeper: what comes when there is no room for it is counted without being measured", () => {
  const keeper = keeperOf();
  assert(keeper.measures);
  for (let i = 0; i < LIMITS.mostBlocks; i++) {
    assert(keeper.measures, `${i} blocks`);
    ran(keeper, stretch({ label: `f${i}`, from: 100 + i, to: 101 + i, ms: 1 }));
  }
  assert(!keeper.measures);
  ran(keeper, stretch({ label: "f0", from: 0, to: 0, ms: 3, tasks: 5, failed: 2 }));
  const { blocks, functions, busyMs } = keeper.take(1e5, FACTS);
  const { tasks, ms, failed, to } = blocks.at(-1)!;
  assert.deepEqual({ tasks, ms, failed }, { tasks: 6, ms: 4, failed: 2 });
  assert.equal(to - AHEAD, 100 + LIMITS.mostBlocks, "when it was is not known");
  assert.equal(functions.find(({ label }) => label === "f0")?.ran, 6);
  assert.equal(busyMs, LIMITS.mostBlocks + 3);
  assert(keeper.measures, "there is room again");
  keeper.decide(false);
  assert(!keeper.measures, "nobody wants to see it");
});

Deno.test("tally keeper: what is spawned knows its block, by a number of its own", () => {
  const keeper = keeperOf();
  const [mark, other] = [{ id: 0 }, { id: 0 }];
  assert.equal(keeper.parentOf(undefined), "", "the program spawns");
  const parent = keeper.parentOf(mark);
  assert.match(parent, /^w:\d+$/);
  assert.equal(keeper.parentOf(mark), parent);
  assert.notEqual(keeper.parentOf(other), parent);
  ran(keeper, stretch({ label: "child", parent }));
  ran(keeper, stretch({ label: "parent", mark, from: 99, to: 200 }));
  ran(keeper, stretch({ label: "more", from: 300, to: 301 }));
  const { blocks } = keeper.take(400, FACTS);
  const [child, found] = blocks;
  assert.equal(child!.parent, `w:${found!.id}`);
  assert.equal(new Set([...blocks.map(({ id }) => id), other.id]).size, 4);
});

Deno.test("tally keeper: how long the first task of a block waited", () => {
  const keeper = keeperOf();
  assert.equal(keeper.spawning(), 100 + AHEAD);
  ran(keeper, stretch({ spawnedAt: AHEAD + 40 }));
  ran(keeper, stretch({ label: "before its time", spawnedAt: AHEAD + 500 }));
  ran(keeper, stretch({ label: "unknown" }));
  assert.deepEqual(keeper.take(400, FACTS).blocks.map(({ waitMs }) => waitMs), [60, 0, undefined]);
});

Deno.test("tally keeper: a slow task is told with its inputs, whatever these are", () => {
  const hostile = new Proxy({}, {
    getPrototypeOf() {
      throw new Error("do not look");
    },
  });
  const inputs = (args: unknown[], changes: Partial<Stretch> = {}) => {
    const keeper = keeperOf();
    ran(keeper, stretch({ to: 100 + LIMITS.slowTaskMs, args, ...changes }));
    return keeper.take(1000, FACTS).blocks[0]!.inputs;
  };
  assert.equal(inputs([1, "a"]), '1, "a"');
  assert.equal(inputs([hostile]), "?");
  assert.equal(inputs(new Array(9).fill("x".repeat(1e6))).length, 160);
  assert.equal(inputs([1], { to: 99 + LIMITS.slowTaskMs }), "", "a quick one is not");
  assert.equal(inputs([1], { tasks: 2 }), "", "nor are several");
});
