import assert from "node:assert/strict";
import { thrownRetries } from "../../futures/retry.ts";
import { currentTurn, newTurn, runInTurn } from "../../futures/turn.ts";

Deno.test("retries: whether to try again is asked as part of who said so, not of what failed", () => {
  const [giver, failed] = ["giver", "failed"].map((label) => newTurn(label, false));
  const asked: (string | undefined)[] = [];
  const given = {
    thrown: 2,
    when: (error: unknown, attempt: number) =>
      asked.push(currentTurn()?.label) > 0 && attempt === 1 && !error,
  };
  for (const turn of [giver, undefined]) {
    const retries = runInTurn(turn, thrownRetries, given)!;
    assert.equal(runInTurn(failed, () => retries.when(undefined, 1), undefined), true);
    assert.equal(runInTurn(failed, () => retries.when(new Error("no"), 1), undefined), false);
  }
  assert.deepEqual(asked, ["giver", "giver", undefined, undefined]);
});
