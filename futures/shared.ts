/**
 * Constants that every worker of the run can read.
 *
 * @module
 */

import { decode, encode } from "../wire/codec.ts";
import type { Encoded } from "../wire/codec.ts";
import type { NamedPayloads } from "../wire/constant_group.ts";
import { TimeoutError } from "../wire/errors.ts";
import { globalState } from "./global_state.ts";
import {
  constantOfAny,
  ConstantTaken,
  forgetConstants,
  isRemembered,
  keepFor,
  owners,
  rememberConstants,
} from "./owners.ts";
import { runtime } from "./runtime.ts";
import { checkTimeout, waitAsTurn } from "./waiting.ts";
import { wrongArgument } from "../wire/user_stack.ts";

/** How long {@link shared.getConst} waits for a constant nobody has set, in milliseconds. */
const PATIENCE = 10_000;

/** Constants that somebody in this process has read: they do not change. */
const read = globalState("constants", () => new Map<string, { readonly value: unknown }>());

/**
 * Sets constants that any task, on any worker, can read with {@link getConst}: all of them, or none.
 * A constant cannot be set again. What the program sets, the workers of its Executors can read as
 * well, those that it makes later included.
 *
 * @param constants names and values; a value travels by value, like an argument.
 * @returns when all are set. Tasks spawned before that find them as well, they only wait for them.
 * @throws {SerializationError} when a value cannot travel.
 * @throws {Error} when a name was set before.
 */
async function setConst(constants: Record<string, unknown>): Promise<void> {
  if (typeof constants !== "object" || constants === null || Array.isArray(constants)) {
    throw wrongArgument("shared.setConst() takes names with their values, as in { size: 4 }");
  }
  const encoded = Object.entries(constants).map(([name, value]) =>
    [name, encode(value, name)] as const
  );
  if (encoded.length === 0) return;
  await waitAsTurn<void>("shared.setConst()", (resolve, reject) => {
    setEverywhere(encoded).then(resolve, reject);
  });
}

/**
 * Sets constants in all runtimes of this process, or in none. Where there are Executors, their
 * workers may be first: so theirs come first, and nobody here reads what is not set after all.
 */
async function setEverywhere(constants: NamedPayloads): Promise<void> {
  const own = runtime();
  const isFirst = !own.info.isOrigin || owners().length === 0;
  if (isFirst) await own.setConstants(constants);
  if (!own.info.isOrigin) return;
  const names = constants.map(([name]) => name);
  const known = names.find(isRemembered);
  if (!isFirst && known !== undefined) throw new ConstantTaken(known);
  const others = owners();
  // Executors made from now on ask for it themselves.
  rememberConstants(constants);
  const outcomes = await Promise.allSettled(others.map((one) => one.setConstants(constants)));
  const refused = outcomes.find(isTaken)?.reason ??
    (isFirst ? undefined : await refusalOf(own.setConstants(constants)));
  if (refused === undefined) return;
  forgetConstants(names);
  for (const name of names) {
    read.delete(name);
    if (isFirst) own.dropConstant(name);
    others.forEach((one, i) => outcomes[i]!.status === "fulfilled" && one.dropConstant(name));
  }
  throw refused;
}

function refusalOf(set: Promise<void>): Promise<Error | undefined> {
  return set.then(() => undefined, (error) => error);
}

/** Whether a task of an Executor has set one already; one that has ended is no obstacle. */
function isTaken(outcome: PromiseSettledResult<void>): outcome is PromiseRejectedResult {
  return outcome.status === "rejected" && outcome.reason instanceof ConstantTaken;
}

/**
 * Reads a constant; waits for it if it has not been set yet.
 *
 * @param options `timeout`: milliseconds to wait for it at most; 10 seconds by default.
 * @returns the value, which is for reading: all tasks of a worker get the same one.
 * @throws {TimeoutError} when nobody sets it in time.
 */
async function getConst<T = unknown>(
  name: string,
  options: { timeout?: number } = {},
): Promise<T> {
  const timeout = checkTimeout(options.timeout ?? PATIENCE);
  const known = read.get(name);
  if (known !== undefined) return known.value as T;
  try {
    const waiting = waitAsTurn<Encoded>(
      `shared.getConst("${name}")`,
      (resolve, reject) => {
        constantOfAny(name).then(resolve, reject);
      },
      timeout,
    );
    // The workers of an Executor may set it.
    const payload = await keepFor(owners(), waiting);
    return valueOf(name, payload) as T;
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    throw new TimeoutError(`nobody has set the shared constant "${name}" within ${timeout} ms`);
  }
}

/** Decoded once: whoever else has waited for it finds it there. */
function valueOf(name: string, { body, frames }: Encoded): unknown {
  let known = read.get(name);
  if (known === undefined) {
    // The frames of the program's own go to Executors that it makes later.
    const own = runtime().info.isOrigin ? frames.map((frame) => frame.slice()) : frames;
    read.set(name, known = { value: decode(body, own) });
  }
  return known.value;
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
