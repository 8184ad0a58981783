import assert from "node:assert/strict";
import { Executor } from "../../futures/executor.ts";
import { ProcessEnd } from "../../futures/process_end.ts";
import { currentTurn, newTurn } from "../../futures/turn.ts";
import type { Turn } from "../../futures/turn.ts";
import type { Work } from "../../futures/work.ts";
import { LIMITS } from "../../wire/limits.ts";
import { FakeWork, FixedHandle, spin, turnOfLoop, until } from "./fakes.ts";
import type { FakeOptions } from "./fakes.ts";

/** An executor with a list of works, and a record of what it did. */
function setUp() {
  const queue: Work[] = [];
  const log: string[] = [];
  const waits: string[] = [];
  const executor = new Executor({
    take: () => queue.shift(),
    putBack: (work) => queue.unshift(work),
  }, { programWaits: (how) => waits.push(how) });
  return {
    queue,
    log,
    executor,
    /** What the program was seen to do. */
    waits,
    /** Queues a task that logs its name, then does `rest`. */
    add(name: string, rest: (index: number) => unknown = () => name, options: FakeOptions = {}) {
      const work = new FakeWork(name, (index) => {
        log.push(name);
        return rest(index!);
      }, options);
      queue.push(work);
      return work;
    },
    /** What a task does that awaits a future of ours: others run until `settle` is called. */
    future() {
      const { promise, resolve } = Promise.withResolvers<void>();
      let turn: Turn | undefined;
      return {
        wait(): Promise<void> {
          executor.block(turn = currentTurn()!);
          return promise;
        },
        settle(): void {
          if (turn !== undefined) executor.unblock(turn);
          resolve();
        },
      };
    },
  };
}

Deno.test("executor: nothing begins before the code that runs has let go", async () => {
  const { executor, add, log } = setUp();
  add("a");
  add("b");
  executor.wake();
  executor.wake();
  assert.deepEqual(log, []);
  await turnOfLoop();
  assert.deepEqual(log, ["a", "b"]);
  assert.equal(executor.active, 0);
});

Deno.test("executor: each task of a bundle has its own outcome, one after the other", async () => {
  const { executor, add } = setUp();
  const work = add("bundle", (index) => {
    if (index === 1) throw new RangeError("one");
    return index * 10;
  }, { count: 4 });
  work.cancelled.add(2);
  executor.wake();
  await turnOfLoop();
  assert.deepEqual(work.outcomes[0], ["value", 0]);
  assert.equal((work.outcomes[1]![1] as Error).message, "one");
  assert.equal(work.outcomes[2], undefined, "nobody wanted this one");
  assert.deepEqual(work.outcomes[3], ["value", 30]);
  assert.equal(executor.active, 0);
});

Deno.test("executor: arguments that cannot be read fail their task alone", async () => {
  const { executor, add } = setUp();
  const bad = add("bad");
  bad.begin = () => {
    throw new Error("malformed");
  };
  const good = add("good");
  executor.wake();
  await turnOfLoop();
  assert.equal((bad.outcomes[0]![1] as Error).message, "malformed");
  assert.deepEqual(good.outcomes, [["value", "good"]]);
});

Deno.test("executor: a suspended task keeps the processor for itself", async () => {
  const { executor, add, log } = setUp();
  const { promise, resolve } = Promise.withResolvers<string>();
  const first = add("first", () => promise);
  add("second");
  executor.wake();
  await turnOfLoop();
  assert.deepEqual(log, ["first"]);
  assert.equal(executor.active, 1);
  executor.wake();
  await turnOfLoop();
  assert.deepEqual(log, ["first"]);
  resolve("late");
  await turnOfLoop();
  assert.deepEqual(first.outcomes, [["value", "late"]]);
  assert.deepEqual(log, ["first", "second"]);
  assert.equal(executor.active, 0);
});

Deno.test("executor: the rest of a bundle waits for its suspended task", async () => {
  const { executor, add, queue } = setUp();
  const { promise, resolve } = Promise.withResolvers<void>();
  const order: number[] = [];
  const work = add("bundle", async (index) => {
    if (index === 1) await promise;
    order.push(index);
    return index;
  }, { count: 3, mean: 0 });
  executor.wake();
  await turnOfLoop();
  assert.deepEqual(order, [0]);
  assert.deepEqual([queue.length, work.next], [1, 2]);
  resolve();
  await turnOfLoop();
  assert.deepEqual(order, [0, 1, 2]);
  assert.deepEqual(work.outcomes, [["value", 0], ["value", 1], ["value", 2]]);
});

