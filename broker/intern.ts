/**
 * Keeps one copy of what bundles of a function repeat. A million queued bundles would otherwise
 * hold a million copies of the function's address, its name and its options.
 *
 * @module
 */

import type { BundleHeader } from "../wire/messages.ts";
import type { Common } from "./records.ts";

const NOTHING: string[] = [];

/** What the bundles that are known have in common; forgotten with the last of them. */
export class Commons {
  #known = new Map<string, Common>();
  /** The one that was taken last. */
  #last: Common | undefined;

  /** Number of different ones. */
  get size(): number {
    return this.#known.size;
  }

  /** The one copy of what a header has in common with others. */
  take(header: BundleHeader): Common {
    const last = this.#last;
    if (last !== undefined && isLike(last, header)) {
      last.uses++;
      return last;
    }
    const key = keyOf(header);
    let common = this.#known.get(key);
    if (common === undefined) {
      const { owner, fn, label, retries, timeout, needs } = header;
      common = {
        ...{ owner, fn, label, retries, timeout, key, uses: 0 },
        needs: needs.length === 0 ? NOTHING : needs,
      };
      this.#known.set(key, common);
    }
    common.uses++;
    this.#last = common;
    return common;
  }

  /** One bundle refers to it no longer. */
  release(common: Common): void {
    if (--common.uses === 0) this.#known.delete(common.key);
  }

  /** @throws {Error} when an invariant is broken */
  check(uses: ReadonlyMap<Common, number>): void {
    if (uses.size !== this.#known.size) throw new Error("commons are kept that nobody uses");
    for (const [common, count] of uses) {
      if (common.uses !== count) throw new Error(`a common is used ${count} times, not as counted`);
    }
  }
}

/** Whether a header has in common what is kept; false also where it would take long to tell. */
function isLike({ fn, owner, label, retries, timeout, needs, uses }: Common, header: BundleHeader) {
  // Headers of one call share the function's address (see wire/recurring.ts).
  return fn === header.fn && uses > 0 && owner === header.owner && label === header.label &&
    retries === header.retries && timeout === header.timeout &&
    needs === NOTHING && header.needs.length === 0;
}

/** Different for any two headers that have less in common. */
function keyOf({ owner, fn, label, retries, timeout, needs }: BundleHeader): string {
  let key = `${retries} ${timeout} ${needs.length} ${marked(owner)}${marked(label)}`;
  for (const name in fn) key += marked(name) + marked(fn[name]!);
  for (const name of needs) key += marked(name);
  return key;
}

/** A text whose end cannot be mistaken, whatever is in it. */
function marked(text: string): string {
  return `${text.length}:${text}`;
}
