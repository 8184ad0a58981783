/** What a broker sees of the run, as events. */

import assert from "node:assert/strict";
import type { Action, DispatcherOptions } from "../../broker/actions.ts";
import type { Observed } from "../../telemetry/events.ts";
import { decodeEach, encodeEach } from "../../wire/codec.ts";
import { LIMITS } from "../../wire/limits.ts";
import type { Message } from "../../wire/messages.ts";
import { functionTally, tally } from "../telemetry/tallies.ts";
import { bundle, credit, hello, result } from "./messages.ts";
import { logged, run } from "./run.ts";

/** What was observed, of some kinds. */
function seen(actions: Action[], ...kinds: Observed["kind"][]): Observed[] {
  const events = actions.flatMap((action) => action.kind === "event" ? [action.event] : []);
  return events.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind));
}

/** Who came and went, in words. */
const movesIn = (actions: Action[]) =>
  seen(actions, "joined", "left", "lost").map((event) =>
    event.kind === "lost"
      ? `${event.worker} lost (${event.reason}) ${event.again}`
      : `${(event as { worker: string }).worker} ${event.kind}`
  );

/** A run of an origin and a worker, and how its broker says that it stands when time passes. */
function standing(changes: Partial<DispatcherOptions> = {}) {
  const test = run(["origin", "a"], changes);
  test.say("a", credit(1));
  const next = () => {
    const found = seen(test.wait(LIMITS.tallyMs), "broker");
    assert.equal(found.length, 1, "as often as workers tell");
    return found[0] as Observed & { kind: "broker" };
  };
  next();
  return { test, next };
}

const tells = (body: unknown): Message => ({ type: "tally", payload: encodeEach([body]) });

Deno.test("witness: who joins", () => {
  const test = run([], { size: 2 });
  assert.deepEqual(seen(test.join("origin"), "joined"), [{
    ...{ kind: "joined", broker: "broker", worker: "origin", host: "here", pid: 1, origin: true },
  }]);
  assert.deepEqual(movesIn(test.join("a")), [], "it has still to import the program");
  const [joined, ...more] = seen(test.say("a", credit(1)), "joined");
  assert.deepEqual(movesIn(test.say("a", credit(2))), [], "once");
  assert.deepEqual([(joined as { origin: boolean }).origin, more], [false, []]);
});

Deno.test("witness: who owns the workers is none of them", () => {
  const test = run([], { size: 1, owned: true });
  const [joined] = seen(test.join("origin"), "joined") as (Observed & { kind: "joined" })[];
  assert.equal(joined!.owner, true);
  test.join("a");
  const [worker] = seen(test.say("a", credit(1)), "joined") as (Observed & { kind: "joined" })[];
  assert.equal(worker!.owner, undefined);
  const [told] = seen(test.wait(LIMITS.tallyMs), "broker") as (Observed & { kind: "broker" })[];
  assert.equal(told!.workers, 1);
});

Deno.test("witness: who has left is not lost", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(1));
  assert.deepEqual(movesIn(test.say("a", { type: "goodbye" })), ["a left"]);
  assert.deepEqual(movesIn(test.lose("a")), []);
});

Deno.test("witness: who is lost, why, and what runs again", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(2));
  test.say("origin", bundle(1, { count: 3 }));
  test.say("origin", bundle(2));
  assert.deepEqual(movesIn(test.lose("a", "signal SIGKILL")), ["a lost (signal SIGKILL) 4"]);
  assert.deepEqual(movesIn(test.lose("a", "signal SIGKILL")), [], "once");
});

Deno.test("witness: who is lost since it says nothing", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(1));
  const seconds = LIMITS.silenceMs / 1000;
  assert.deepEqual(movesIn(test.wait(LIMITS.silenceMs + 1000, ["a"])), [
    `a lost (it said nothing for ${seconds} s) 0`,
  ]);
});

Deno.test("witness: who has never joined does not leave", () => {
  const test = run(["origin"], { size: 2 });
  assert.deepEqual(movesIn(test.say("b", hello("b", { protocol: 1 }))), []);
  assert.deepEqual(movesIn(test.lose("b")), []);
});