Deno.test("executor: a task that waits for a future lets others run, itself not twice", async () => {
  const { executor, add, log, future } = setUp();
  const awaited = future();
  add("waits", async () => {
    await awaited.wait();
    log.push("goes on");
  });
  add("helps", () => {
    assert.equal(executor.active, 1, "the one that waits is not counted");
    return 1;
  });
  executor.wake();
  await turnOfLoop();
  assert.deepEqual(log, ["waits", "helps"]);
  assert.equal(executor.active, 0);
  awaited.settle();
  assert.equal(executor.active, 1);
  add("later");
  executor.wake();
  await turnOfLoop();
  assert.deepEqual(log, ["waits", "helps", "goes on", "later"]);
  assert.equal(executor.active, 0);
});

Deno.test("executor: waiting for several futures counts once", async () => {
  const { executor, add, future, log } = setUp();
  const [one, two] = [future(), future()];
  add("waits", async () => await Promise.all([one.wait(), two.wait()]));
  executor.wake();
  await turnOfLoop();
  assert.equal(executor.active, 0);
  one.settle();
  assert.equal(executor.active, 0);
  two.settle();
  assert.equal(executor.active, 1);
  await turnOfLoop();
  assert.equal(executor.active, 0);
  assert.deepEqual(log, ["waits"]);
});

Deno.test("executor: any depth of tasks that wait for the next one comes to its end", async () => {
  const { executor, add, future } = setUp();
  const depth = 500;
  let most = 0;
  function level(n: number) {
    const awaited = future();
    add(`${n}`, async () => {
      most = Math.max(most, executor.active);
      if (n < depth) {
        const below = level(n + 1);
        await below.wait();
      }
      // Whoever waits for this one is ready from now on.
      awaited.settle();
    });
    return awaited;
  }
  level(0);
  executor.wake();
  for (let i = 0; i < 5; i++) await turnOfLoop();
  assert.equal(executor.active, 0);
  assert.ok(most >= 1 && most <= 3, `${most} at a time`);
});

Deno.test("executor: whoever has become ready is let in soon, though not before every task", async () => {
  const { executor, add, log, future } = setUp();
  const awaited = future();
  add("waits", async () => {
    await awaited.wait();
    log.push("goes on");
  }, { mean: 0.01 });
  add("settles", () => awaited.settle(), { mean: 0.01 });
  for (let i = 0; i < 200; i++) add("small", undefined, { mean: 0.01 });
  executor.wake();
  await turnOfLoop();
  // A quarter of a millisecond, at 0.013 for each.
  const between = log.indexOf("goes on") - log.indexOf("settles") - 1;
  assert.ok(between >= 10 && between <= 25, `${between}`);
  assert.equal(log.length, 203);
});

Deno.test("executor: whoever has become ready waits for one long task at most", async () => {
  const { executor, add, log, future } = setUp();
  const awaited = future();
  add("waits", async () => {
    await awaited.wait();
    log.push("goes on");
  }, { mean: 1 });
  add("settles", () => awaited.settle(), { mean: 1 });
  for (const name of ["long 1", "long 2", "long 3"]) add(name, undefined, { mean: 1 });
  executor.wake();
  await turnOfLoop();
  assert.deepEqual(log, ["waits", "settles", "long 1", "goes on", "long 2", "long 3"]);
});

Deno.test("executor: a bundle is left for whoever has become ready, then goes on", async () => {
  const { executor, add, log, future } = setUp();
  const awaited = future();
  add("waits", async () => {
    await awaited.wait();
    log.push("goes on");
  }, { mean: 1 });
  const bundle = add("bundle", (index) => {
    if (index === 0) awaited.settle();
    return index;
  }, { mean: 1, count: 4 });
  executor.wake();
  await turnOfLoop();
  assert.deepEqual(log, ["waits", "bundle", "bundle", "goes on", "bundle", "bundle"]);
  assert.deepEqual(bundle.outcomes.map(([, value]) => value), [0, 1, 2, 3]);
});

