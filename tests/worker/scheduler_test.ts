import assert from "node:assert/strict";
import { LONG_BUNDLE_TIME } from "../../futures/sizing.ts";
import { newTurn } from "../../futures/turn.ts";
import type { CallOptions } from "../../futures/work.ts";
import { Scheduler } from "../../worker/scheduler.ts";
import type { Received } from "../../worker/scheduler.ts";
import fc from "../fast_check.ts";
import { FakeSource, FakeWork, FixedHandle, Joinable } from "../futures/fakes.ts";

/** A bundle of another worker. */
class FakeReceived implements Received {
  suspended(): void {}

  readonly turn = undefined;
  readonly options: CallOptions = { timeout: 0, retries: 2, priority: 0 };
  readonly handle = new FixedHandle("received", () => 1, 1);
  next = 0;
  constructor(readonly name: string, readonly expected: number, readonly count = 1) {}
  skip = () => false;
  begin = () => [];
  settle(): void {}
  fail(): void {}
  lose(): void {}
}

function setUp({ size = 4, demand = 0 } = {}) {
  const scheduler = new Scheduler<FakeReceived>();
  scheduler.size = size;
  scheduler.demand = demand;
  const turn = newTurn("turn", false);
  return {
    scheduler,
    turn,
    /** Spawns a task. */
    spawn(name: string, mean?: number, of = turn, priority = 0) {
      const work = new FakeWork(name, undefined, { mean, priority });
      scheduler.offer(work, of);
      return work;
    },
    /** Takes in a bundle that should take so long. */
    receive(expected: number, name = "", count = 1) {
      scheduler.arrived();
      scheduler.receive(new FakeReceived(name, expected, count));
    },
    /** What leaves now, by name. */
    given: (busy = true) =>
      scheduler.give(busy ? "perhaps for long" : "not", 0).map(({ work }) =>
        (work as FakeWork).name
      ),
    taken: () => (scheduler.take() as FakeWork | undefined)?.name,
  };
}

Deno.test("scheduler: alone, nothing is given away", () => {
  const { scheduler, spawn, given } = setUp({ size: 1, demand: 9 });
  for (let i = 0; i < 100; i++) spawn(`${i}`, 1_000);
  assert.deepEqual(given(), []);
  scheduler.size = 2;
  assert.ok(given().length > 0);
});

Deno.test("scheduler: below the high water mark nothing leaves but on demand", () => {
  const { scheduler, spawn, given, taken } = setUp();
  for (const name of ["a", "b", "c", "d"]) spawn(name, 2);
  assert.deepEqual(given(), []);
  scheduler.demand = 2;
  assert.deepEqual(given(), ["a", "b"]);
  assert.equal(scheduler.demand, 0);
  assert.deepEqual(given(), [], "demand is satisfied once");
  assert.deepEqual([taken(), taken(), taken()], ["c", "d", undefined]);
});

Deno.test("scheduler: above the high water mark work leaves by itself, down to the mark", () => {
  const { spawn, given, taken } = setUp();
  for (const name of ["a", "b", "c", "d"]) spawn(name, 4);
  assert.deepEqual(given(), ["a", "b"]);
  assert.deepEqual([taken(), taken(), taken()], ["c", "d", undefined]);
});

Deno.test("scheduler: a task of which nothing is known may be long", () => {
  const { spawn, given } = setUp();
  spawn("a");
  spawn("b");
  assert.deepEqual(given(), ["a", "b"]);
});

Deno.test("scheduler: the broker is kept in stock, and not more than that", () => {
  const long = setUp({ size: 2 });
  for (let i = 0; i < 1_000; i++) long.spawn(`${i}`, 500);
  assert.equal(long.given().length, 8, "four for each worker, however long they are");
  assert.deepEqual(long.given(), []);
  long.scheduler.cameBack(500);
  assert.deepEqual(long.given(), ["8"]);
  long.scheduler.demand = 3;
  assert.equal(long.given().length, 3, "those who are hungry get theirs all the same");

  const short = setUp({ size: 2 });
  for (let i = 0; i < 2_000; i++) short.spawn(`${i}`, 20);
  assert.equal(short.given().length, 2 * 1_000 / 20, "a second of work for each worker");

  const among = setUp({ size: 2 });
  for (let i = 0; i < 2_000; i++) among.spawn(`${i}`, 10);
  assert.equal(among.given(false).length, 2 * 100 / 10, "less while tasks run that are short");
  among.scheduler.loaded({ size: 2, demand: 0, far: 1 });
  assert.equal(among.given(false).length, 2 * 900 / 10, "but not where somebody is far");

  const many = setUp({ size: 2 });
  for (let i = 0; i < 2_000; i++) many.spawn(`${i}`, 1);
  const bundles = many.given().length;
  assert.ok(bundles <= 2 * 256, `${bundles}`);
});

