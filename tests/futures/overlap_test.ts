import assert from "node:assert/strict";
import { FunctionHandle } from "../../futures/function_handle.ts";
import { Overlap } from "../../futures/overlap.ts";
import { task } from "../../futures/registry.ts";
import { newTurn } from "../../futures/turn.ts";
import type { Turn } from "../../futures/turn.ts";
import { Turns } from "../../futures/turns.ts";
import fc from "../fast_check.ts";

/** A function of which so many tasks may have begun, and what begins them. */
function setUp(name: string, concurrency: number) {
  const turns = new Turns({ freed() {} });
  const overlap = new Overlap(turns);
  const fn = task(() => {}, { name, concurrency });
  const handle = new FunctionHandle({ kind: "task", name, hash: "" }, fn);
  const begin = (computed = 0): Turn => {
    const turn = newTurn(name, true);
    turn.spent = computed;
    turns.begin(turn);
    overlap.suspends(handle, turn);
    turns.suspend(turn);
    overlap.check();
    return turn;
  };
  const end = (turn: Turn, spent = 0) => {
    const cost = overlap.ends(handle, turn, spent);
    turns.end(turn);
    overlap.check();
    return cost;
  };
  return { turns, begin, end };
}

Deno.test("overlap: all but the last that may begin let go of the processor", () => {
  const { turns, begin, end } = setUp("three", 3);
  const [a, b] = [begin(), begin()];
  assert.equal(turns.active, 0);
  const c = begin();
  assert.equal(turns.active, 1, "no other may begin");
  end(a);
  assert.deepEqual([turns.active, c.state], [0, "idle"], "now one may");
  const d = begin();
  assert.equal(turns.active, 1);
  end(d);
  assert.deepEqual([turns.active, b.state], [0, "idle"]);
});

Deno.test("overlap: a function that says nothing keeps the processor", () => {
  const { turns, begin, end } = setUp("one", 1);
  const turn = begin();
  assert.equal(turns.active, 1);
  assert.equal(end(turn, 10), 10, "all that it took is its own");
});

Deno.test("overlap: what is awaited is shared by as many as may be there, what is computed is not", () => {
  const { begin, end } = setUp("ten", 10);
  assert.equal(end(begin(), 20), 2);
  assert.equal(end(begin(5), 25), 7);
});

Deno.test("overlap: whatever begins, waits and ends in whatever order, as many hold as should", () => {
  const move = fc.record({ what: fc.nat(3), which: fc.nat(9) });
  let round = 0;
  fc.assert(fc.property(fc.integer({ min: 1, max: 4 }), fc.array(move), (most, moves) => {
    const { turns, begin, end } = setUp(`any ${round++}`, most);
    const begun: Turn[] = [];
    for (const { what, which } of moves) {
      const turn = begun[which % begun.length];
      if (what === 0 && turns.active === 0) begun.push(begin());
      else if (turn === undefined) continue;
      else if (what === 1) end(begun.splice(begun.indexOf(turn), 1)[0]!);
      else if (what === 2) turns.block(turn);
      else if (what === 3 && turn.waiting > 0) turns.unblock(turn);
      turns.check(begun);
      const holding = begun.filter((one) => turns.holds(one));
      if (begun.every(({ waiting }) => waiting === 0) && begun.length < most) {
        assert.equal(holding.length, 0, `${begun.length} have begun, of ${most}`);
      }
    }
  }));
});
