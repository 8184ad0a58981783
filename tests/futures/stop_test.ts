/** Tasks that are to end although they have begun, as the executor and their turns see it. */

import assert from "node:assert/strict";
import { Executor } from "../../futures/executor.ts";
import { addSpawn, removeSpawn, signalOf, stopTurn } from "../../futures/spawned.ts";
import { currentTurn, newTurn } from "../../futures/turn.ts";
import type { Spawn, Turn } from "../../futures/turn.ts";
import type { Work } from "../../futures/work.ts";
import { CancelledError, TimeoutError } from "../../wire/errors.ts";
import fc from "../fast_check.ts";
import { FakeWork, turnOfLoop, until } from "./fakes.ts";

/** Something that a turn has spawned. */
class Thing implements Spawn {
  before: Spawn | undefined;
  after: Spawn | undefined;
  readonly stopped: unknown[] = [];

  constructor(readonly turn: Turn, private readonly onStop?: () => void) {
    addSpawn(this);
  }

  stop(reason: unknown): void {
    this.stopped.push(reason);
    removeSpawn(this);
    this.onStop?.();
  }
}

function spawnedBy(turn: Turn): Spawn[] {
  const found: Spawn[] = [];
  for (let one = turn.spawned; one !== undefined; one = one.after) found.push(one);
  return found;
}

Deno.test("spawned: what is done is not in the list, whatever the order", () => {
  fc.assert(fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (choices) => {
    const turn = newTurn("test", false);
    const model: Thing[] = [];
    for (const choice of choices) {
      if (choice < 10 || model.length === 0) model.unshift(new Thing(turn));
      else removeSpawn(model.splice(choice % model.length, 1)[0]!);
      assert.deepEqual(spawnedBy(turn), model);
      assert.equal(turn.open, model.length);
      for (const [i, one] of model.entries()) assert.equal(one.before, model[i - 1]);
    }
  }));
});

Deno.test("spawned: a turn that is to end tells everything it spawned, once, and its signal", () => {
  const turn = newTurn("test", false);
  const reasons: unknown[] = [];
  signalOf(turn).addEventListener("abort", () => reasons.push(signalOf(turn).reason));
  const things = [1, 2, 3].map(() => new Thing(turn));
  stopTurn(turn, "why", 100);
  stopTurn(turn, "again", 100);
  assert.deepEqual(things.map(({ stopped }) => stopped), [["why"], ["why"], ["why"]]);
  assert.deepEqual(reasons, ["why"]);
  assert.equal(turn.open, 0);
});

Deno.test("spawned: a signal that is asked for late says so at once", () => {
  const turn = newTurn("test", false);
  stopTurn(turn, "why", 100);
  assert.ok(signalOf(turn).aborted);
  assert.equal(signalOf(turn).reason, "why");
  assert.equal(signalOf(turn), signalOf(turn));
});

/** An executor with one task that returns `result`, begun. */
async function begun(result: () => unknown, options: { timeout?: number } = {}) {
  const queue: Work[] = [];
  const behind: string[] = [];
  /** How many of each stretch have failed. */
  const ran: number[] = [];
  const executor = new Executor({
    take: () => queue.shift(),
    putBack: (work) => queue.unshift(work),
    leftBehind: (label, grace) => void behind.push(`${label} ${grace}`),
    ran: (stretch) => void ran.push(stretch.failed),
  });
  let turn: Turn | undefined;
  const work = new FakeWork("task", () => {
    turn = currentTurn();
    return result();
  }, options);
  queue.push(work);
  executor.wake();
  await turnOfLoop();
  return {
    executor,
    work,
    turn: turn!,
    behind,
    ran,
    stop: (why: unknown, graceMs: number) => work.suspendedTasks.get(0)!.stop(why, graceMs),
  };
}

Deno.test("stop: a suspended task has its outcome at once, and the processor is free", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const { executor, work, turn, stop } = await begun(() => promise);
  const child = new Thing(turn);
  const signal = signalOf(turn);
  assert.equal(executor.active, 1);
  const why = new Error("why");
  stop(why, 10_000);
  assert.deepEqual(work.outcomes, [["error", why]]);
  assert.deepEqual([executor.active, turn.state], [0, "over"]);
  assert.deepEqual([signal.aborted, signal.reason, child.stopped], [true, why, [why]]);
  stop(new Error("again"), 10_000);
  resolve(5);
  await turnOfLoop();
  assert.deepEqual(work.outcomes, [["error", why]], "what comes later is nothing");
});

Deno.test("stop: one that goes on beyond its grace is told of, one that ends is not", async () => {
  const ends = Promise.withResolvers<void>();
  const [one, other] = [await begun(() => new Promise(() => {})), await begun(() => ends.promise)];
  one.stop("why", 20);
  other.stop("why", 20);
  ends.reject(new Error("aborted"));
  await until(() => one.behind.length > 0);
  assert.deepEqual([one.behind, other.behind], [["task 20"], []]);
});

Deno.test("stop: a promise that throws when it is asked again counts as ended", async () => {
  let asked = 0;
  const odd = {
    then() {
      if (asked++ > 0) throw new Error("odd");
    },
  };
  const { stop, behind, work } = await begun(() => odd);
  stop("why", 5);
  assert.deepEqual(work.outcomes, [["error", "why"]]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(behind, []);
});

Deno.test("stop: a timeout ends a task in the same way", async () => {
  const { work, turn } = await begun(() => new Promise(() => {}), { timeout: 20 });
  const child = new Thing(turn);
  const signal = signalOf(turn);
  await until(() => work.outcomes.length > 0);
  assert.equal((work.outcomes[0]![1] as Error).name, "TimeoutError");
  assert.ok(signal.aborted);
  assert.equal(child.stopped.length, 1);
});

Deno.test("stop: who runs out of time has failed, who is not wanted any more has not", async () => {
  const [late, unwanted] = [
    await begun(() => new Promise(() => {}), { timeout: 1 }),
    await begun(() => new Promise(() => {})),
  ];
  unwanted.stop(new CancelledError("f was cancelled"), 10_000);
  await until(() => late.ran.length > 0);
  assert.deepEqual([late.ran, unwanted.ran], [[1], [0]]);
});

Deno.test("stop: what ends with a task that ran out of time has not done so itself", async () => {
  const child = await begun(() => new Promise(() => {}));
  child.stop(new TimeoutError("the parent ran longer than its timeout"), 10_000);
  assert.deepEqual(child.ran, [0]);
});
