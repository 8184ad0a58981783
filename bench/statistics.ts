/**
 * The little statistics that a table of medians needs.
 *
 * @module
 */

/**
 * The value below which a share of `values` lies, from 0 to 1; between two values where it falls
 * between them. NaN for an empty list.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { quantile } from "./statistics.ts";
 * assert(quantile([30, 10, 20], 0.5) === 20);
 * ```
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place - Math.floor(place));
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The list begun at another element, so that everybody is first in turn. */
export function rotated<T>(list: readonly T[], by: number): T[] {
  return list.map((_, i) => list[(i + by) % list.length]!);
}
