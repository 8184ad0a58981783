import assert from "node:assert/strict";
import { listenForSilence } from "../../launch/silence.ts";
import { LIMITS } from "../../wire/limits.ts";
import { until } from "./processes.ts";

/** More than one beat can ever count, however late it is. */
const MOST = 5 * (LIMITS.servedBeatMs + 10);

Deno.test("time in which this process was blocked is no silence of others", async () => {
  let looks = 0;
  let tooLong = 0;
  const silence = listenForSilence(10, {
    look: () => void looks++,
    tooLong: () => void tooLong++,
  }, () => MOST);
  for (const end = performance.now() + 3 * MOST; performance.now() < end;);
  await until(() => looks > 0);
  assert.equal(tooLong, 0);
  // But real silence is one.
  await until(() => tooLong > 0);
  const before = looks;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual([tooLong, looks], [1, before], "told once, and looked no more");
  silence.stop();
});

Deno.test("whoever is heard of is not silent", async () => {
  let looks = 0;
  let tooLong = 0;
  const silence = listenForSilence(10, {
    look() {
      looks++;
      silence.heard();
    },
    tooLong: () => void tooLong++,
  }, () => 1);
  await until(() => looks > 10);
  silence.stop();
  assert.equal(tooLong, 0);
});
