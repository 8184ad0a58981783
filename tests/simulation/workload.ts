/**
 * Workloads for the simulation, each from a seed.
 *
 * @module
 */

import { PLAIN } from "./spec.ts";
import type { Spec } from "./spec.ts";

/** Makes specs with numbers of their own. */
export function specMaker(): (spec: Partial<Spec>) => Spec {
  let id = 0;
  return (spec) => ({ ...PLAIN, id: ++id, ...spec });
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
  options: { tasks: number; fanOut: number; depth: number; mean: number; retries?: number },
): Spec[] {
  const make = specMaker();
  const { retries = PLAIN.retries } = options;
  let left = options.tasks;
  const level = (depth: number, most: number): Spec[] => {
    const specs: Spec[] = [];
    for (let i = 0; i < most && left > 0; i++) {
      left--;
      const below = depth > 1 ? level(depth - 1, Math.floor(chance() * options.fanOut)) : [];
      // Exponentially distributed, as service times are.
      const duration = -Math.log(1 - chance()) * options.mean;
      specs.push(make({ fn: `level${depth}`, duration, children: below, retries }));
    }
    return specs;
  };
  const specs: Spec[] = [];
  while (left > 0) specs.push(...level(options.depth, options.fanOut));
  return specs;
}

/** Tasks that all take the same time. */
export function uniform(tasks: number, mean: number): Spec[] {
  const make = specMaker();
  return Array.from({ length: tasks }, () => make({ duration: mean }));
}

/** Tasks whose times differ 1,000-fold (bounded Pareto, exponent 1.1). */
export function heavyTailed(chance: () => number, tasks: number, mean: number): Spec[] {
  const make = specMaker();
  const exponent = 1.1;
  const spread = 1000;
  const draw = () => (1 - chance() * (1 - spread ** -exponent)) ** (-1 / exponent);
  const times = Array.from({ length: tasks }, draw);
  const scale = mean * tasks / times.reduce((sum, time) => sum + time, 0);
  return times.map((time) => make({ duration: scale * time }));
}

/** Ten waves: each is spawned when a short task that the whole wave waits for has ended. */
export function bursty(chance: () => number, tasks: number, mean: number): Spec[] {
  const make = specMaker();
  const waves = 10;
  let wave: Spec[] = [];
  for (let i = 0; i < waves; i++) {
    const size = Math.floor(tasks / waves);
    const burst = Array.from(
      { length: size },
      () => make({ fn: `wave${i}`, duration: 2 * mean * chance() }),
    );
    wave = [make({ fn: "gate", duration: 1, children: [...burst, ...wave] })];
  }
  return wave;
}

/** Milliseconds of the longest chain of tasks each of which is spawned by the one before. */
export function longestChain(specs: readonly Spec[]): number {
  return specs.reduce(
    (most, spec) => Math.max(most, spec.duration + longestChain(spec.children)),
    0,
  );
}