/** So many tasks of 2 ms that a process breathes several times, however it does so. */
const SEVERAL_BREATHS = 2 * Math.max(LIMITS.breathSleepMs, LIMITS.breathAloneMs);

Deno.test("executor: timers get their turn between tasks", async () => {
  const { executor, add, log } = setUp();
  const bundle = { count: SEVERAL_BREATHS / 2, mean: 2 };
  for (const name of ["a", "b"]) add(name, () => spin(2), bundle);
  let done = -1;
  setTimeout(() => done = log.length);
  executor.wake();
  await until(() => log.length === SEVERAL_BREATHS);
  assert.ok(done > 0 && done < SEVERAL_BREATHS, `${done} tasks were done when the timer fired`);
});

Deno.test("executor: where only plain tasks run, messages are taken in and the event loop waits", () => {
  let now = 0;
  let left = 60;
  const calls: string[] = [];
  const plan = (how: string) => (run: () => void) => {
    calls.push(how);
    planned = run;
  };
  let planned: (() => void) | undefined;
  const tasks = { count: 1, mean: 5 };
  const queue = {
    take: () => left-- > 0 ? new FakeWork("plain", () => now += 5, tasks) : undefined,
    putBack() {},
  };
  const pace = {
    ...{ now: () => now, after: () => () => {}, isBehind: () => false },
    ...{ soon: plan("soon"), later: plan("later"), drain: plan("drain") },
  };
  const executor = new Executor(queue, {}, pace);
  const goOn = () => {
    const run = planned;
    planned = undefined;
    run?.();
  };
  executor.wake();
  while (planned !== undefined) goOn();
  const slices = calls.slice(1);
  assert.deepEqual(new Set(slices), new Set(["later", "drain"]));
  const breaths = slices.filter((how) => how === "later").length;
  assert.ok(Math.abs(breaths - 60 * 5 / LIMITS.breathAloneMs) <= 2, `${breaths} breaths in 300 ms`);
  // A program may wait for anything.
  const program = newTurn("program", false);
  executor.turns.beginProgram(program);
  executor.block(program);
  calls.length = 0;
  left = 20;
  executor.wake();
  while (planned !== undefined) goOn();
  assert.deepEqual(new Set(calls.slice(1)), new Set(["later"]));
});

Deno.test("executor: tasks of which nothing is known are no reason to shut timers out", async () => {
  const { executor, add, log } = setUp();
  for (let i = 0; i < SEVERAL_BREATHS; i++) add("unknown", () => spin(2));
  let done = -1;
  setTimeout(() => done = log.length);
  executor.wake();
  await until(() => log.length === SEVERAL_BREATHS);
  assert.ok(done > 0 && done < SEVERAL_BREATHS, `${done} tasks were done when the timer fired`);
});

Deno.test("executor: a timeout ends a task that is suspended, and frees the processor", {
  sanitizeOps: true,
}, async () => {
  const { executor, add, log } = setUp();
  const { promise, resolve } = Promise.withResolvers<string>();
  const slow = add("slow", () => promise, { timeout: 10 });
  const quick = add("quick", () => Promise.resolve(1), { timeout: 10_000 });
  executor.wake();
  await until(() => log.length === 2);
  await turnOfLoop();
  const [kind, error] = slow.outcomes[0]!;
  assert.equal(kind, "error");
  assert.equal((error as Error).name, "TimeoutError");
  assert.equal((error as Error).message, "slow ran longer than its timeout of 10 ms");
  resolve("too late");
  await turnOfLoop();
  assert.equal(slow.outcomes[0]![0], "error", "there is one outcome");
  assert.deepEqual(quick.outcomes, [["value", 1]], "and no timer is left behind");
  assert.equal(executor.active, 0);
});

Deno.test("executor: a timeout also tells of a task that never let go", async () => {
  const { executor, add } = setUp();
  const slow = add("slow", () => spin(5), { timeout: 1, mean: 0 });
  const quick = add("quick", () => 1, { timeout: 1_000, mean: 0 });
  executor.wake();
  await turnOfLoop();
  assert.equal((slow.outcomes[0]![1] as Error).name, "TimeoutError");
  assert.deepEqual(quick.outcomes, [["value", 1]]);
});