Deno.test("scheduler: a worker with nothing else to do keeps its last bundle", () => {
  const idle = setUp({ demand: 5 });
  idle.spawn("a", 1_000);
  assert.deepEqual(idle.given(false), []);
  assert.deepEqual(idle.given(true), ["a"]);

  const two = setUp({ demand: 5 });
  two.spawn("a", 1_000);
  two.spawn("b", 1_000);
  assert.deepEqual(two.given(false), ["a"]);
  assert.equal(two.taken(), "b");

  // What two turns have spawned is more than one bundle.
  const turns = setUp({ demand: 5 });
  turns.spawn("old", 1_000);
  turns.spawn("new", 1_000, newTurn("child", false));
  assert.deepEqual(turns.given(false), ["old"]);
});

Deno.test("scheduler: the oldest leaves, the newest is executed here", () => {
  const { spawn, given, taken, turn, scheduler } = setUp();
  const child = newTurn("child", false);
  for (const name of ["a", "b"]) spawn(name, 1, turn);
  for (const name of ["c", "d"]) spawn(name, 1, child);
  scheduler.demand = 1;
  assert.deepEqual(given(), ["a"]);
  assert.deepEqual([taken(), taken(), taken()], ["c", "d", "b"]);
});

Deno.test("scheduler: what is more important leaves and is executed first", () => {
  const { spawn, given, taken, scheduler, turn } = setUp();
  spawn("low", 1, turn, -1);
  for (const name of ["a", "b"]) spawn(name, 1, turn, 0);
  for (const name of ["x", "y"]) spawn(name, 1, turn, 9);
  scheduler.demand = 1;
  assert.deepEqual(given(), ["x"]);
  assert.deepEqual([taken(), taken(), taken(), taken()], ["y", "a", "b", "low"]);
});

Deno.test("scheduler: a map leaves in bundles of some milliseconds", () => {
  const { scheduler, turn } = setUp({ size: 2 });
  scheduler.offer(new FakeSource("m", 1_000, { mean: 1 }), turn);
  const leaving = scheduler.give("perhaps for long", 0);
  assert.ok(leaving.length > 10);
  for (const { work, expected } of leaving) assert.equal(expected, work.count);
  assert.ok(leaving.every(({ work }) => work.count <= LONG_BUNDLE_TIME));
});

Deno.test("scheduler: single tasks of one function leave together", () => {
  const { scheduler, turn, spawn } = setUp({ size: 2, demand: 1 });
  const [f, g] = [new FixedHandle("f", () => 1, 1), new FixedHandle("g", () => 1, 1)];
  const add = (name: string, handle: FixedHandle) =>
    scheduler.offer(new Joinable(name, undefined, { handle }), turn);
  for (let i = 0; i < 8; i++) add(`f${i}`, f);
  const names = (given: ReturnType<typeof scheduler.give>) =>
    given.map(({ work, expected }) => `${(work as FakeWork).name}: ${expected}`);
  assert.deepEqual(
    names(scheduler.give("perhaps for long", 0)),
    ["f0 f1: 2"],
    "two bundles for each worker",
  );
  // Those of another function, or those that travel alone, end the bundle.
  add("g0", g);
  add("f8", f);
  spawn("alone", 1);
  scheduler.demand = 4;
  assert.deepEqual(names(scheduler.give("perhaps for long", 0)), [
    "f2 f3 f4: 3",
    "f5 f6: 2",
    "f7: 1",
    "g0: 1",
  ]);
});

Deno.test("scheduler: a task that is not wanted any more takes no other with it", () => {
  const { scheduler, turn, taken } = setUp({ size: 2, demand: 1 });
  const handle = new FixedHandle("f", () => 1, 1);
  const other = new FixedHandle("g", () => 1, 1);
  const works = ["a", "b", "c", "d", "e", "f", "g", "h"].map((name) =>
    new Joinable(name, undefined, { handle: name === "c" ? other : handle })
  );
  for (const work of works) scheduler.offer(work, turn);
  works[1]!.cancelled.add(0);
  const names = [];
  while (scheduler.demand > 0) {
    for (const { work } of scheduler.give("perhaps for long", 0)) {
      names.push((work as FakeWork).name);
    }
  }
  for (let name = taken(); name !== undefined; name = taken()) names.push(name);
  assert.deepEqual(names.join(" ").split(" ").sort(), ["a", "c", "d", "e", "f", "g", "h"]);
});

