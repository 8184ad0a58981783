/** Every kind of fault, for many more seeds than `simulation_test.ts` tries. */

import assert from "node:assert/strict";
import { SCENARIOS } from "./scenarios.ts";
import { runSeeds } from "./seeds.ts";

const SEEDS: Record<string, number> = {
  chaos: 10_000,
  cancels: 500,
  "a worker stopped": 10,
  "a broker stopped": 10,
  "the origin stopped": 10,
};

for (const name of Object.keys(SCENARIOS)) {
  const seeds = SEEDS[name] ?? 50;
  Deno.test(`simulation: ${name}, ${seeds} seeds`, async () => {
    const failures = await runSeeds(name, 1, seeds);
    assert.deepEqual(failures, [], "see them with deno task simulate --scenario NAME --seed N");
  });
}
