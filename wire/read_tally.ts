/**
 * Reads what a worker tells: it comes from a socket, so it may be anything.
 *
 * @module
 */

import { LIMITS } from "./limits.ts";
import type { Block, FunctionTally, Tally } from "./tally.ts";

type Kind = "maybe" | "text" | "number" | "flag" | "numbers" | "functions" | "blocks";

const FUNCTION: Record<keyof FunctionTally, Kind> = {
  label: "text",
  spawned: "number",
  done: "number",
  failed: "number",
  retried: "number",
  dropped: "number",
  ran: "number",
  threw: "number",
  ms: "number",
  maxMs: "number",
  run: "numbers",
  wait: "numbers",
  bytesIn: "number",
  bytesOut: "number",
};

const BLOCK: Record<keyof Block, Kind> = {
  waitMs: "maybe",
  id: "number",
  label: "text",
  parent: "text",
  from: "number",
  to: "number",
  ms: "number",
  tasks: "number",
  failed: "number",
  waited: "flag",
  inputs: "text",
};

const TALLY: Record<keyof Tally, Kind> = {
  number: "number",
  at: "number",
  spanMs: "number",
  busyMs: "number",
  cpuMs: "number",
  rss: "number",
  lagMs: "number",
  running: "number",
  queued: "number",
  functions: "functions",
  blocks: "blocks",
};

/** Characters of a name, or of what names a block, that are believed. */
const MOST_TEXT = 1000;
/** Numbers in a list. */
const MOST_NUMBERS = 1000;

const CHECKS: Record<Kind, (value: unknown) => boolean> = {
  text: (value) => typeof value === "string" && value.length <= MOST_TEXT,
  number: isNumber,
  maybe: (value) => value === undefined || isNumber(value),
  flag: (value) => typeof value === "boolean",
  numbers: (value) => Array.isArray(value) && value.length <= MOST_NUMBERS && value.every(isNumber),
  functions: (value) =>
    Array.isArray(value) && value.length <= LIMITS.shownFunctions + 1 &&
    value.every((one) => wrongIn(one, FUNCTION) === undefined),
  blocks: (value) =>
    Array.isArray(value) && value.length <= LIMITS.mostBlocks &&
    value.every((one) => wrongIn(one, BLOCK) === undefined),
};

/** Sums and times: never below 0, and small enough that sums of them stay exact. */
function isNumber(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

/** The first field that is not what it should be. */
function wrongIn(value: unknown, fields: Readonly<Record<string, Kind>>): string | undefined {
  if (typeof value !== "object" || value === null) return "everything";
  const record = value as Readonly<Record<string, unknown>>;
  return Object.keys(fields).find((name) => !CHECKS[fields[name]!](record[name]));
}

/**
 * A tally, as it came.
 *
 * @throws {Error} when it is none; the message names what is wrong
 */
export function readTally(value: unknown): Tally {
  const wrong = wrongIn(value, TALLY);
  if (wrong !== undefined) throw new Error(`its ${wrong} cannot be right`);
  return value as Tally;
}