Deno.test("executor: the time that a task waits for futures counts for its timeout", async () => {
  const { executor, add, future } = setUp();
  const awaited = future();
  const work = add("waits", () => awaited.wait(), { timeout: 10 });
  executor.wake();
  await until(() => work.outcomes.length > 0);
  assert.equal((work.outcomes[0]![1] as Error).name, "TimeoutError");
  assert.equal(executor.active, 0);
  awaited.settle();
  await turnOfLoop();
  assert.equal(executor.active, 0, "whatever its leftovers do, it holds no place any more");
});

Deno.test("executor: a task that ends its process is lost, others go on", async () => {
  const { executor, add } = setUp();
  const lost = add("lost", (index) => {
    const end = new ProcessEnd("exit code 3");
    if (index === 0) throw end;
    return Promise.reject(end);
  }, { count: 2, mean: 0 });
  const other = add("other");
  executor.wake();
  await turnOfLoop();
  assert.deepEqual(lost.outcomes, [["lost", "exit code 3"], ["lost", "exit code 3"]]);
  assert.deepEqual(other.outcomes, [["value", "other"]]);
});

Deno.test("executor: odd promises end their task, not the worker", async () => {
  const { executor, add } = setUp();
  const thenThrows = add("then throws", () => ({
    then() {
      throw new Error("no then");
    },
  }));
  const getterThrows = add("getter throws", () => ({
    get then() {
      throw new Error("no getter");
    },
  }));
  const twice = add("twice", () => ({
    then(resolve: (value: number) => void, reject: (error: Error) => void) {
      resolve(1);
      resolve(2);
      reject(new Error("three"));
      throw new Error("four");
    },
  }));
  const falseFriend = add("no function", () => ({ then: 5 }));
  executor.wake();
  await turnOfLoop();
  assert.equal((thenThrows.outcomes[0]![1] as Error).message, "no then");
  assert.equal((getterThrows.outcomes[0]![1] as Error).message, "no getter");
  assert.deepEqual(twice.outcomes, [["value", 1]]);
  assert.deepEqual(falseFriend.outcomes, [["value", { then: 5 }]]);
  assert.equal(executor.active, 0);
});

Deno.test("executor: a task that leaves something waiting behind has ended all the same", async () => {
  const { executor, add, future, log } = setUp();
  const awaited = future();
  add("leaves", () => {
    awaited.wait().then(() => log.push("leftover"));
    return 1;
  });
  add("next");
  executor.wake();
  await turnOfLoop();
  assert.equal(executor.active, 0);
  awaited.settle();
  assert.equal(executor.active, 0);
  await turnOfLoop();
  assert.deepEqual(log, ["leaves", "next", "leftover"]);
});

Deno.test("executor: the program has the processor until it awaits something", async () => {
  const { executor, add, log, waits } = setUp();
  const turn = newTurn("program", false);
  executor.turns.beginProgram(turn);
  add("task");
  executor.wake();
  await turnOfLoop();
  assert.deepEqual(log, []);
  executor.block(turn);
  executor.block(turn);
  await turnOfLoop();
  assert.deepEqual(log, ["task"]);
  executor.unblock(turn);
  assert.deepEqual(waits, ["waiting"]);
  executor.unblock(turn);
  assert.deepEqual(waits, ["waiting", "running"]);
  assert.equal(executor.active, 1);
});

Deno.test("executor: nothing begins after the stop", async () => {
  const { executor, add, log } = setUp();
  add("first", () => executor.stop());
  executor.wake();
  await turnOfLoop();
  add("never");
  executor.wake();
  await turnOfLoop();
  assert.deepEqual(log, ["first"]);
});

Deno.test("executor: what a task takes is measured without its waiting for futures", async () => {
  const { executor, add, future } = setUp();
  const awaited = future();
  const work = add("waits", async () => {
    spin(4);
    await awaited.wait();
    spin(4);
  });
  executor.wake();
  await turnOfLoop();
  spin(200);
  awaited.settle();
  await turnOfLoop();
  const { observed } = work.handle as FixedHandle;
  assert.equal(observed.length, 1);
  const [milliseconds, tasks] = observed[0]!;
  assert.equal(tasks, 1);
  assert.ok(milliseconds >= 8, `${milliseconds}`);
  assert.ok(milliseconds < 200, `${milliseconds}: the time of somebody else was counted`);
});

