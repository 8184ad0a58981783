/**
 * `deno task simulate`: tables of schedules and of what a dispatch costs. With `--seed N` or
 * `--seeds FROM-TO` it runs a scenario instead (`--scenario NAME`, chaos if that is not said), and
 * tells of each seed that fails; a single seed is told event by event with `--trace`. One that fails
 * is made as small as possible, and that is told, with `--shrink`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { SCENARIOS } from "./scenarios.ts";
import { dispatches, federations, schedules } from "./tables.ts";
import { shrink, sizeInWords } from "./shrink.ts";
import type { SimulationOptions } from "./simulation.ts";
import { simulateSoundly } from "./verdict.ts";

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      seed: { type: "string" },
      seeds: { type: "string" },
      scenario: { type: "string", default: "chaos" },
      trace: { type: "boolean", default: false },
      shrink: { type: "boolean", default: false },
    },
  });
  const seeds = values.seeds ?? values.seed;
  if (seeds === undefined) {
    schedules();
    federations();
    dispatches();
  } else Deno.exitCode = replay(values.scenario, seeds, values) ? 0 : 1;
}

/** Runs the seeds FROM-TO of a scenario; false when one of them fails. */
function replay(name: string, seeds: string, how: { trace: boolean; shrink: boolean }): boolean {
  const scenario = SCENARIOS[name];
  const range = /^(\d+)(?:-(\d+))?$/.exec(seeds);
  if (scenario === undefined || range === null) {
    console.error(`scenarios: ${Object.keys(SCENARIOS).join(", ")}; seeds: 7, or 1-100`);
    return false;
  }
  const first = Number(range[1]);
  const last = Number(range[2] ?? first);
  let failed = 0;
  for (let seed = first; seed <= last; seed++) {
    const options = how.shrink ? smallest(scenario(seed), name) : scenario(seed);
    const trace = (line: string) => console.log(line);
    try {
      simulateSoundly({ ...options, ...how.trace && { trace } }, name);
    } catch (error) {
      failed++;
      console.log(error instanceof Error ? error.message : error);
      if (how.trace) console.log((error as Error).cause);
    }
  }
  console.log(`${last - first + 1} seeds of ${name}, ${failed} failed`);
  return failed === 0;
}

/** The same simulation, or, if it fails, the smallest that does; that is told. */
function smallest(options: SimulationOptions, name: string): SimulationOptions {
  const found = shrink(options, (smaller) => {
    try {
      simulateSoundly(smaller, name);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  });
  if (found === undefined) return options;
  console.log(`${sizeInWords(options)}; as small as possible: ${sizeInWords(found.options)}`);
  console.log(Deno.inspect(found.options, { depth: 12 }));
  return found.options;
}
