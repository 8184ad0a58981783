/**
 * What a worker's runtime is told beside its environment.
 *
 * @module
 */

import type { Welcome } from "../wire/messages.ts";
import type { Environment } from "./environment.ts";

/** Where a broker is that was not known at the beginning. */
export type LateBroker = Pick<Environment, "brokerAddress" | "metaAddress" | "key" | "keys">;

/** What a runtime is told beside its environment. */
export interface NetworkOptions {
  /** Waits until functions can be looked up: on a worker, until the program is imported. */
  prepare(welcome: Welcome): Promise<void> | undefined;
  /** The first task is spawned. */
  begins?(): void;
  /**
   * For the owner of workers that has other things to do: it executes nothing itself, and connects
   * as soon as the broker is there.
   */
  readonly broker?: Promise<LateBroker>;
}
