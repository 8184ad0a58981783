/** When the time of a run is over. */

import assert from "node:assert/strict";
import { bundle, credit, result } from "./messages.ts";
import { run, sentOf, valueIn } from "./run.ts";

Deno.test("draining: what nobody has begun fails, what runs may end, and nothing new begins", () => {
  const test = run(["origin", "a"], { replaces: true });
  test.say("a", credit(1));
  test.say("origin", bundle(1));
  test.say("origin", bundle(2, { count: 3 }));
  const actions = test.drain("the job ends at 12:00");
  assert.deepEqual(sentOf("retire", actions), ["origin retire", "a retire"]);
  assert.deepEqual(sentOf("result", actions), ["origin result 2/0+3 failed 0,1,2"]);
  const error = valueIn(actions) as Error;
  assert.equal(error.name, "CancelledError");
  assert.match(error.message, /was not begun: the job ends at 12:00/);
  test.say("a", credit(5));
  assert.deepEqual(sentOf("result", test.say("origin", bundle(3))), [
    "origin result 3/0+1 failed 0",
  ]);
  assert.deepEqual(sentOf("result", test.say("a", result(1))), ["origin result 1/0+1"]);
  assert.equal(test.dispatcher.ledger.size, 0);
});

Deno.test("draining: what is lost then is not begun again", () => {
  const test = run(["origin", "a"], { replaces: true });
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 2 }));
  test.drain("it is late");
  assert.deepEqual(sentOf("result", test.lose("a")), [
    "origin result 1/0+1 failed 0",
    "origin result 1/1+1 failed 0",
  ]);
});
