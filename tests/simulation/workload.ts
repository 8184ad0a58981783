/**
 * Workloads for the simulation, each from a seed.
 *
 * @module
 */

import type { Spec } from "./simulation.ts";

/** Makes specs with numbers of their own. */
export function specMaker(): (spec: Partial<Spec>) => Spec {
  let id = 0;
  return (spec) => ({
    id: ++id,
    fn: "work",
    duration: 1,
    children: [],
    deadly: false,
    ...spec,
  });
}

/** Number of tasks in a workload, spawned ones included. */
export function countTasks(specs: readonly Spec[]): number {
  return specs.reduce((sum, spec) => sum + 1 + countTasks(spec.children), 0);
}

/** Milliseconds of work in a workload. */
export function totalWork(specs: readonly Spec[]): number {
  return specs.reduce((sum, spec) => sum + spec.duration + totalWork(spec.children), 0);
}

/**
 * Tasks that spawn tasks, `depth` levels of them: `fanOut` at the first, then up to as many below
 * each.
 */
export function nested(
  chance: () => number,
  options: { tasks: number; fanOut: number; depth: number; mean: number },
): Spec[] {
  const make = specMaker();
  let left = options.tasks;
  const level = (depth: number, most: number): Spec[] => {
    const specs: Spec[] = [];
    for (let i = 0; i < most && left > 0; i++) {
      left--;
      const below = depth > 1 ? level(depth - 1, Math.floor(chance() * options.fanOut)) : [];
      // Exponentially distributed, as service times are.
      const duration = -Math.log(1 - chance()) * options.mean;
      specs.push(make({ fn: `level${depth}`, duration, children: below }));
    }
    return specs;
  };
  const specs: Spec[] = [];
  while (left > 0) specs.push(...level(options.depth, options.fanOut));
  return specs;
}
