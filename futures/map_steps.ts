/**
 * The sizes of a `map`'s inputs and results, and which of its inputs can travel.
 *
 * @module
 */

import { Failed } from "./map_results.ts";
import { encodeCalls, isPrimitive } from "../wire/codec.ts";

/** Bytes of arguments in one bundle, about. */
export const MOST_BYTES = 1 << 20;
/** Steps that are read from an async input before a bundle is made of them, at most. */
export const STEPS_AHEAD = 1024;

/** Bytes of a call's arguments, about. */
export function sizeOfStep(step: readonly unknown[]): number {
  let bytes = 0;
  for (const value of step) {
    if (!isPrimitive(value)) bytes += roughSize(value);
    else bytes += typeof value === "string" ? value.length : 9;
  }
  return bytes;
}

/** Whether these arguments can be sent. */
export function canTravel(step: readonly unknown[]): boolean {
  try {
    encodeCalls([step]);
    return true;
  } catch {
    return false;
  }
}

/**
 * Bytes of a result, about.
 *
 * @param settled whether results tell of failures
 */
export function sizeOfResult(slot: unknown, settled: boolean): number {
  if (slot instanceof Failed) return 0;
  const value = settled ? (slot as { value?: unknown }).value : slot;
  if (typeof value === "string") return value.length;
  return isPrimitive(value) ? 0 : roughSize(value);
}

/** Bytes that a value takes, about; it is not looked through. */
function roughSize(value: unknown): number {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
  if (Array.isArray(value)) return 9 * value.length;
  return 64;
}
