/**
 * Where packed bundles are found by their owner and number.
 *
 * @module
 */

import { expect } from "./expect.ts";
import type { Pack } from "./pack.ts";

/** What a pack has of an owner: numbers from `first` to `last`, not necessarily all of them. */
interface Range {
  readonly pack: Pack;
  first: number;
  last: number;
}

/** The packs that have something of each owner, by rising numbers. */
export class Packs {
  #ranges = new Map<string, Range[]>();

  /** Whether a bundle may be packed: of each owner those that are packed have rising numbers. */
  mayAdd(owner: string, id: number): boolean {
    const last = this.#ranges.get(owner)?.at(-1);
    return last === undefined || last.last < id;
  }

  /** A bundle has been added to a pack. */
  added(pack: Pack, owner: string, id: number): void {
    let ranges = this.#ranges.get(owner);
    if (ranges === undefined) this.#ranges.set(owner, ranges = []);
    const last = ranges.at(-1);
    if (last?.pack === pack) last.last = id;
    else ranges.push({ pack, first: id, last: id });
  }

  /** The pack that may have a bundle. */
  find(owner: string, id: number): Pack | undefined {
    const ranges = this.#ranges.get(owner);
    const range = ranges?.[placeOf(ranges, id)];
    return range !== undefined && range.first <= id ? range.pack : undefined;
  }

  /** A bundle has left its pack, of which it was the first. */
  left(owner: string, id: number): void {
    const ranges = this.#ranges.get(owner)!;
    const at = placeOf(ranges, id);
    const range = ranges[at]!;
    if (range.last > id) range.first = id + 1;
    else {
      ranges.splice(at, 1);
      if (ranges.length === 0) this.#ranges.delete(owner);
    }
  }

  /** The packs that have something of an owner; one may have several ranges of its numbers. */
  of(owner: string): Set<Pack> {
    return new Set((this.#ranges.get(owner) ?? []).map(({ pack }) => pack));
  }

  /** Every pack that is not empty. */
  all(): Set<Pack> {
    return new Set([...this.#ranges.values()].flat().map(({ pack }) => pack));
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    for (const pack of this.all()) {
      pack.check();
      for (const { common: { owner }, id } of pack) {
        expect(this.find(owner, id) === pack, `${id} of ${owner} is packed, and not found`);
      }
    }
    for (const ranges of this.#ranges.values()) {
      ranges.forEach(({ pack, first, last }, i) => {
        expect(pack.length > 0 && first <= last, "an empty pack is kept");
        expect(i === 0 || ranges[i - 1]!.last < first, "packs are out of order");
      });
    }
  }
}

/** The first range that ends at a number or after it; behind the last when there is none. */
function placeOf(ranges: readonly Range[], id: number): number {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]!.last < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
