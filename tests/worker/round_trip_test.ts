import assert from "node:assert/strict";
import { FakeWork } from "../futures/fakes.ts";
import { LIMITS } from "../../wire/limits.ts";
import { newTurn } from "../../futures/turn.ts";
import { Asking } from "../../worker/asking.ts";
import { RoundTrip } from "../../worker/round_trip.ts";
import { Scheduler } from "../../worker/scheduler.ts";

const { probeMs, probeLostMs } = LIMITS;

/** Asks at `now`, and has an answer after so long. */
function measure(trip: RoundTrip, now: number, took: number, computes = false): void {
  const number = trip.ask(true, now);
  assert.ok(number !== undefined, `asks at ${now}`);
  if (computes) trip.computes();
  trip.answered(number, now + took);
}

Deno.test("round trip: the least of the last few counts", () => {
  const trip = new RoundTrip();
  assert.equal(trip.ms, 0, "nothing is known");
  measure(trip, 0, 60);
  assert.equal(trip.ms, 60);
  measure(trip, 100, 40);
  measure(trip, 200, 70);
  assert.equal(trip.ms, 40);
  // The way has become longer: that is believed after a while.
  for (let i = 1; i <= 7; i++) measure(trip, i * 1000, 90);
  assert.equal(trip.ms, 70);
  measure(trip, 9_000, 90);
  assert.equal(trip.ms, 90);
});

Deno.test("round trip: an answer that may have lain unread is believed only if it was quicker", () => {
  const trip = new RoundTrip();
  measure(trip, 0, 300, true);
  assert.equal(trip.ms, 0);
  measure(trip, 1_000, 40);
  measure(trip, 2_000, 300, true);
  assert.equal(trip.ms, 40);
  measure(trip, 3_000, 30, true);
  assert.equal(trip.ms, 30);
  const asked = trip.ask(false, 4_000);
  trip.answered(asked!, 4_500);
  for (let i = 5; i < 20; i++) measure(trip, 1_000 * i, 300, true);
  assert.equal(trip.ms, 30);
});

Deno.test("round trip: it asks now and then, and one question at a time", () => {
  const trip = new RoundTrip();
  for (let i = 0; i < 4; i++) measure(trip, i, 1);
  assert.equal(trip.ask(true, 3 + probeMs - 1), undefined);
  const number = trip.ask(true, 3 + probeMs)!;
  const later = 3 + 3 * probeMs;
  assert.equal(trip.ask(true, later), undefined, "it waits for the answer");
  trip.answered(number - 1, later);
  trip.answered(number + 1, later);
  assert.equal(trip.ask(true, later), undefined, "to just this question");
  assert.ok(trip.ask(true, 3 + probeMs + probeLostMs) !== undefined, "which may be lost");
  trip.answered(number, 3 + probeMs + probeLostMs);
  assert.equal(trip.ms, 1, "a late answer means nothing");
});

Deno.test("asking: a broker on this host is near, however long it takes", () => {
  const aheadOf = (address: string) => {
    const scheduler = new Scheduler();
    const asking = new Asking(scheduler);
    asking.opened(address);
    const [probe] = asking.greeted(0);
    assert.ok(probe?.type === "probe");
    asking.answered(probe.number, 40);
    const [credit] = asking.words(true, 0, 50).filter(({ type }) => type === "credit");
    assert.ok(credit?.type === "credit");
    return credit.ahead;
  };
  assert.ok(aheadOf("tcp://10.0.0.1:1") > 0);
  assert.equal(aheadOf("ipc:///run/broker"), 0);
});

/** What a worker says of its credit, and what it has of its own. */
function asker() {
  const scheduler = new Scheduler();
  const asking = new Asking(scheduler);
  const said = (idle: boolean, now: number) =>
    asking.words(idle, 0, now).map(({ type }) => type).filter((type) => type !== "probe");
  const spawn = (mean: number, count = 1) =>
    scheduler.offer(new FakeWork("own", undefined, { count, mean }), newTurn("one", false));
  return { scheduler, asking, said, spawn };
}

Deno.test("asking: who is idle for a moment with tasks of its own says nothing", () => {
  const { scheduler, said, spawn } = asker();
  assert.deepEqual(said(true, 0), ["credit"], "it has nothing");
  scheduler.arrived();
  spawn(1, 4);
  assert.deepEqual(said(false, 1), [], "what it asked for has come, and it has enough");
  for (let now = 2; now < 20; now += 2) {
    assert.deepEqual(said(true, now), [], "it goes on with its own");
    assert.deepEqual(said(false, now + 1), []);
  }
  scheduler.clearOwn();
  assert.deepEqual(said(true, 20), ["credit"], "nothing is left");
  assert.deepEqual(said(true, 21), [], "as it has said");
});

Deno.test("asking: one small task of its own after the other changes nothing", () => {
  const { scheduler, asking, said, spawn } = asker();
  assert.deepEqual(said(true, 0), ["credit"]);
  for (let now = 1; now < 20; now++) {
    spawn(0.01);
    assert.deepEqual(said(false, now), []);
    assert.ok(asking.changesAt() <= now + LIMITS.ownWorkMs);
    scheduler.take();
    assert.deepEqual(said(true, now + 0.1), []);
    assert.equal(asking.changesAt(), Infinity);
  }
});

Deno.test("asking: work of its own that is more, or stays, is told", () => {
  for (const mean of [2 * LIMITS.ownWorkMs, 0.01]) {
    const { said, spawn } = asker();
    assert.deepEqual(said(true, 0), ["credit"]);
    spawn(mean);
    if (mean < LIMITS.ownWorkMs) {
      assert.deepEqual(said(false, 1), []);
      assert.deepEqual(said(false, 1 + LIMITS.ownWorkMs / 2), [], "not yet");
    }
    assert.deepEqual(said(false, 1 + LIMITS.ownWorkMs), ["credit"], `${mean} ms`);
  }
});

Deno.test("asking: of a function of which nothing is known it is told at once", () => {
  const { scheduler, said } = asker();
  assert.deepEqual(said(true, 0), ["credit"]);
  scheduler.offer(new FakeWork("own"), newTurn("one", false));
  assert.deepEqual(said(false, 1), ["credit"]);
});
