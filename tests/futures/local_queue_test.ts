import assert from "node:assert/strict";
import { LocalQueue } from "../../futures/local_queue.ts";
import { newTurn } from "../../futures/turn.ts";
import type { LocalWork, Source } from "../../futures/work.ts";
import fc from "../fast_check.ts";
import { FakeSource, FakeWork } from "./fakes.ts";

const one = () => 1;

function task(name: string, priority = 0): FakeWork {
  return new FakeWork(name, undefined, { priority });
}

function names(take: () => LocalWork | undefined): string[] {
  const all: string[] = [];
  for (let work = take(); work !== undefined; work = take()) all.push((work as FakeWork).name);
  return all;
}

Deno.test("local queue: siblings in their order, the newest turn first", () => {
  const queue = new LocalQueue();
  const [parent, child] = [newTurn("parent", false), newTurn("child", false)];
  for (const name of ["p1", "p2"]) queue.push(task(name), parent);
  for (const name of ["c1", "c2"]) queue.push(task(name), child);
  queue.push(task("p3"), parent);
  assert.deepEqual(names(() => queue.takeNewest(one)), ["c1", "c2", "p1", "p2", "p3"]);
  assert.equal(queue.empty, true);
});

Deno.test("local queue: the oldest turn's oldest task is given away first", () => {
  const queue = new LocalQueue();
  const [parent, child] = [newTurn("parent", false), newTurn("child", false)];
  queue.push(task("c1"), child);
  // A turn has its place by its age, whenever it spawns.
  for (const name of ["p1", "p2"]) queue.push(task(name), parent);
  queue.push(task("c2"), child);
  assert.deepEqual(names(() => queue.takeOldest(one)), ["p1", "p2", "c1", "c2"]);
});

Deno.test("local queue: a turn that spawns again after all of its was taken keeps its place", () => {
  const queue = new LocalQueue();
  const [parent, child, last] = [newTurn("1", false), newTurn("2", false), newTurn("3", false)];
  queue.push(task("p1"), parent);
  queue.push(task("c1"), child);
  queue.push(task("l1"), last);
  assert.equal((queue.takeOldest(one) as FakeWork).name, "p1");
  assert.equal((queue.takeOldest(one) as FakeWork).name, "c1");
  queue.push(task("c2"), child);
  queue.push(task("p2"), parent);
  assert.deepEqual(names(() => queue.takeNewest(one)), ["l1", "c2", "p2"]);
});

Deno.test("local queue: higher priority goes first, whoever takes", () => {
  for (const from of ["takeNewest", "takeOldest"] as const) {
    const queue = new LocalQueue();
    const turn = newTurn("turn", false);
    for (const [name, priority] of [["a", 0], ["b", 5], ["c", -1], ["d", 0], ["e", 5]] as const) {
      queue.push(task(name, priority), turn);
    }
    assert.deepEqual(names(() => queue[from](one)), ["b", "e", "a", "d", "c"]);
  }
});

Deno.test("local queue: the rest of a bundle goes before its siblings", () => {
  const queue = new LocalQueue();
  const turn = newTurn("turn", false);
  for (const name of ["a", "b"]) queue.push(task(name), turn);
  const first = queue.takeNewest(one) as FakeWork;
  queue.putBack(first, turn);
  assert.deepEqual(names(() => queue.takeNewest(one)), ["a", "b"]);
  // Even when nothing else of its turn is queued any more.
  queue.putBack(first, turn);
  assert.deepEqual(names(() => queue.takeOldest(one)), ["a"]);
});

Deno.test("local queue: the rest of a begun bundle is executed next, and given away last", () => {
  const queue = new LocalQueue();
  const turn = newTurn("turn", false);
  const rest = new FakeWork("rest", undefined, { count: 3 });
  rest.next = 1;
  const waiting = () => {
    for (const name of ["a", "b"]) queue.push(task(name), turn);
    queue.putRest(rest, turn);
  };
  waiting();
  assert.deepEqual(names(() => queue.takeNewest(one)), ["rest", "a", "b"]);
  waiting();
  // It counts all that wait, not only what was begun.
  assert.equal(queue.oldest()!.tasks, 2 + rest.remaining);
  assert.deepEqual(names(() => queue.takeOldest(one)), ["a", "b", "rest"]);
  // Another begun since goes before it here, and after it elsewhere.
  const later = new FakeWork("later", undefined, { count: 2 });
  for (const end of ["takeNewest", "takeOldest"] as const) {
    queue.putRest(rest, turn);
    queue.putRest(later, turn);
    const expected = end === "takeNewest" ? ["later", "rest"] : ["rest", "later"];
    assert.deepEqual(names(() => queue[end](one)), expected);
  }
  waiting();
  assert.equal(queue.clear().length, 3);
  assert.equal(queue.empty, true);
});

Deno.test("local queue: a source stays until it is drained, and is asked for a size", () => {
  const queue = new LocalQueue();
  const turn = newTurn("turn", false);
  const source = new FakeSource("s", 7);
  queue.push(source, turn);
  queue.push(task("behind"), turn);
  const sizes = [3, 1, 5, 9];
  const sizeOf = (asked: Source) => {
    if (asked === source) return sizes.shift()!;
    return 1;
  };
  assert.deepEqual(queue.oldest(), { source, tasks: 8 });
  assert.deepEqual(names(() => queue.takeOldest(sizeOf)), ["s0+3", "s3+1", "s4+3", "behind"]);
  assert.equal(queue.oldest(), undefined);
});

