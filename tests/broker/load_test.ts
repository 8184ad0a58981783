/** When the load is announced. */

import assert from "node:assert/strict";
import type { Action } from "../../broker/actions.ts";
import { LIMITS } from "../../wire/limits.ts";
import { bundle, credit } from "./messages.ts";
import { run } from "./run.ts";

const loads = (actions: Action[]) =>
  actions.flatMap((one) => one.kind === "publish" ? [one.message] : []);

Deno.test("load: hunger is announced at once, and load again and again", () => {
  const test = run(["origin", "a"]);
  test.wait(1_000);
  test.now += LIMITS.announceLeastMs;
  assert.deepEqual(loads(test.say("a", credit(2))).map(({ demand }) => demand), [2]);
  const later = loads(test.wait(1_000)).length;
  assert.ok(later >= 1_000 / LIMITS.announceMs - 1, `${later}`);
});

Deno.test("load: a hunger that comes and goes is announced at a limited rate", () => {
  const test = run(["origin", "a"]);
  let announced = 0;
  for (let id = 1; id <= 500; id++) {
    test.now += 0.2;
    announced += loads(test.say("a", credit(id))).length;
    announced += loads(test.say("origin", bundle(id))).length;
  }
  assert.ok(announced <= 100 / LIMITS.announceLeastMs + 2, `${announced} in 100 ms`);
  assert.ok(announced >= 5, "but it is announced");
});

Deno.test("load: who has nothing to do is told of at once, though others are hungry already", () => {
  const test = run(["origin", "a", "b"]);
  test.wait(2 * LIMITS.announceMs);
  const last = (actions: Action[]) => loads(actions).at(-1);
  const busy = last(test.say("a", credit(1, false)));
  assert.deepEqual([busy?.demand, busy?.idle], [1, 0]);
  test.now += LIMITS.announceLeastMs;
  assert.equal(last(test.say("b", credit(1)))?.idle, 1);
  test.say("origin", bundle(1));
  test.say("origin", bundle(2));
  assert.equal(last(test.wait(2 * LIMITS.announceMs))?.idle, 0, "they were given something");
});

Deno.test("load: how many workers are far, as long as they are there", () => {
  const test = run(["origin", "a", "b"]);
  const far = () => loads(test.wait(2 * LIMITS.announceMs)).at(-1)?.far;
  assert.equal(far(), 0);
  test.say("a", credit(1, true, 4));
  assert.equal(far(), 1);
  test.say("a", credit(2));
  assert.equal(far(), 1, "it has enough at the moment");
  test.say("a", { type: "goodbye" });
  assert.equal(far(), 0);
});
