/** What a worker does about tasks that are to end, and about its own replacement. */

import assert from "node:assert/strict";
import { CancelledError } from "../../wire/errors.ts";
import { LIMITS } from "../../wire/limits.ts";
import type { Message } from "../../wire/messages.ts";
import { Withdrawn } from "../../wire/withdrawn.ts";
import type { Work } from "../../futures/work.ts";
import { worker } from "./driver.ts";
import type { Driver } from "./driver.ts";

const GRACE = 200;

const stop = (index: number, id = 1): Message => ({
  ...{ type: "stop", owner: "other", id, index, grace: GRACE },
});

/** Takes work and begins its next task, which returns a promise; what ends it is recorded. */
function suspend(driver: Driver, settles = true) {
  const { work, index } = driver.begin()!;
  const ended: { reason: unknown; grace: number }[] = [];
  work.suspended(index, {
    stop(reason, grace) {
      ended.push({ reason, grace });
      if (settles) work.fail(index, reason);
    },
  });
  driver.flush();
  return { work, index, ended };
}

/** Begins whatever there is; the tasks that may run. */
function runAll(driver: Driver): number {
  let count = 0;
  for (let work = driver.take(); work !== undefined; work = driver.take()) {
    while (work.next < work.count) {
      const index = work.next++;
      if (work.skip(index)) continue;
      count++;
      work.settle(index, 0);
    }
    driver.flush();
  }
  return count;
}

Deno.test("stop: what is suspended is told, what is queued comes to nothing, both are reported at once", () => {
  const driver = worker();
  driver.bundle({ count: 4 });
  driver.bundle({ id: 2 });
  const { ended } = suspend(driver);
  driver.look();
  driver.hear(stop(-1));
  const [{ reason, grace } = { reason: undefined, grace: 0 }] = ended;
  assert.ok(reason instanceof CancelledError);
  assert.equal(grace, GRACE);
  const nothing = [Withdrawn.notBegun, Withdrawn.notBegun, Withdrawn.notBegun].join();
  assert.deepEqual(driver.lookAtWork(), [`result other/1 0: !f was cancelled,${nothing}`]);
  assert.equal(driver.reactor.received, 1, "the other bundle is as it was");
  assert.equal(runAll(driver), 1);
});

Deno.test("stop: of one task nothing is told to its neighbours", () => {
  const driver = worker();
  driver.bundle({ count: 3 });
  const first = suspend(driver);
  driver.hear(stop(2));
  assert.equal(first.ended.length, 0);
  assert.equal(runAll(driver), 1, "the one between");
  driver.hear(stop(0));
  assert.equal(first.ended.length, 1);
  driver.pass(LIMITS.reportMs);
  assert.equal(driver.reactor.received, 0);
});

Deno.test("stop: a bundle whose function is still looked for is gone", () => {
  const driver = worker();
  driver.bundle({ count: 2, fn: { kind: "builtin", name: "unknown" } });
  const work = driver.fetching();
  driver.look();
  driver.hear(stop(-1));
  assert.deepEqual(driver.lookAtWork(), [
    `result other/1 0: ${Withdrawn.notBegun},${Withdrawn.notBegun}`,
  ]);
  assert.equal(driver.reactor.received, 0);
  driver.receive({ kind: "fetched", work, fn: () => 1 });
  assert.equal(driver.take(), undefined);
});

Deno.test("stop: what a task comes to afterwards is not taken for an outcome", () => {
  const driver = worker();
  driver.bundle();
  const { work, index } = suspend(driver);
  driver.hear(stop(-1));
  driver.look();
  work.settle(index, "late");
  work.fail(index, new Error("late"));
  work.lose(index, "late");
  driver.pass(1000);
  assert.deepEqual(driver.lookAtWork(), []);
});

Deno.test("stop: a task that does not let go on being told has its outcome when it ends", () => {
  const driver = worker();
  driver.bundle();
  const { work, index, ended } = suspend(driver, false);
  driver.hear(stop(-1));
  assert.equal(ended.length, 1);
  assert.equal(driver.reactor.received, 1);
  work.settle(index, "done");
  driver.pass(LIMITS.reportMs);
  assert.deepEqual(driver.lookAtWork(), ["result other/1 0: done"]);
});

Deno.test("stop: of what is not here nothing is told", () => {
  const driver = worker();
  driver.look();
  driver.hear(stop(-1, 7));
  driver.hear(stop(3, 7));
  assert.deepEqual(driver.lookAtWork(), []);
});