Deno.test("scheduler: own tasks first, then what came first", () => {
  const { spawn, receive, taken } = setUp();
  receive(1, "r1");
  receive(1, "r2");
  spawn("own", 1);
  assert.deepEqual([taken(), taken(), taken(), taken()], ["own", "r1", "r2", undefined]);
});

Deno.test("scheduler: the rest of a bundle is next", () => {
  const { scheduler, spawn, receive, taken } = setUp();
  receive(1, "r1");
  receive(1, "r2");
  const first = scheduler.take()!;
  scheduler.putBack(first);
  assert.equal(taken(), "r1");
  spawn("a", 1);
  spawn("b", 1);
  scheduler.putBack(scheduler.take()!);
  assert.deepEqual([taken(), taken()], ["a", "b"]);
});

Deno.test("scheduler: credit counts from the hello, up to the low water mark", () => {
  const { scheduler, receive, taken } = setUp();
  assert.equal(scheduler.credit(true, 0), 1, "one, while nothing is known");
  receive(5);
  assert.equal(scheduler.credit(false, 0), 1);
  taken();
  // Five milliseconds each: six of them are 30.
  assert.equal(scheduler.credit(false, 0), 1 + 6);
  receive(5);
  receive(5);
  assert.equal(scheduler.credit(false, 0), 3 + 4);
  for (let i = 0; i < 4; i++) receive(5);
  assert.equal(scheduler.credit(false, 0), 7);
  taken();
  assert.equal(scheduler.credit(false, 0), 7 + 1);
});

Deno.test("scheduler: short bundles are not piled up", () => {
  const { scheduler, receive, taken } = setUp();
  receive(0.01);
  taken();
  assert.equal(scheduler.credit(false, 0), 1 + 8);
  for (let i = 0; i < 8; i++) receive(0.01);
  assert.equal(scheduler.credit(false, 0), 9);
});

Deno.test("scheduler: nothing is fetched beforehand while long tasks run", () => {
  const { scheduler, receive, taken } = setUp();
  receive(1_000);
  taken();
  assert.equal(scheduler.credit(false, 0), 1, "it would only wait here");
  assert.equal(scheduler.credit(true, 0), 2, "unless the one that runs waits for others");
  receive(1_000);
  assert.equal(scheduler.credit(true, 0), 2);
});

Deno.test("scheduler: who is far asks for as much more as the way takes", () => {
  const far = (roundTrip: number, ...expected: number[]) => {
    const { scheduler, receive, taken } = setUp();
    for (const each of expected) receive(each);
    if (expected.length > 0) taken();
    scheduler.roundTrip = roundTrip;
    return [scheduler.credit(false, 0) - expected.length, scheduler.ahead(0)];
  };
  assert.deepEqual(far(1, 100), [0, 0], "nobody is far");
  assert.deepEqual(far(0, 10), [3, 0]);
  // 70 ms of work are seven bundles, and one more is begun before the next are asked for; three are
  // wanted anyway.
  assert.deepEqual(far(40, 10), [3, 5]);
  assert.deepEqual(far(40, 10, 10, 10), [1, 5], "less what is here");
  assert.deepEqual(far(160, 100), [0, 3]);
  assert.deepEqual(far(10, 100), [0, 2], "however long they are,");
  assert.deepEqual(far(10, 200), [0, 0], "unless that is little gained");
  assert.deepEqual(far(160), [1, 4], "a few of what is not known");
  const [wanted, ahead] = far(160, 0.01);
  assert.deepEqual([wanted, ahead], [8, 40], "not without limit");
});

Deno.test("scheduler: who is far learns how long tasks take from the first that it has done", () => {
  const { scheduler, receive, taken } = setUp();
  scheduler.roundTrip = 40;
  receive(0);
  taken();
  // The fakes' functions are known to take 1 ms: 70 of them would do, but for the limit.
  assert.equal(scheduler.credit(false, 0) + scheduler.ahead(0), 1 + 18);
});

Deno.test("scheduler: who is far and has work of its own, or is closed, asks for nothing ahead", () => {
  const { scheduler, spawn, taken } = setUp();
  scheduler.roundTrip = 40;
  assert.ok(scheduler.ahead(0) > 0);
  assert.equal(scheduler.ahead(1), 0, "something is coming of which nothing is known");
  spawn("own", 1);
  assert.equal(scheduler.ahead(0), 0);
  taken();
  scheduler.open = false;
  assert.equal(scheduler.ahead(0), 0);
});

