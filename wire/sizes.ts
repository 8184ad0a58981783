/**
 * Sizes of memory, as people write and read them.
 *
 * @module
 */

const UNITS = "KMGT";

/**
 * Reads a size such as `512M`, `2G` or `1.5GiB`; the units are powers of 1024, whichever way they are
 * written.
 *
 * @returns whole bytes; undefined when it is no size, has no unit, or is 0
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readSize } from "./sizes.ts";
 * assert.equal(readSize("512M"), 512 * 1024 ** 2);
 * assert.equal(readSize("1.5GiB"), 1.5 * 1024 ** 3);
 * assert.equal(readSize("many"), undefined);
 * ```
 */
export function readSize(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s?([KMGT])(?:i?B)?$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  const bytes = Math.round(Number(number) * 1024 ** (UNITS.indexOf(unit!.toUpperCase()) + 1));
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A size for people: "1.3 GiB", "512 MiB". */
export function sizeText(bytes: number): string {
  let power = 0;
  let rest = bytes;
  // 1023.7 would be shown as 1024.
  while (rest >= 1023.5 && power < UNITS.length) {
    rest /= 1024;
    power++;
  }
  if (power === 0) return `${bytes} bytes`;
  const shown = rest < 10 ? rest.toFixed(1).replace(/\.0$/, "") : rest.toFixed(0);
  return `${shown} ${UNITS[power - 1]}iB`;
}
