import assert from "node:assert/strict";
import { bringBack } from "../../launch/host_away.ts";
import { LIMITS } from "../../wire/limits.ts";

/** Fails so often, in these words, and then connects; tells what was tried, and what was told. */
async function tryBack(words: string[], answerMs: number, mostTries = Infinity) {
  const tries: number[] = [];
  const told: string[] = [];
  // As the run's processes do.
  const alive = setInterval(() => {}, 1_000);
  await bringBack({
    connect(connectMs) {
      tries.push(connectMs);
      const why = words[tries.length - 1];
      return why === undefined ? Promise.resolve() : Promise.reject(new Error(why));
    },
    answerMs,
    unwanted: () => tries.length >= mostTries,
    failed: (why) => void told.push(why),
  });
  clearInterval(alive);
  return { tries, told };
}

Deno.test("a host is tried until it is back, and each reason is told once", async () => {
  const { tries, told } = await tryBack(["timed out", "timed out", "refused", "timed out"], 300);
  assert.equal(tries.length, 5);
  assert.deepEqual(told, ["timed out", "refused", "timed out"]);
  assert.deepEqual([...new Set(tries)], [LIMITS.comeBackConnectMs]);
});

Deno.test("a host that answers slowly has its time, but not more than at first", async () => {
  assert.deepEqual((await tryBack([], 1_700)).tries, [4_000]);
  assert.deepEqual((await tryBack([], 60_000)).tries, [LIMITS.sshConnectMs]);
});

Deno.test("a host that nobody wants any more is left alone", async () => {
  assert.equal((await tryBack(["timed out", "timed out", "timed out"], 1, 2)).tries.length, 2);
});
