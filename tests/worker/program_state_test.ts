import assert from "node:assert/strict";
import { LIMITS } from "../../wire/limits.ts";
import { programChangesAt, programMoves, takesWork } from "../../worker/program_state.ts";
import type { ProgramState } from "../../worker/program_state.ts";
import fc from "../fast_check.ts";

const { patienceMs, idleOpenMs } = LIMITS;
const RUNNING = { kind: "running" } as ProgramState;
const WAITING = { kind: "waiting" } as ProgramState;

/** The times in `times` at which the process takes the work of others. */
function taking(state: ProgramState, ...times: number[]): number[] {
  return times.filter((now) => takesWork(state, now));
}

Deno.test("program state: a program that awaits us shares its process, one that runs does not", () => {
  assert.deepEqual(programMoves(RUNNING, "waiting", 5), WAITING);
  assert.equal(takesWork(WAITING, 5), true);
  assert.equal(takesWork(RUNNING, 5), false);
  assert.deepEqual([programChangesAt(WAITING, 5), programChangesAt(RUNNING, 5)], [
    ...[Infinity, Infinity],
  ]);
});

Deno.test("program state: one that goes on may come back in a moment", () => {
  const went = programMoves(WAITING, "running", 100);
  assert.deepEqual(went, { kind: "lingering", until: 100 + patienceMs });
  assert.equal(takesWork(went, 100), true);
  assert.equal(programChangesAt(went, 100), 100 + patienceMs);
  assert.deepEqual(programMoves(went, "waiting", 101), WAITING);
  assert.deepEqual(
    programMoves(went, "running", 101),
    went,
    "steps in which it does not await us do not make it longer",
  );
});

Deno.test("program state: one that is idle is open to others after a while", () => {
  const idle = programMoves(RUNNING, "idle", 100);
  assert.deepEqual(taking(idle, 100, 99 + idleOpenMs, 100 + idleOpenMs), [100 + idleOpenMs]);
  assert.equal(programChangesAt(idle, 100), 100 + idleOpenMs);
  assert.equal(programChangesAt(idle, 100 + idleOpenMs), Infinity);
  assert.deepEqual(programMoves(idle, "running", 200), RUNNING, "nothing was sent to it");
  const open = 100 + idleOpenMs;
  assert.deepEqual(programMoves(idle, "running", open), {
    kind: "lingering",
    until: open + patienceMs,
  });
  assert.deepEqual(programMoves(idle, "waiting", 200), WAITING);
});

Deno.test("program state: whatever moves it, the time at which it changes is told", () => {
  const move = fc.record({
    how: fc.constantFrom("waiting" as const, "idle" as const, "running" as const),
    after: fc.nat(2 * idleOpenMs),
  });
  fc.assert(fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
    let state: ProgramState = { kind: "running" };
    let now = 0;
    for (const { how, after } of moves) {
      const at = programChangesAt(state, now);
      const next = now + after;
      if (next < at) {
        assert.equal(takesWork(state, next), takesWork(state, now), "it changes by itself");
      }
      now = next;
      state = programMoves(state, how, now);
      if (how === "waiting") assert.ok(takesWork(state, now));
      if (how === "idle") assert.ok(!takesWork(state, now));
    }
  }));
});
