/**
 * Where results are kept beyond the end of a run.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";

/** A function of which results are kept. */
export interface KeptFunction {
  /** What the user calls it; "" for all that have no key. Functions of two keys share nothing. */
  readonly key: string;
  /** Its name, for people. */
  readonly name: string;
  /** The SHA-256 of its code. */
  readonly code: Uint8Array;
}

/** A file of results, open in the one process that writes to it. */
export interface ResultStore {
  /**
   * The number by which a function is known to the store.
   *
   * @param onChanged is told when there are results of it under this key and name, but all of other
   * code: how many
   */
  functionOf(fn: KeptFunction, onChanged: (results: number) => void): number;
  /**
   * A result that was kept; of a function that had none when it was first asked for, those that
   * have come since may be left out.
   *
   * @param call the SHA-256 of what tells calls of one function apart
   */
  lookup(fn: number, call: Uint8Array): Encoded | undefined;
  /** Keeps a result, at the latest when the code that runs now has let go. */
  keep(fn: number, call: Uint8Array, result: Encoded): void;
  /** Writes what is to be kept and has not been written. */
  flush(): void;
}
