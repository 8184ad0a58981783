/**
 * What the bench knows of a contestant.
 *
 * @module
 */

import type { Measured, Workload } from "./workload.ts";

/**
 * What a contestant is in a comparison: what is compared; a tool that somebody may take instead; or
 * a bound, which shows what there is to be had by those who write or tune something for one purpose.
 */
export type Role = "ours" | "peer" | "bound";

/** This project, or a peer. */
export interface Contestant {
  /** The head of its column. */
  readonly name: string;
  readonly role: Role;
  /**
   * Gets ready what it needs, such as its package.
   *
   * @returns what is being measured, with versions and runtime
   * @throws {Error} when it cannot take part; the message says why
   */
  prepare(): Promise<string>;
  /** Why it has no way to do this work; undefined when it has one. */
  refuses(workload: Workload): string | undefined;
  /**
   * Does the work once, in processes of its own.
   *
   * @param limit milliseconds after which it is given up
   * @throws {TooLong} when it is
   * @throws {Error} when it fails
   */
  measure(workload: Workload, limit: number): Promise<Measured>;
}

/** Milliseconds after which a measurement is given up, where a row says nothing else. */
export const TIMEOUT = 60_000;
