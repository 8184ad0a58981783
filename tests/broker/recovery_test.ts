/** What was lost with its worker, or without it. */

import assert from "node:assert/strict";
import type { Action } from "../../broker/actions.ts";
import { decodeEach } from "../../wire/codec.ts";
import { LIMITS } from "../../wire/limits.ts";
import { bundle, credit, giveBack, result } from "./messages.ts";
import { run, sent, sentOf } from "./run.ts";

Deno.test("recovery: where workers are replaced their work waits for the replacement", () => {
  const test = run(["origin", "a"], { replaces: true });
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 2 }));
  test.say("origin", credit(5));
  test.lose("a");
  assert.deepEqual(sentOf("bundle", test.wait(5 * LIMITS.aloneAfterMs)), []);
  test.join("b");
  assert.deepEqual(sent(test.say("b", credit(5))), ["b bundle 1/0+1"]);
  test.lose("b");
  assert.deepEqual(sentOf("result", test.wait(5 * LIMITS.aloneAfterMs)), [], "a second time");
  test.join("c");
  test.say("c", credit(1));
  assert.deepEqual(sentOf("bundle", test.say("c", result(1, 1))), [], "the credit is used up");
  test.say("c", credit(2));
  assert.deepEqual(sentOf("result", test.lose("c")), ["origin result 1/0+1 failed 0"]);
  assert.equal(test.dispatcher.ledger.size, 0);
});

Deno.test("recovery: who is not replaced although it was to be is not waited for without end", () => {
  const test = run(["origin", "a", "b"], { replaces: true });
  test.say("a", credit(1));
  test.say("b", credit(1));
  test.say("origin", bundle(1));
  test.say("origin", bundle(2));
  test.say("origin", credit(5));
  test.lose("a");
  test.lose("b");
  assert.deepEqual(sentOf("bundle", test.wait(LIMITS.aloneReplacedMs - 1_000)), []);
  const given = sentOf("bundle", test.wait(2_000));
  assert.deepEqual(given, ["origin bundle 1/0+1", "origin bundle 2/0+1"]);
});

Deno.test("recovery: where nobody replaces them it is given up in the end", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1));
  test.lose("a");
  test.say("b", credit(1));
  test.lose("b");
  assert.deepEqual(sentOf("result", test.wait(LIMITS.aloneAfterMs)), []);
  assert.deepEqual(sentOf("result", test.wait(100)), ["origin result 1/0+1 failed 0"]);
});

Deno.test("recovery: a task that is lost without its worker leaves its siblings where they are", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 3 }));
  const lost = { type: "lost", owner: "origin", id: 1, index: 1, reason: "exit code 7" } as const;
  assert.deepEqual(sentOf("bundle", test.say("a", lost)), []);
  assert.deepEqual(sent(test.say("b", credit(1))), ["b bundle 1/1+1"]);
  // One report of what is left on both sides of it.
  assert.deepEqual(sent(test.say("a", result(1, 0))), ["origin result 1/0+1"]);
  assert.deepEqual(sent(test.say("a", result(1, 2))), ["origin result 1/2+1"]);
  assert.deepEqual(sent(test.say("b", result(1, 1))), ["origin result 1/1+1"]);
  assert.equal(test.dispatcher.ledger.size, 0);
});

Deno.test("recovery: outcomes of what was taken meanwhile are left out of a report", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 4 }));
  test.say("a", { type: "lost", owner: "origin", id: 1, index: 1, reason: "exit code 7" });
  const report = result(1, 0, 4);
  report.result.failed = [1, 3];
  assert.deepEqual(sent(test.say("a", report)), [
    "origin result 1/0+1",
    "origin result 1/2+2 failed 1",
  ]);
});

Deno.test("recovery: what is given back goes first, uncounted", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 5 }));
  test.say("origin", bundle(2));
  assert.deepEqual(sent(test.say("a", giveBack(1, 2, 2))), []);
  assert.deepEqual(sent(test.say("b", credit(9))), ["b bundle 1/2+2", "b bundle 2/0+1"]);
  assert.deepEqual(sent(test.say("a", result(1, 0, 2))), ["origin result 1/0+2"]);
  assert.deepEqual(sent(test.say("a", result(1, 4))), ["origin result 1/4+1"]);
  assert.deepEqual(sent(test.say("b", result(1, 2, 2))), ["origin result 1/2+2"]);
});

Deno.test("recovery: a large bundle's tasks run again one by one, each with its own payload", () => {
  const test = run(["origin", "a", "b"], { replaces: true });
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 300 }));
  test.lose("a");
  const given = new Set<number>();
  for (let granted = 1; granted <= 300; granted++) {
    for (const action of test.say("b", credit(granted))) {
      if (action.kind !== "send" || action.message.type !== "bundle") continue;
      const { base, count } = action.message.bundle;
      assert.equal(count, 1);
      given.add(base);
      test.say("b", result(1, base));
    }
  }
  assert.equal(given.size, 300);
  assert.equal(test.dispatcher.ledger.size, 0);
});

Deno.test("recovery: of what may run only once, what has not begun runs elsewhere", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 4, retries: 0 }));
  const started = { type: "started", owner: "origin", id: 1, count: 1 } as const;
  test.say("a", { ...started, base: 0 });
  test.say("a", result(1, 0));
  test.say("a", { ...started, base: 1 });
  const lost = test.lose("a");
  assert.deepEqual(sentOf("result", lost), ["origin result 1/1+1 failed 0"]);
  assert.match(reasons(lost), /the task was tried once$/);
  const given = test.say("b", credit(2));
  assert.deepEqual(sentOf("bundle", given), ["b bundle 1/2+1", "b bundle 1/3+1"]);
  test.say("b", result(1, 2));
  test.say("b", result(1, 3));
  assert.equal(test.dispatcher.ledger.size, 0);
});

Deno.test("recovery: what may have begun unheard is not said to have been tried", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(2));
  test.say("origin", bundle(1, { count: 2, retries: 0 }));
  test.say("origin", bundle(2, { retries: 0 }));
  const lost = test.lose("a");
  assert.deepEqual(sentOf("result", lost), ["origin result 1/0+1 failed 0"]);
  assert.match(reasons(lost), /the task may have begun, and is not to run twice$/);
  assert.deepEqual(sent(test.say("b", credit(2))), ["b bundle 1/1+1", "b bundle 2/0+1"]);
});

/** What the owner is told of its failures. */
function reasons(actions: readonly Action[]): string {
  const messages = actions.flatMap((action) => action.kind === "send" ? [action.message] : []);
  return messages.flatMap((message) =>
    message.type === "result"
      ? decodeEach(message.payload.body, []).map((error) => (error as Error).message)
      : []
  ).join("\n");
}
