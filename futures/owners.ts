/**
 * The runtimes of one process: its own, and those with which Executors own their workers. What the
 * program shares (constants, scattered values) belongs to all of them.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import { globalState } from "./global_state.ts";
import { runtime } from "./runtime.ts";
import type { Runtime } from "./runtime.ts";

interface Owners {
  readonly runtimes: Set<Runtime>;
  /** Whether there was ever one. */
  some: boolean;
  /** Constants that the program has set, for those that come later. */
  readonly constants: Map<string, Encoded>;
}

const here = globalState<Owners>("owners", () => ({
  runtimes: new Set(),
  some: false,
  constants: new Map(),
}));

/** An Executor begins to own workers, which get what the program has shared. */
export function ownerBegins(owner: Runtime): void {
  here.runtimes.add(owner);
  here.some = true;
  // It fails only when the broker is lost, which every task says as well.
  if (here.constants.size > 0) owner.setConstants([...here.constants]).catch(() => {});
}

/** An Executor has ended. */
export function ownerEnds(owner: Runtime): void {
  here.runtimes.delete(owner);
}

/** Whether this process has, or had, workers of its own. */
export function hasOwned(): boolean {
  return here.some;
}

/** The runtimes of this process's Executors. */
export function owners(): Runtime[] {
  return [...here.runtimes];
}

/** Whether this process's program has set it, or is about to. */
export function isRemembered(name: string): boolean {
  return here.constants.has(name);
}

/** What this process's program has set, for Executors to come. */
export function rememberConstants(constants: Iterable<readonly [string, Encoded]>): void {
  for (const [name, payload] of constants) here.constants.set(name, payload);
}

/** These constants are not set after all. */
export function forgetConstants(names: readonly string[]): void {
  for (const name of names) here.constants.delete(name);
}

/**
 * Keeps this process alive until an answer from the workers of `homes` has come, as whoever awaits a
 * future does. It has to come, or whoever waits for it to give up.
 */
export async function keepFor<T>(
  homes: readonly Pick<Runtime, "expect">[],
  answer: Promise<T>,
): Promise<T> {
  homes.forEach((one) => one.expect(1));
  try {
    return await answer;
  } finally {
    homes.forEach((one) => one.expect(-1));
  }
}

/** All runtimes of this process. */
export function allRuntimes(): Runtime[] {
  return [runtime(), ...here.runtimes];
}

/** A constant of this process's runtimes: of the first that has it. */
export async function constantOfAny(name: string): Promise<Encoded> {
  const all = allRuntimes();
  if (all.length === 1) return await all[0]!.getConstant(name);
  try {
    return await Promise.any(all.map((one) => one.getConstant(name)));
  } catch (error) {
    throw (error as AggregateError).errors[0];
  }
}

/** The name of a constant is taken: none of those that were to be set with it is set. */
export class ConstantTaken extends Error {
  constructor(name: string) {
    super(`the shared constant "${name}" is set already, and constants do not change`);
  }
}