Deno.test("witness: what workers tell is passed on, as it came", () => {
  const test = run(["origin", "a"]);
  const told = tally({ busyMs: 7, functions: [functionTally({ spawned: 3, run: [1, 2] })] });
  assert.deepEqual(seen(test.say("a", tells(told))), [{ kind: "tally", worker: "a", tally: told }]);
});

Deno.test("witness: a tally that is none is not passed on, and the run hears of it", () => {
  const good = tally();
  for (
    const [body, what] of [
      [{ ...good, busyMs: -1 }, "its busyMs cannot be right"],
      [{ ...good, functions: [{}] }, "its functions cannot be right"],
      ["tally", "its everything cannot be right"],
      [undefined, "its everything cannot be right"],
    ] as const
  ) {
    const test = run(["origin", "a"]);
    const actions = [...test.say("a", tells(body)), ...test.wait(100)];
    assert.deepEqual(seen(actions, "tally"), []);
    const warnings = logged("warning", actions).join();
    assert.ok(warnings.includes(`a sent a tally that is none: ${what}`), warnings);
    assert.equal(seen(test.say("a", tells(good)), "tally").length, 1, "the next is welcome");
  }
  const test = run(["origin", "a"]);
  const payload = { body: Uint8Array.of(0xc1, 0xff), frames: [] };
  const actions = [...test.say("a", { type: "tally", payload }), ...test.wait(100)];
  assert.match(logged("warning", actions).join(), /a sent a tally that is none: /);
});

Deno.test("witness: how the broker stands, since it told last", () => {
  const { test, next } = standing();
  const nothing = { workers: 2, queuedBundles: 0, given: 0, lent: 0, current: {} };
  assert.deepEqual(next(), { kind: "broker", broker: "broker", ...nothing });
  test.say("a", credit(2));
  test.say("origin", bundle(1, { label: "first" }));
  test.say("origin", bundle(2, { label: "second" }));
  test.say("origin", bundle(3));
  const full = { given: 2, queuedBundles: 1, current: { a: "first" } };
  assert.deepEqual(next(), { kind: "broker", broker: "broker", ...nothing, ...full });
  test.say("a", result(1));
  const later = { queuedBundles: 1, current: { a: "second" } };
  assert.deepEqual(next(), { kind: "broker", broker: "broker", ...nothing, ...later });
  test.lose("a");
  // What it had waits again.
  const alone = { workers: 1, queuedBundles: 2 };
  assert.deepEqual(next(), { kind: "broker", broker: "broker", ...nothing, ...alone });
});

Deno.test("witness: whoever wants to see each stretch of work is told more often", () => {
  for (const watched of [true, false]) {
    const test = run([], { size: 1, watched });
    const everyMs = watched ? LIMITS.watchedTallyMs : LIMITS.tallyMs;
    const welcome = test.join("origin").find((action) =>
      action.kind === "send" && action.message.type === "welcome"
    ) as Action & { kind: "send" };
    const { tallyMs, watched: told } = welcome.message as Message & { type: "welcome" };
    assert.deepEqual([tallyMs, told], [everyMs, watched]);
    test.wait(100);
    assert.equal(
      seen(test.wait(4 * LIMITS.tallyMs), "broker").length,
      4 * LIMITS.tallyMs / everyMs,
    );
  }
});

Deno.test("witness: a worker's question is handed on, and its answer goes to it alone", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(1));
  assert.deepEqual(test.say("a", { type: "askStats" }).filter(({ kind }) => kind !== "send"), [
    { kind: "askStats", from: "a" },
  ]);
  const answer = test.dispatcher.answer("a", { tasks: 5 }, test.now);
  const sent = answer.flatMap((one) => one.kind === "send" ? [one] : []);
  assert.deepEqual(sent.map(({ to, message }) => [to, message.type]), [["a", "stats"]]);
  const { payload } = sent[0]!.message as Message & { type: "stats" };
  assert.deepEqual(decodeEach(payload.body, payload.frames), [{ tasks: 5 }]);
});
