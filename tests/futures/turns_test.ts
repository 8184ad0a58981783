import assert from "node:assert/strict";
import { newTurn } from "../../futures/turn.ts";
import type { Turn } from "../../futures/turn.ts";
import { Turns } from "../../futures/turns.ts";
import fc from "../fast_check.ts";

function setUp() {
  const seen: string[] = [];
  const turns = new Turns({
    freed: () => seen.push("freed"),
    programWaits: (how) => seen.push(how),
    lookWanted: () => seen.push("look"),
  });
  return { turns, seen };
}

Deno.test("turns: who holds the processor without a sign of life lets go, if its tasks are open", () => {
  const { turns, seen } = setUp();
  const program = newTurn("program", false);
  turns.beginProgram(program);
  assert.equal(turns.look(), false, "nothing of it is open");
  assert.equal(turns.active, 1);
  program.open = 1;
  turns.touch(program);
  assert.deepEqual(seen, ["look"]);
  assert.equal(turns.look(), true);
  assert.equal(turns.active, 1);
  turns.look();
  assert.deepEqual([turns.active, program.state], [0, "idle"]);
  assert.deepEqual(seen, ["look", "idle", "freed"]);
});

Deno.test("turns: one that calls us again has the processor again", () => {
  const { turns } = setUp();
  const program = newTurn("program", false);
  turns.beginProgram(program);
  program.open = 1;
  turns.look();
  turns.look();
  assert.equal(program.state, "idle");
  turns.touch(program);
  assert.deepEqual([turns.active, program.state], [1, "suspended"]);
  turns.look();
  turns.look();
  turns.block(program);
  assert.deepEqual([turns.active, program.state], [0, "waiting"]);
  turns.unblock(program);
  assert.deepEqual([turns.active, program.state], [1, "suspended"]);
});

Deno.test("turns: whatever happens in whatever order, the holders are those that are counted", () => {
  const move = fc.record({ turn: fc.nat(3), what: fc.nat(7) });
  fc.assert(fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
    const { turns } = setUp();
    const all = Array.from({ length: 4 }, (_, i) => newTurn(`turn ${i}`, false));
    const begun = new Set<Turn>();
    for (const { turn: i, what } of moves) {
      const turn = all[i]!;
      if (!begun.has(turn)) {
        if (what > 0 || turn.state === "over") continue;
        turns.begin(turn);
        begun.add(turn);
      } else if (what === 1) turns.suspend(turn);
      else if (what === 2) turns.block(turn);
      else if (what === 3 && turn.waiting > 0) turns.unblock(turn);
      else if (what === 4) turn.open++, turns.touch(turn);
      else if (what === 5) turns.look();
      else if (what === 7) turns.overlap(turn);
      else if (what === 6) {
        turns.end(turn);
        begun.delete(turn);
      }
      turns.check(begun);
      for (const turn of begun) {
        const lets = turn.overlaps && turn.promised;
        assert.ok(!lets || turn.state === "idle" || turn.state === "waiting", turn.state);
      }
    }
    for (const turn of begun) turns.end(turn);
    assert.equal(turns.active, 0);
  }));
});

Deno.test("turns: what a turn leaves behind when it ends is not kept waiting by one that does nothing", () => {
  const { turns, seen } = setUp();
  const [waits, left, other] = ["waits", "left", "other"].map((label) => newTurn(label, false));
  turns.begin(waits!);
  turns.suspend(waits!);
  turns.begin(left!);
  left!.group = { priority: 0, waits: true };
  turns.end(left!);
  assert.deepEqual(seen, ["look"]);
  turns.look();
  turns.look();
  assert.deepEqual([waits!.state, turns.active], ["idle", 0]);
  // Of those that were left, each goes to its end before the next.
  turns.begin(other!);
  other!.orphan = true;
  turns.suspend(other!);
  turns.look();
  turns.look();
  assert.deepEqual([other!.state, turns.active], ["suspended", 1]);
});

Deno.test("turns: where there are others, they have the time to take what was spawned", () => {
  const turns = new Turns({ freed() {}, patience: () => 3 });
  const turn = newTurn("waits", false);
  turns.begin(turn);
  turn.open = 1;
  turns.suspend(turn);
  const again = [1, 2, 3].map(() => turns.look());
  assert.deepEqual([again, turn.state], [[true, true, true], "suspended"]);
  turns.look();
  assert.deepEqual([turn.state, turns.active], ["idle", 0]);
});