Deno.test("scheduler: who has work of its own, or is closed, asks for nothing", () => {
  const { scheduler, spawn, taken } = setUp();
  spawn("own", 1);
  assert.equal(scheduler.credit(true, 0), 0);
  taken();
  assert.equal(scheduler.credit(true, 0), 1);
  scheduler.open = false;
  assert.equal(scheduler.credit(true, 0), 0);
});

Deno.test("scheduler: what has not begun goes back when the worker closes", () => {
  const { scheduler, receive, taken } = setUp();
  for (const name of ["a", "b", "c"]) receive(1, name);
  const begun = scheduler.take() as FakeReceived;
  begun.next = 1;
  scheduler.putBack(begun);
  const returned = scheduler.returnInbox().map(({ name }) => name);
  assert.deepEqual(returned, ["a", "b", "c"], "what is left of a begun bundle, too");
  assert.deepEqual(scheduler.returnInbox(), []);
  assert.equal(taken(), undefined);
});

Deno.test("scheduler: what nobody wants any more leaves the inbox", () => {
  const { scheduler, receive, taken } = setUp();
  for (const name of ["a", "b", "c"]) receive(1, name);
  scheduler.remove([]);
  const [, b] = scheduler.inbox();
  scheduler.remove([b!, new FakeReceived("stranger", 1)]);
  assert.deepEqual([taken(), taken(), taken()], ["a", "c", undefined]);
});

Deno.test("scheduler: received work goes back when others are hungry, but for the next of it", () => {
  const surplus = (demand: number, busy: boolean, ...expected: number[]) => {
    const { scheduler, receive } = setUp();
    for (const [i, each] of expected.entries()) receive(each, `${i}`);
    scheduler.loaded({ size: 4, demand, idle: demand });
    const left = scheduler.surplus(busy).map(({ name }) => name);
    return [left.join(), scheduler.demand];
  };
  assert.deepEqual(surplus(0, true, 100, 100), ["", 0]);
  assert.deepEqual(surplus(9, true, 100, 100), ["0,1", 7]);
  assert.deepEqual(surplus(9, false, 100, 100), ["1", 8]);
  assert.deepEqual(surplus(1, true, 100, 100, 100), ["0", 0]);
  assert.deepEqual(surplus(9, true, 2, 2, 2, 2), ["2,3", 7]);
  assert.deepEqual(surplus(9, true, 0, 0), ["0,1", 7], "what is not known may be long");
  assert.deepEqual(surplus(9, true), ["", 9]);
});

Deno.test("scheduler: a worker that goes on to what it has gives some to the idle, not to the busy", () => {
  const { scheduler, receive } = setUp();
  const left = (busy: boolean) => scheduler.surplus(busy).map(({ name }) => name);
  for (const name of ["a", "b", "c", "d"]) receive(100, name);
  scheduler.loaded({ size: 4, demand: 3, idle: 0 });
  assert.deepEqual(left(false), [], "they would get to it no sooner");
  assert.deepEqual(left(true), ["a", "b", "c"], "but this worker may be kept for long");
  for (const name of ["e", "f"]) receive(100, name);
  scheduler.loaded({ size: 4, demand: 3, idle: 1 });
  assert.deepEqual(left(false), ["e"]);
  assert.deepEqual([scheduler.demand, left(false)], [2, []], "it is given once");
  scheduler.loaded({ size: 4, demand: 1, idle: 1 });
  receive(100, "own hunger");
  assert.deepEqual(left(false), [], "this worker was the idle one");
});

Deno.test("scheduler: a bundle is asked for beforehand though it is longer than the mark by a task's rest", () => {
  const beforehand = (count: number, each: number) => {
    const { scheduler, receive, taken } = setUp();
    receive(count * each, "", count);
    taken();
    return scheduler.credit(false, 0) - 1;
  };
  assert.equal(beforehand(3, 10.2), 1);
  assert.equal(beforehand(2, 20), 1);
  assert.equal(beforehand(1, 40), 0, "one task that takes as long is worth to be moved");
  assert.equal(beforehand(10, 10), 0, "so is what the user has made as long");
});

Deno.test("scheduler: what is asked for beforehand is asked for with the outcome before it", () => {
  const { scheduler, receive, taken } = setUp();
  receive(30, "", 3);
  taken();
  receive(30, "", 3);
  assert.equal(scheduler.credit(false, 0), 2, "one waits while another is executed");
  assert.equal(scheduler.credit(true, 0), 3, "it will not, now that the other is done");
  for (const each of [1_000, 30]) {
    taken();
    receive(each);
    assert.equal(scheduler.credit(true, 0), scheduler.taken, "nothing waits behind a long task");
  }
});

