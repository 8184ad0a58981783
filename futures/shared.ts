/**
 * Constants that every worker of the run can read.
 *
 * @module
 */

import { decode, encode } from "../wire/codec.ts";
import { TimeoutError } from "../wire/errors.ts";
import { runtime } from "./runtime.ts";
import { checkTimeout, waitAsTurn } from "./waiting.ts";

/** How long {@link shared.getConst} waits for a constant nobody has set, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Sets constants that any task, on any worker, can read with {@link getConst}. A constant cannot be
 * set again.
 *
 * @param constants names and values; a value travels by value, like an argument.
 * @returns when all are set. Tasks spawned before that find them as well, they only wait for them.
 * @throws {SerializationError} when a value cannot travel.
 * @throws {Error} when a name was set before.
 */
async function setConst(constants: Record<string, unknown>): Promise<void> {
  const encoded = Object.entries(constants).map(([name, value]) =>
    [name, encode(value, name)] as const
  );
  await Promise.all(
    encoded.map(([name, payload]) =>
      waitAsTurn<void>("shared.setConst()", (resolve, reject) => {
        runtime().setConstant(name, payload).then(resolve, reject);
      })
    ),
  );
}

/**
 * Reads a constant; waits for it if it has not been set yet.
 *
 * @param options `timeout`: milliseconds to wait for it at most; 10 seconds by default.
 * @returns a copy of the value.
 * @throws {TimeoutError} when nobody sets it in time.
 */
async function getConst<T = unknown>(
  name: string,
  options: { timeout?: number } = {},
): Promise<T> {
  const timeout = checkTimeout(options.timeout ?? PATIENCE);
  try {
    const { body, frames } = await waitAsTurn<{ body: Uint8Array; frames: Uint8Array[] }>(
      `shared.getConst("${name}")`,
      (resolve, reject) => {
        runtime().getConstant(name).then(resolve, reject);
      },
      timeout,
    );
    // What is decoded owns its frames, and there may be others who ask for this constant.
    return decode(body, frames.map((frame) => frame.slice())) as T;
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    throw new TimeoutError(`nobody has set the shared constant "${name}" within ${timeout} ms`);
  }
}

/**
 * Constants shared by all workers of a run.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { shared } from "@scoop/futures";
 *
 * await shared.setConst({ rate: 0.25 });
 * assert(await shared.getConst<number>("rate") === 0.25);
 * ```
 */
export const shared = { setConst, getConst };