Deno.test("local queue: what is not wanted any more is passed over", () => {
  const queue = new LocalQueue();
  const turn = newTurn("turn", false);
  const works = ["a", "b", "c"].map((name) => task(name));
  for (const work of works) queue.push(work, turn);
  for (const work of works.slice(0, 2)) work.cancelled.add(0);
  assert.equal(queue.empty, false);
  assert.deepEqual(names(() => queue.takeNewest(one)), ["c"]);
  assert.equal(queue.empty, true);
});

Deno.test("local queue: a source that spawns while it is asked does not lose its place", () => {
  const queue = new LocalQueue();
  const turn = newTurn("turn", false);
  const source = new FakeSource("s", 2);
  const { take } = source;
  source.take = (limit) => {
    if (source.left === 2) queue.push(task("spawned"), turn);
    return take.call(source, limit);
  };
  queue.push(source, turn);
  assert.deepEqual(names(() => queue.takeNewest(one)), ["s0+1", "s1+1", "spawned"]);
});

Deno.test("local queue: whether all that is queued comes from one turn", () => {
  const queue = new LocalQueue();
  const [parent, child] = [newTurn("parent", false), newTurn("child", false)];
  assert.equal(queue.oneGroup, true);
  queue.push(task("p"), parent);
  assert.equal(queue.oneGroup, true);
  queue.push(task("c"), child);
  assert.equal(queue.oneGroup, false);
});

Deno.test("local queue: whatever is pushed and taken, it is a list by priority, turn and age", () => {
  const turns = Array.from({ length: 4 }, (_, i) => newTurn(`${i}`, false));
  const push = fc.record({
    kind: fc.constantFrom("push", "putBack", "putRest"),
    turn: fc.nat(3),
    priority: fc.integer({ min: 0, max: 2 }),
  });
  const action = fc.oneof(push, fc.record({ kind: fc.constantFrom("newest", "oldest") }));
  fc.assert(fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
    const queue = new LocalQueue();
    for (const turn of turns) turn.group = undefined;
    type Item = { name: string; turn: number; priority: number; rest: boolean };
    const model: Item[] = [];
    let last = 0;
    for (const { kind, ...given } of actions) {
      if ("turn" in given) {
        const item = { name: `${++last}`, rest: kind === "putRest", ...given };
        const work = task(item.name, item.priority);
        if (kind === "push") {
          queue.push(work, turns[item.turn]!);
          model.push(item);
        } else {
          if (item.rest) queue.putRest(work, turns[item.turn]!);
          else queue.putBack(work, turns[item.turn]!);
          model.unshift(item);
        }
        continue;
      }
      const priority = Math.max(...model.map((item) => item.priority));
      const level = model.filter((item) => item.priority === priority);
      const among = level.map((item) => item.turn);
      const turn = kind === "newest" ? Math.max(...among) : Math.min(...among);
      const group = level.filter((item) => item.turn === turn);
      const rests = group.filter(({ rest }) => rest);
      const others = group.filter(({ rest }) => !rest);
      const expected = kind === "newest" ? rests[0] ?? others[0] : others[0] ?? rests.at(-1);
      const taken = kind === "newest" ? queue.takeNewest(one) : queue.takeOldest(one);
      assert.equal((taken as FakeWork | undefined)?.name, expected?.name);
      if (expected !== undefined) model.splice(model.indexOf(expected), 1);
      assert.equal(queue.empty, model.length === 0);
    }
  }));
});

Deno.test("local queue: as many priorities as tasks cost little more than one", () => {
  const COUNT = 100_000;
  const time = (priorityOf: (i: number) => number) => {
    const queue = new LocalQueue();
    const turn = newTurn("program", false);
    const tasks = Array.from({ length: COUNT }, (_, i) => task(`${i}`, priorityOf(i)));
    const began = performance.now();
    for (const each of tasks) queue.push(each, turn);
    for (let i = 0; i < COUNT; i++) assert.ok(queue.takeOldest(one));
    assert.equal(queue.empty, true);
    return performance.now() - began;
  };
  time(() => 0);
  const few = time(() => 0);
  // Each before all others: to move these each time would take thousands of times as long.
  assert.ok(time((i) => -i) < 20 * few + 1_000);
});

Deno.test("local queue: a turn whose begun bundle alone has a rest has something that waits", () => {
  const queue = new LocalQueue();
  const turn = newTurn("turn", false);
  const work = new FakeWork("work", undefined, { count: 2 });
  queue.push(work, turn);
  assert.equal(turn.group?.waits, true);
  assert.equal(queue.takeNewest(() => 2), work);
  assert.equal(turn.group?.waits, false);
  work.next = 1;
  queue.putRest(work, turn);
  assert.equal(turn.group?.waits, true, "who waits unseen for it has to give way");
  assert.equal(queue.takeNewest(() => 2), work);
  assert.equal(turn.group?.waits, false);
});