Deno.test("scheduler: what was sent for a worker's own hunger does not go back to still it", () => {
  const { scheduler, receive } = setUp({ demand: 3 });
  for (const name of ["a", "b", "c"]) receive(100, name);
  assert.deepEqual([scheduler.demand, scheduler.surplus(true)], [0, []]);
  scheduler.loaded({ size: 4, demand: 1 });
  assert.deepEqual(scheduler.surplus(true).map(({ name }) => name), ["a"], "others are");
});

Deno.test("scheduler: who waits for the function of what has come asks for no more", () => {
  const { scheduler } = setUp();
  assert.equal(scheduler.credit(true, 0), 1);
  scheduler.arrived();
  assert.equal(scheduler.credit(true, 1), 1, "what has come, and nothing beside it");
  assert.equal(scheduler.credit(true, 0), 2);
});

Deno.test("scheduler: what came is not left behind for ever by work of its own", () => {
  const { spawn, receive, taken } = setUp();
  receive(1, "r1");
  receive(1, "r2");
  const order = [];
  for (let i = 0; i < 8; i++) {
    spawn(`own${i}`, 1);
    order.push(taken());
  }
  assert.deepEqual(order, ["own0", "own1", "own2", "r1", "own3", "own4", "own5", "r2"]);
});

Deno.test("scheduler: an owner keeps nothing back for itself", () => {
  const { scheduler, spawn, given } = setUp();
  scheduler.eager = true;
  spawn("a", 0.1);
  assert.deepEqual(given(), ["a"]);
});

Deno.test("scheduler: what was begun is no surplus", () => {
  const { scheduler, receive } = setUp();
  for (const name of ["a", "b", "c"]) receive(100, name);
  scheduler.loaded({ size: 4, demand: 9, idle: 9 });
  const begun = scheduler.take() as FakeReceived;
  scheduler.putBack(begun);
  assert.deepEqual(scheduler.surplus(false).map(({ name }) => name), ["b", "c"], "the next stays");
  assert.deepEqual([...scheduler.inbox()].map(({ name }) => name), ["a"]);
  begun.next = 1;
  assert.deepEqual(scheduler.surplus(true), []);
});

Deno.test("scheduler: whatever happens, no task is lost and none is there twice", () => {
  const spawned = fc.record({ kind: fc.constantFrom("f", "g", "alone"), turn: fc.nat(2) });
  const event = fc.oneof(
    { weight: 5, arbitrary: spawned },
    { weight: 2, arbitrary: fc.record({ give: fc.boolean(), demand: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.constant({ take: true }) },
    { weight: 1, arbitrary: fc.record({ cancel: fc.nat(50) }) },
    { weight: 1, arbitrary: fc.record({ receive: fc.nat(30) }) },
  );
  const mean = fc.constantFrom(undefined, 0.001, 1, 100);
  fc.assert(fc.property(fc.array(event, { maxLength: 80 }), mean, (events, each) => {
    const { scheduler, spawn, receive } = setUp({ size: 3 });
    const turns = [0, 1, 2].map((i) => newTurn(`${i}`, false));
    const handles = { f: new FixedHandle("f", () => 1, each), g: new FixedHandle("g", () => 1, 1) };
    const all: FakeWork[] = [];
    const seen: string[] = [];
    const see = (work: unknown) => seen.push(...(work as FakeWork).name.split(" "));
    let received = 0;
    for (const one of events) {
      if ("kind" in one) {
        const [name, turn] = [`${one.kind}${all.length}`, turns[one.turn]!];
        if (one.kind === "alone") all.push(spawn(name, each, turn));
        else {
          const work = new Joinable(name, undefined, { handle: handles[one.kind as "f" | "g"] });
          scheduler.offer(work, turn);
          all.push(work);
        }
      } else if ("give" in one) {
        scheduler.demand = one.demand;
        for (const { work, expected } of scheduler.give(one.give ? "perhaps for long" : "not", 0)) {
          assert.ok(expected >= 0);
          see(work);
        }
      } else if ("take" in one) {
        const work = scheduler.take();
        if (work !== undefined) see(work);
      } else if ("cancel" in one) {
        const work = all[one.cancel];
        if (work !== undefined && !seen.includes(work.name)) work.cancelled.add(0);
      } else receive(one.receive, `r${received++}`);
    }
    for (let work = scheduler.take(); work !== undefined; work = scheduler.take()) see(work);
    const wanted = all.filter((work) => work.cancelled.size === 0).map((work) => work.name);
    const expected = [...wanted, ...Array.from({ length: received }, (_, i) => `r${i}`)];
    assert.deepEqual([...seen].sort(), expected.sort());
    assert.ok(scheduler.credit(true, 0) > received, "whoever has nothing left asks for more");
  }));
});
