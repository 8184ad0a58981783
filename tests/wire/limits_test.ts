// How the limits have to relate to each other, so that what they promise can be kept.

import assert from "node:assert/strict";
import { LIMITS } from "../../wire/limits.ts";

/** A process that is stopped for so long, by Ctrl-Z or a debugger, is not lost. */
const STOP_MS = 20_000;
/** Programs hear of the loss of a broker within this. */
const BROKER_LOSS_MS = 5_000;
/** A task that does not come back costs its worker within this after its timeout. */
const STUCK_MS = 2_000;

function assertOrder(...limits: (keyof typeof LIMITS)[]): void {
  limits.reduce((less, more) => {
    assert.ok(LIMITS[less] < LIMITS[more], `${less} must be less than ${more}`);
    return more;
  });
}

Deno.test("limits: they are whole and positive", () => {
  for (const [name, value] of Object.entries(LIMITS)) {
    assert.ok(Number.isInteger(value) && value > 0, name);
    const units =
      /(Ms|Bytes|Messages|Bundles|Unread|Files|Threads|Blocks|Functions|Happenings|Samples|Pages)$/;
    assert.match(name, units, "the name tells the unit");
  }
});

Deno.test("limits: silence is longer than signs of life can be apart, and than a stop", () => {
  const { syncMs, silenceMs, agentSilenceMs, workerTickMs, servedBeatMs } = LIMITS;
  // Signs of life go out with a tick, which may be late; the first after a stop is the next one.
  const apart = syncMs + workerTickMs + servedBeatMs;
  assert.ok(silenceMs > 3 * apart);
  assert.ok(silenceMs > STOP_MS + 3 * apart);
  assert.ok(agentSilenceMs > STOP_MS + 3 * apart);
  // The launcher knows more of a process than its silence: its word comes first.
  assertOrder("agentSilenceMs", "silenceMs");
  // A worker that imports for too long tells so itself; its broker, if it is blocked; its launcher.
  assertOrder("importMs", "silenceMs", "joinMs");
  // Ticks are often enough for what is due at them.
  assertOrder("brokerTickMs", "announceMs", "syncMs");
  assertOrder("brokerTickMs", "workerTickMs", "syncMs");
});

Deno.test("limits: a clock counts what busy machines cost, and little of a stop", () => {
  const { servedBeatMs, brokerTickMs, workerTickMs, turnMs, workerGraceMs } = LIMITS;
  assert.ok(servedBeatMs >= 10 * turnMs, "a few turns of sockets are no stop");
  for (const tickMs of [brokerTickMs, workerTickMs]) {
    assert.ok(tickMs + servedBeatMs < workerGraceMs / 3, "no stop uses up a grace");
  }
});

Deno.test("limits: who comes back has the time to, and who does not is missed soon", () => {
  const { workerGraceMs, brokerGraceMs, reconnectMostMs, workerTickMs, brokerTickMs } = LIMITS;
  assert.ok(workerGraceMs > 2 * reconnectMostMs);
  assert.ok(brokerGraceMs > 2 * reconnectMostMs);
  assertOrder("reconnectMs", "reconnectMostMs", "workerGraceMs", "brokerGraceMs", "silenceMs");
  // A broken connection is known at once; what follows is the grace, on beats that may be late.
  assert.ok(brokerGraceMs + 2 * (workerTickMs + LIMITS.servedBeatMs) < BROKER_LOSS_MS);
  assert.ok(workerGraceMs + 2 * (brokerTickMs + LIMITS.servedBeatMs) < BROKER_LOSS_MS);
  assertOrder("wordOfLauncherMs", "workerGraceMs");
  // A pulled cable is found by the kernel, and the rest is as above.
  assertOrder("linkMs", "connectMs", "silenceMs");
  assert.equal(LIMITS.linkMs % 1000, 0, "the kernel counts in seconds");
});

Deno.test("limits: who moves to another broker finds it, and those who have something for it in time", () => {
  const { moveAfterMs, moveAnswerMs, moveMs, moveAgainMs, claimMs, workerGraceMs } = LIMITS;
  // By then a broker that still lives has given the worker up: nobody has it twice.
  assert.ok(moveAfterMs >= workerGraceMs);
  assert.ok(moveMs >= 3 * (moveAnswerMs + moveAgainMs), "each of three is tried");
  assertOrder("moveAnswerMs", "moveFirstMs", "moveMs");
  // Others may have noticed later by as much as a beat takes, and have found the broker later.
  assert.ok(claimMs > 2 * (LIMITS.workerTickMs + LIMITS.servedBeatMs) + moveAgainMs);
  assertOrder("claimMs", "claimBegunMs", "claimOnceMs");
  assertOrder("claimMs", "unclaimedMs");
  assertOrder("moveMs", "homelessMs");
  assertOrder("brokerGraceMs", "brokerBackMs");
});

Deno.test("limits: a first answer may need a second attempt to connect", () => {
  const { connectMs, reconnectMostMs, firstAnswerMs, handshakeMs } = LIMITS;
  assert.ok(firstAnswerMs > connectMs + reconnectMostMs);
  assert.ok(handshakeMs >= firstAnswerMs, "a slow peer is not cut off before it gives up");
  assertOrder("firstAnswerMs", "agentSilenceMs");
});

Deno.test("limits: a stuck task costs its worker in time", () => {
  const { stuckAfterMs, stuckBesideMs, brokerTickMs, servedBeatMs, terminateMs } = LIMITS;
  assertOrder("stuckAfterMs", "stuckBesideMs", "stuckOwnAfterMs");
  assert.ok(stuckBesideMs + 2 * (brokerTickMs + servedBeatMs) + terminateMs < STUCK_MS);
  // A worker that only was not served for a beat or two is not taken for stuck.
  assert.ok(stuckAfterMs > 2 * LIMITS.workerTickMs);
});

Deno.test("limits: an interrupted run is over when it was promised", () => {
  const { interruptedProgramMs, interruptedLeaveMs, closeMs, lastOutputMs, endMs } = LIMITS;
  // Leaving by themselves, and then after SIGTERM.
  const steps = [interruptedProgramMs, interruptedLeaveMs, interruptedLeaveMs];
  const total = [...steps, closeMs, lastOutputMs].reduce((sum, step) => sum + step, 0);
  assert.ok(total + 2 * LIMITS.brokerTickMs <= endMs, `${total} ms`);
  assertOrder("interruptedLeaveMs", "leaveMs");
  // The addon warns when sockets take over half a second at the end of a process.
  assert.ok(LIMITS.lingerAtExitMs < 500);
  assertOrder("lingerAtExitMs", "lingerMs", "closedMs", "endMs");
});

Deno.test("limits: who has run out of work has told of it before a question is answered", () => {
  assertOrder("idleTallyMs", "statsMs");
});

Deno.test("limits: workers are replaced sooner than the run gives up on them", () => {
  assertOrder("replaceFirstMs", "soundAfterMs", "aloneAfterMs", "replaceMostMs", "aloneReplacedMs");
  assertOrder("workerGraceMs", "aloneAfterMs");
  assertOrder("patienceMs", "idleAfterMs", "idleOpenMs");
  assertOrder("announceLeastMs", "brokerTickMs");
});

Deno.test("limits: what strangers may send is bounded, and enough for us", () => {
  assertOrder("topicBytes", "syncBytes", "frameBytes");
  assert.ok(LIMITS.topicsUnread >= 10 && LIMITS.publishedUnread >= 100);
  assert.ok(LIMITS.frameBytes >= 1 << 20, "pieces are worth their overhead");
  assertOrder("lookMs", "lookIdleMs");
});
