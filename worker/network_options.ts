/**
 * What a worker's runtime is told beside its environment.
 *
 * @module
 */

import type { ResultStore } from "../futures/result_store.ts";
import type { Welcome } from "../wire/messages.ts";
import type { Environment } from "./environment.ts";
import type { Quota } from "./quota.ts";

/** Where a broker is that was not known at the beginning. */
export type LateBroker = Pick<Environment, "brokerAddress" | "metaAddress" | "key" | "keys">;

/** What a runtime is told beside its environment. */
export interface NetworkOptions {
  /** Waits until functions can be looked up: on a worker, until the program is imported. */
  prepare(welcome: Welcome): Promise<void> | undefined;
  /** What this worker may use before it is replaced; as much as it likes unless given. */
  readonly quota?: Quota;
  /** Whether it executes no tasks itself: all of them are for others. */
  readonly handsOver?: boolean;
  /** The first task is spawned. */
  begins?(): void;
  /**
   * For the owner of workers that has other things to do: it executes nothing itself, and connects
   * as soon as the broker is there.
   */
  readonly broker?: Promise<LateBroker>;
  /** Where results are kept beyond the end of the run. */
  readonly results?: ResultStore | undefined;
}
