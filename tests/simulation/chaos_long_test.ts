/** Every kind of fault, for many more seeds than `simulation_test.ts` tries. */

import { SCENARIOS } from "./scenarios.ts";
import { simulateSoundly } from "./verdict.ts";

const SEEDS: Record<string, number> = {
  chaos: 1000,
  "a worker stopped": 10,
  "a broker stopped": 10,
  "the origin stopped": 10,
};

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  const seeds = SEEDS[name] ?? 50;
  Deno.test(`simulation: ${name}, ${seeds} seeds`, () => {
    for (let seed = 1; seed <= seeds; seed++) simulateSoundly(scenario(seed), name);
  });
}
