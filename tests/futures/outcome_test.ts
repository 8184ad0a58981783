import assert from "node:assert/strict";
import { lastWords } from "../../futures/dropped.ts";
import {
  forgetFailure,
  Outcome,
  rememberFailure,
  Stage,
  unseenFailures,
} from "../../futures/outcome.ts";
import { turnOfLoop } from "./fakes.ts";

Deno.test("outcome: it ends once", async () => {
  const outcome = new Outcome<number>("f");
  assert.equal(outcome.done, false);
  outcome.stage = Stage.running;
  assert.equal(outcome.done, false);
  assert.equal(outcome.end(Stage.finished, 1), true);
  assert.equal(outcome.end(Stage.finished, 2), false);
  assert.equal(outcome.end(Stage.failed, new Error("late")), false);
  assert.equal(outcome.end(Stage.cancelled, new Error("late")), false);
  assert.deepEqual([outcome.done, outcome.stage, outcome.value], [true, Stage.finished, 1]);
  assert.equal(await outcome.promise(), 1);
  assert.deepEqual(unseenFailures(), []);
});

Deno.test("outcome: listeners are told in their order, at once when it is over", () => {
  const outcome = new Outcome<number>("f");
  const told: string[] = [];
  const third = () => told.push("third");
  outcome.listen(() => told.push(`first ${outcome.value}`));
  outcome.listen(() => told.push("second"));
  outcome.listen(third);
  outcome.unlisten(third);
  outcome.unlisten(() => {});
  assert.equal(told.length, 0);
  outcome.end(Stage.finished, 5);
  assert.equal(told.join(), "first 5,second");
  outcome.listen(() => told.push("late"));
  outcome.unlisten(third);
  assert.equal(told.join(), "first 5,second,late");
});

Deno.test("outcome: as a promise, asked for before or after the end", async () => {
  const error = new Error("no");
  for (const stage of [Stage.failed, Stage.cancelled] as const) {
    const before = new Outcome<number>("before");
    const promise = before.promise();
    assert.equal(before.promise(), promise);
    before.end(stage, error);
    await assert.rejects(promise, error);
    const after = new Outcome<number>("after");
    after.end(stage, error);
    await assert.rejects(after.promise(), error);
  }
  assert.deepEqual(unseenFailures(), []);
});

Deno.test("outcome: who hears of the end may ask for the promise, or take itself back", async () => {
  const outcome = new Outcome<number>("f");
  const seen: (Promise<number> | string)[] = [];
  const first = () => void seen.push("first");
  outcome.listen(first);
  outcome.unlisten(first);
  outcome.unlisten(first);
  outcome.listen(() => seen.push(outcome.promise()));
  outcome.listen(() => seen.push(outcome.promise()));
  outcome.listen(first);
  outcome.unlisten(first);
  assert.equal(outcome.end(Stage.finished, 1), true);
  assert.deepEqual(await Promise.all(seen), [1, 1]);
});

Deno.test("outcome: a failure nobody looks at is remembered, until somebody does", async () => {
  const failed = (label: string, error: unknown) => {
    const outcome = new Outcome(label);
    outcome.end(Stage.failed, error);
    return outcome;
  };
  failed("square", new RangeError("too large\nby far"));
  const seen = failed("seen", new Error("seen"));
  const promised = failed("promised", new Error("promised"));
  for (let i = 0; i < 3; i++) failed("cube", "a text");
  assert.ok(seen.value instanceof Error);
  await promised.promise().catch(() => {});
  // Whoever is cancelled knows.
  new Outcome("cancelled").end(Stage.cancelled, new Error("cancelled"));
  const lines = unseenFailures().map((line) => line.replace(/at file:.*outcome_test/, "at test"));
  assert.deepEqual(lines.map((line) => line.replace(/:\d+:\d+\)$/, ")")), [
    "square failed and nobody looked at it: RangeError: too large (at test.ts)",
    "cube failed and nobody looked at it: a text (3 times)",
  ]);
  assert.deepEqual(unseenFailures(), [], "it is told once");
});

Deno.test("outcome: of failures that differ in their messages alone a few are told, and how many more", () => {
  for (let i = 0; i < 27; i++) rememberFailure({ label: "f", error: `bad ${i >> 1}` });
  rememberFailure({ label: "g", error: "bad 4" });
  assert.deepEqual(unseenFailures(), [
    ...Array.from({ length: 10 }, (_, i) => `f failed and nobody looked at it: bad ${i} (2 times)`),
    "f failed and nobody looked at it, with other messages (7 times)",
    "g failed and nobody looked at it: bad 4",
  ]);
});

Deno.test("outcome: no more failures are kept than a person would read", () => {
  const all = Array.from({ length: 1500 }, (_, i) => ({ label: "f", error: `${i % 2}` }));
  for (const failure of all) rememberFailure(failure);
  forgetFailure(all[0]!);
  const lines = unseenFailures();
  assert.deepEqual(lines, [
    "f failed and nobody looked at it: 1 (500 times)",
    "f failed and nobody looked at it: 0 (499 times)",
    "500 more tasks failed and nobody looked at them",
  ]);
});

Deno.test("outcome: only who asked for a promise has one to handle", async () => {
  const unhandled: unknown[] = [];
  const listener = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  addEventListener("unhandledrejection", listener);
  try {
    new Outcome("quiet").end(Stage.failed, "quiet");
    const loud = new Outcome("loud");
    loud.promise();
    loud.end(Stage.failed, "loud");
    await turnOfLoop();
    assert.deepEqual(unhandled, ["loud"]);
  } finally {
    removeEventListener("unhandledrejection", listener);
  }
  assert.equal(unseenFailures().length, 1);
});

Deno.test("outcome: what was given up is told at the end, unless somebody has looked by then", () => {
  lastWords();
  const given = (begun: boolean) => {
    const outcome = new Outcome<number>("f");
    outcome.end(Stage.failed, new Error("the run is over"));
    outcome.overlook();
    outcome.noteDropped(begun);
    return outcome;
  };
  const [first, second, third] = [given(false), given(false), given(true)];
  assert(first!.value instanceof Error);
  second!.promise().catch(() => {});
  assert.deepEqual(lastWords(), [
    "1 task that nobody awaited had not ended when the program ended",
  ]);
  // Too late.
  assert(third!.value instanceof Error);
  given(true);
  assert.deepEqual(lastWords(), [
    "1 task that nobody awaited had not ended when the program ended",
  ]);
});
