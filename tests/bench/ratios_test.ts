/** Ratios to peers: who is the best, and when one has fallen. */

import assert from "node:assert/strict";
import { bestPeer, compareRatios, ratiosOf, ratioTo } from "../../bench/ratios.ts";
import { figureOf, resultsOf, rowOf } from "./made_up.ts";

const maps = rowOf("maps", { "scoop": 300, "piscina": 100, "tinypool": 50, "raw zeromq": 600 });
const trips = rowOf("trips", { "scoop": 8, "piscina": 2, "tinypool": 1, "raw zeromq": 4 }, "lower");

Deno.test("bench: above 1 ours is ahead, whichever way is better", () => {
  assert.equal(ratioTo(maps, "piscina"), 3);
  assert.equal(ratioTo(maps, "raw zeromq"), 0.5);
  assert.equal(ratioTo(trips, "piscina"), 0.25);
  assert.equal(ratioTo(maps, "nobody"), undefined);
});

Deno.test("bench: the best peer is no bound, and its results are right", () => {
  const { roles } = resultsOf();
  assert.equal(bestPeer(maps, roles), "piscina");
  assert.equal(bestPeer(trips, roles), "tinypool");
  const wrong = { ...figureOf(9_000), right: false };
  const figures = { scoop: 1, piscina: wrong, tinypool: { over: 15 }, "python, chunks": 9_000 };
  assert.equal(bestPeer(rowOf("maps", figures), roles), undefined);
});

Deno.test("bench: the ratios to the best peer and to raw zeromq are kept", () => {
  const alone = rowOf("nested", { scoop: 300, piscina: { cannot: "no nesting" } });
  const wrong = rowOf("wrong", { scoop: { ...figureOf(3), right: false }, piscina: 1 });
  assert.deepEqual(ratiosOf(resultsOf(maps, trips, alone, wrong)), {
    maps: { "piscina": 3, "raw zeromq": 0.5 },
    trips: { "tinypool": 0.125, "raw zeromq": 0.5 },
  });
});

Deno.test("bench: what has fallen by more than 15 % is told, a line for each", () => {
  const earlier = { maps: { "piscina": 3, "raw zeromq": 0.5 }, trips: { tinypool: 0.125 } };
  assert.deepEqual(compareRatios(earlier, resultsOf(maps, trips)), {
    ...{ compared: 3, fallen: [], missing: [] },
  });
  // As much slower as it may be, beside the one; too slow beside the other, which became quicker.
  const slower = rowOf("maps", { "scoop": 256, "piscina": 100, "raw zeromq": 800 });
  assert.deepEqual(compareRatios(earlier, resultsOf(slower)), {
    compared: 2,
    fallen: ["maps: 0.32 of raw zeromq's, was 0.5: 36 % less"],
    missing: [],
  });
  const longer = rowOf("trips", { scoop: 10, tinypool: 1 }, "lower");
  assert.deepEqual(compareRatios(earlier, resultsOf(longer)).fallen, [
    "trips: 0.1 of tinypool's, was 0.125: 20 % less",
  ]);
});

Deno.test("bench: a ratio is compared with the same peer's, if it was measured", () => {
  const earlier = { maps: { piscina: 3 }, gone: { piscina: 1 } };
  // Another peer is the best now: ours has not become worse by that.
  const overtaken = rowOf("maps", { scoop: 300, piscina: 100, tinypool: 900 });
  assert.deepEqual(compareRatios(earlier, resultsOf(overtaken)).fallen, []);
  const left = rowOf("maps", { scoop: 300, tinypool: 900 });
  assert.deepEqual(compareRatios(earlier, resultsOf(left)), {
    ...{ compared: 0, fallen: [], missing: ["maps, piscina"] },
  });
});