Deno.test("started: a task is told to run when it has been suspended for a while, once", () => {
  const driver = worker();
  driver.bundle({ count: 3 });
  suspend(driver);
  const quick = suspend(driver);
  driver.look();
  quick.work.settle(quick.index, 1);
  driver.flush();
  driver.pass(LIMITS.reportMs - 1);
  assert.deepEqual(driver.lookAtWork().filter((words) => words.startsWith("started")), []);
  driver.pass(1);
  driver.pass(LIMITS.reportMs);
  const told = driver.lookAtWork().filter((words) => words.startsWith("started"));
  assert.deepEqual(told, ["started other/1 0"]);
});

Deno.test("started: tasks that have been suspended for as long are told of together", () => {
  const driver = worker();
  driver.bundle({ count: 9 });
  driver.bundle({ id: 2, base: 4, count: 2 });
  const many = Array.from({ length: 11 }, () => suspend(driver));
  driver.look();
  many[3]!.work.settle(many[3]!.index, 1);
  driver.flush();
  driver.pass(LIMITS.reportMs);
  const told = driver.lookAtWork().filter((words) => words.startsWith("started"));
  assert.deepEqual(told, ["started other/1 0+3", "started other/1 4+5", "started other/2 4+2"]);
});

Deno.test("retire: told when no task of others has begun, and no work is taken any more", () => {
  const driver = worker();
  driver.bundle({ count: 2 });
  driver.bundle({ id: 2 });
  const first = suspend(driver);
  driver.look();
  driver.reactor.retire("it is old");
  driver.flush();
  const given = driver.lookAtWork();
  assert.ok(given.includes("giveBack other/2 0+1"), given.join("; "));
  assert.ok(!given.includes("retire"), "a task of another would be lost");
  driver.pass(10_000);
  assert.ok(!driver.lookAtWork().includes("retire"));
  first.work.settle(first.index, 1);
  driver.pass(LIMITS.reportMs);
  const said = driver.lookAtWork();
  const at = (words: string) => said.findIndex((one) => one.startsWith(words));
  assert.ok(at("result other/1 0: 1") >= 0, said.join("; "));
  assert.ok(at("retire") > at("result"), "outcomes go before");
  driver.bundle({ id: 3 });
  assert.deepEqual(driver.lookAtWork(), ["giveBack other/3 0+1"], "what comes goes back");
  assert.equal(driver.take(), undefined);
  driver.reactor.retire("again");
  driver.pass(10_000);
  assert.ok(!driver.lookAtWork().includes("retire"), "once is enough");
});

Deno.test("retire: the rest of a bundle that stood behind its begun tasks goes back", () => {
  const driver = worker();
  driver.bundle({ count: 3 });
  const work: Work = driver.take()!;
  work.next++;
  driver.reactor.retire("it is old");
  driver.reactor.putBack(work);
  driver.flush();
  const said = driver.lookAtWork();
  assert.ok(said.includes("giveBack other/1 1+2"), said.join("; "));
  assert.equal(driver.take(), undefined);
});

Deno.test("retire: while all that has begun waits, perhaps for what nobody else takes, more is taken", () => {
  const driver = worker();
  driver.bundle();
  driver.active = 1;
  const first = suspend(driver);
  driver.reactor.retire("it is old");
  driver.flush();
  driver.bundle({ id: 2 });
  assert.ok(driver.lookAtWork().includes("giveBack other/2 0+1"), "it holds the processor");
  driver.active = 0;
  driver.flush();
  assert.ok(driver.look().some((words) => words.startsWith("credit")), "it asks for work");
  driver.bundle({ id: 3 });
  assert.equal(runAll(driver), 1);
  first.work.settle(first.index, 1);
  driver.pass(LIMITS.reportMs);
  assert.ok(driver.lookAtWork().includes("retire"));
  assert.equal(driver.take(), undefined);
});

Deno.test("retire: who asks for it again while its tasks wait keeps what it was given", () => {
  const driver = worker();
  driver.bundle();
  driver.active = 1;
  const first = suspend(driver);
  driver.reactor.retire("it has run enough");
  driver.active = 0;
  driver.flush();
  driver.bundle({ id: 3, count: 2 });
  // As it does after each of its tasks.
  driver.reactor.retire("it has run enough");
  driver.flush();
  assert.ok(!driver.lookAtWork().some((words) => words.startsWith("giveBack")));
  assert.equal(runAll(driver), 2);
  first.work.settle(first.index, 1);
  driver.pass(LIMITS.reportMs);
  assert.ok(driver.lookAtWork().includes("retire"));
});
