/**
 * What the bench knows of a contestant.
 *
 * @module
 */

import type { Measured, Workload } from "./workload.ts";

/** This project, or a peer. */
export interface Contestant {
  /** The head of its column. */
  readonly name: string;
  /**
   * Gets ready what it needs, such as its package.
   *
   * @returns what is being measured, with versions and runtime
   * @throws {Error} when it cannot take part; the message says why
   */
  prepare(): Promise<string>;
  /** Whether it has a way to do this work at all. */
  can(workload: Workload): boolean;
  /**
   * Does the work once, in processes of its own.
   *
   * @throws {Error} when that fails
   */
  measure(workload: Workload): Promise<Measured>;
}

/** Milliseconds after which a measurement is given up. */
export const TIMEOUT = 300_000;
