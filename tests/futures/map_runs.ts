/** Maps whose bundles a test takes and executes by hand. */

import { FunctionHandle } from "../../futures/function_handle.ts";
import { inputsOf } from "../../futures/inputs.ts";
import { InOrder } from "../../futures/map_results.ts";
import { MapRun } from "../../futures/map_run.ts";
import type { MapPlan } from "../../futures/map_run.ts";
import { provideRuntime } from "../../futures/runtime.ts";
import type { Runtime } from "../../futures/runtime.ts";
import { TallyKeeper } from "../../telemetry/tally_keeper.ts";
import { newTurn } from "../../futures/turn.ts";
import type { LocalWork, Source } from "../../futures/work.ts";

/** What stands in the runtime's queue. */
export const offered: Source[] = [];
provideRuntime(() => ({
  info: { size: 2, workerName: "origin" },
  tally: new TallyKeeper("origin", (at) => at, () => 0),
  offer: (source: Source) => void offered.push(source),
} as unknown as Runtime));

export const MIB = 1 << 20;

export function begin(
  inputs: unknown[],
  plan: Partial<MapPlan> & { retries?: number } = {},
): MapRun {
  offered.length = 0;
  const run = new MapRun({
    handle: new FunctionHandle({ kind: "builtin", name: "f" }, Math.abs),
    options: { timeout: 0, retries: plan.retries ?? 2, priority: 0 },
    turn: newTurn("program", false),
    inputs: inputsOf(inputs, "map()"),
    results: new InOrder(),
    chunkSize: 0,
    window: undefined,
    ...plan,
  });
  run.offer();
  return run;
}

export function* count(to = Infinity): Generator<number> {
  for (let i = 0; i < to; i++) yield i;
}

/** The arguments of a bundle's tasks. */
export function args(work: LocalWork): unknown[] {
  return Array.from({ length: work.count }, (_, i) => work.begin(i));
}

/** Runs all tasks of a bundle: their results are their first arguments. */
export function execute(work: LocalWork): void {
  while (work.next < work.count) {
    const i = work.next++;
    work.settle(i, work.begin(i)[0]);
  }
}

export function results(run: MapRun): unknown[] {
  const all: unknown[] = [];
  while (run.ready) all.push(run.takeResult());
  return all;
}

/** Tasks that can be had now. */
export function pull(run: MapRun): LocalWork[] {
  const works: LocalWork[] = [];
  for (let work = run.take(4096); work; work = run.take(4096)) works.push(work);
  return works;
}

export const tasksOf = (works: LocalWork[]) => works.reduce((sum, { count }) => sum + count, 0);
