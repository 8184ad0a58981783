/** Tasks that never end, or end their process, in the middle of a bundle: they alone fail. */

import assert from "node:assert/strict";
import { runAlone } from "../launch_program.ts";
import { exits, program, sixOf, told } from "./bundles.ts";

Deno.test("cases: the third of a bundle of six computes for ever, -n 3", () =>
  sixOf(["-n", "3"], 2, "sync"));

Deno.test("cases: the third of a bundle of six awaits for ever, -n 2", () =>
  sixOf(["-n", "2"], 2, "async"));

Deno.test("cases: Deno.exit on the origin, amid a bundle, costs one attempt, -n 2", () =>
  exits(["-n", "2"], "once"));

Deno.test("cases: of 3,000 short tasks one is stuck, and exactly one fails", async () => {
  const { sum, failed } = told(await runAlone(program("one_stuck"), { timeout: 90_000 }));
  assert.deepEqual(failed, ["1500 TimeoutError"]);
  assert.equal(sum, 2999 * 3000 / 2 - 1500);
});