Deno.test("executor: of well known small tasks only some are measured", async () => {
  const { executor, add, log } = setUp();
  const handle = new FixedHandle("small", () => log.push("small"), 0.001);
  for (let i = 0; i < 160; i++) add("small", undefined, { handle });
  executor.wake();
  await turnOfLoop();
  assert.equal(log.length, 160);
  assert.ok(handle.observed.length >= 10 && handle.observed.length <= 30);
});

Deno.test("executor: a task that waits unseen for what it spawned lets that go on", async () => {
  const { executor, add, log } = setUp();
  const { promise, resolve } = Promise.withResolvers<void>();
  const waits = add("waits", () => {
    // As a task that was spawned and is not done does it.
    currentTurn()!.open++;
    return promise;
  });
  add("resolves", () => resolve());
  add("later");
  executor.wake();
  await turnOfLoop();
  assert.equal(executor.turns.look(), true, "it has only begun");
  assert.deepEqual(log, ["waits"]);
  assert.equal(executor.turns.look(), false);
  await turnOfLoop();
  assert.deepEqual(log, ["waits", "resolves", "later"]);
  assert.deepEqual(waits.outcomes, [["value", undefined]]);
  assert.equal(executor.active, 0);
});

Deno.test("executor: one plan to go on at a time, however often it is woken", async () => {
  const pending: (() => void)[] = [];
  let most = 0;
  const plan = (run: () => void) => {
    pending.push(run);
    most = Math.max(most, pending.length);
  };
  const left = Array.from({ length: 40 }, () => new FakeWork("task", () => spin(1)));
  const executor = new Executor(
    {
      take: () => {
        // As every result that arrives does it.
        if (left.length > 0) executor.wake();
        return left.shift();
      },
      putBack: (work) => left.unshift(work as FakeWork),
    },
    {},
    {
      now: () => performance.now(),
      soon: plan,
      later: plan,
      drain: plan,
      after: () => () => {},
      isBehind: () => false,
    },
  );
  executor.wake();
  while (pending.length > 0) {
    pending.shift()!();
    await Promise.resolve();
  }
  assert.equal(left.length, 0);
  assert.equal(most, 1);
});

Deno.test("executor: an async function that computes past its timeout is late", async () => {
  const { executor, add } = setUp();
  const busy = add("busy", () => (spin(30), Promise.resolve("late")), { timeout: 10 });
  const fails = add("fails", () => (spin(30), Promise.reject(new Error("own"))), { timeout: 10 });
  const good = add("good", () => Promise.resolve("in time"), { timeout: 2 ** 40 });
  executor.wake();
  await until(() => good.outcomes.length > 0);
  for (const late of [busy, fails]) {
    assert.equal((late.outcomes[0]![1] as Error).name, "TimeoutError");
  }
  assert.deepEqual(good.outcomes, [["value", "in time"]]);
});

Deno.test("executor: whatever a task throws is its failure, looked at or not", async () => {
  const { executor, add } = setUp();
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const bad = add("bad", () => {
    throw proxy;
  });
  const worse = add("worse", () => Promise.reject(proxy));
  const good = add("good");
  executor.wake();
  await until(() => good.outcomes.length > 0);
  assert.deepEqual([bad.outcomes[0]![0], worse.outcomes[0]![0]], ["error", "error"]);
});

Deno.test("executor: tasks that nobody wants any more are not counted as some that took no time", async () => {
  const queue: Work[] = [];
  const executed: number[] = [];
  const executor = new Executor({
    take: () => queue.shift(),
    putBack: (work) => queue.unshift(work),
    executed: (tasks) => executed.push(tasks),
  });
  const handle = new FixedHandle("f", () => spin(1), undefined);
  const work = new FakeWork("f", undefined, { count: 100, handle });
  for (let i = 3; i < 100; i++) work.cancelled.add(i);
  queue.push(work);
  executor.wake();
  await until(() => work.next === 100);
  const observed = handle.observed.reduce((sum, [, tasks]) => sum + tasks, 0);
  assert.equal(observed, 3);
  assert.equal(executed.reduce((sum, tasks) => sum + tasks, 0), 3);
});
