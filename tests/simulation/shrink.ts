/**
 * Makes a simulation that fails smaller: faults, tasks and workers are left out one by one (tasks in
 * halves first) as long as it still fails. What is left is what somebody has to understand.
 *
 * @module
 */

import type { SimulationOptions } from "./simulation.ts";
import { allOf } from "./spec.ts";
import type { Spec } from "./spec.ts";

/** Why a simulation fails; undefined if it does not. */
export type Fails = (options: SimulationOptions) => string | undefined;

/** Simulations that are tried, at most. */
const TRIES = 400;

/** The smallest that was found and fails, and why it does. */
export function shrink(
  options: SimulationOptions,
  fails: Fails,
): { options: SimulationOptions; why: string } | undefined {
  let why = fails(options);
  if (why === undefined) return undefined;
  let tries = 0;
  const attempt = (smaller: SimulationOptions): boolean => {
    if (++tries > TRIES) return false;
    // A fault of a broker that is not there any more fails as well, and says nothing.
    if (
      smaller.faults?.some((fault) => "broker" in fault && fault.broker > (smaller.brokers ?? 1))
    ) {
      return false;
    }
    const reason = fails(smaller);
    if (reason === undefined) return false;
    [options, why] = [smaller, reason];
    return true;
  };
  for (let before = ""; before !== sizeInWords(options) && tries < TRIES;) {
    before = sizeInWords(options);
    leaveOut(options.faults ?? [], (faults) => attempt({ ...options, faults }));
    leaveOut(options.program, (program) => program.length > 0 && attempt({ ...options, program }));
    for (const [id, { children }] of allOf(options.program)) {
      leaveOut(
        children,
        (some) => attempt({ ...options, program: withChildren(options, id, some) }),
      );
    }
    while (options.workers > 1 && attempt({ ...options, workers: options.workers - 1 }));
    const { brokers = 1 } = options;
    if (brokers > 1) attempt({ ...options, brokers: brokers - 1 });
  }
  return { options, why };
}

/** Tries without some of a list, in ever smaller pieces; `accept` keeps what it is given, or not. */
function leaveOut<T>(list: readonly T[], accept: (rest: readonly T[]) => boolean): void {
  for (let size = Math.ceil(list.length / 2); size > 0; size = size === 1 ? 0 : size >> 1) {
    for (let at = 0; at < list.length;) {
      const rest = [...list.slice(0, at), ...list.slice(at + size)];
      if (accept(rest)) list = rest;
      else at += size;
    }
  }
}

/** The program, in which a task spawns just these. */
function withChildren(
  { program }: SimulationOptions,
  id: number,
  children: readonly Spec[],
): readonly Spec[] {
  const change = (specs: readonly Spec[]): readonly Spec[] =>
    specs.map((spec) =>
      spec.id === id ? { ...spec, children } : { ...spec, children: change(spec.children) }
    );
  return change(program);
}

/** How large a simulation is. */
export function sizeInWords({ program, faults = [], workers, brokers = 1 }: SimulationOptions) {
  return `${allOf(program).size} tasks, ${faults.length} faults, ${workers} workers, ` +
    `${brokers} brokers`;
}
