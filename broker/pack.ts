/**
 * Bundles that wait far behind in a queue, kept as bytes. A million of one task each took 700 MB as
 * objects; what tells one from the next is its number and the few bytes of its payload.
 *
 * @module
 */

import { expect } from "./expect.ts";
import { LARGEST_ON_SHELF, SHELF_BYTES } from "./payloads.ts";
import type { Bundle, Common, Part } from "./records.ts";

/** Bundles in one pack: few enough that it is cheap to unpack. */
const MOST = 1024;
/** A payload's place on a shelf is one small number: where it begins, and how long it is. */
const LENGTHS = LARGEST_ON_SHELF + 1;

/** What all bundles of a pack have in common: their queue, and the shelf of their payloads. */
type Shared = Pick<Bundle, "priority" | "via" | "body">;

/** What tells a bundle of a pack from the others. */
export type Packed = Pick<
  Bundle,
  "common" | "id" | "estimate" | "parent" | "start" | "end" | keyof Shared
>;

/** A list of what is mostly the same all over. */
class Column<T> {
  #first: T | undefined;
  /** Undefined as long as all are as the first. */
  #all: T[] | undefined;

  /** @param at the place of the item, which is one behind the last */
  push(item: T, at: number): void {
    if (at === 0) this.#first = item;
    else if (this.#all === undefined && item !== this.#first) {
      this.#all = new Array<T>(at).fill(this.#first!);
    }
    this.#all?.push(item);
  }

  at(at: number): T {
    return this.#all === undefined ? this.#first! : this.#all[at]!;
  }
}

/** Bundles of one task each, one behind the other in a queue, to which nothing has happened yet. */
export class Pack {
  readonly #shared: Shared;
  readonly #ids: number[] = [];
  readonly #places: number[] = [];
  readonly #commons = new Column<Common>();
  readonly #estimates = new Column<number>();
  readonly #parents = new Column<string>();
  /** The first that is still here. */
  #head = 0;
  /** What they have become, since somebody wanted to see one of them. */
  parts: Part[] | undefined;

  constructor({ priority, via, body }: Bundle) {
    this.#shared = { priority, via, body };
  }

  /** Number of bundles that are packed here. */
  get length(): number {
    return this.#ids.length - this.#head;
  }

  /** Whether it may be forgotten. */
  get isEmpty(): boolean {
    return this.length === 0 && (this.parts === undefined || this.parts.length === 0);
  }

  /** The connection all of them were borrowed over; undefined for those of own workers. */
  get via(): Bundle["via"] {
    return this.#shared.via;
  }

  /** Whether a bundle that can be packed may follow what is here. */
  takes({ priority, via, body }: Bundle): boolean {
    const shared = this.#shared;
    return this.parts === undefined && this.#ids.length < MOST && body === shared.body &&
      priority === shared.priority && via === shared.via;
  }

  /** Adds a bundle that it takes. */
  add({ common, id, estimate, parent, start, end }: Bundle): void {
    const at = this.#ids.push(id) - 1;
    this.#places.push(start * LENGTHS + end - start);
    this.#commons.push(common, at);
    this.#estimates.push(estimate, at);
    this.#parents.push(parent, at);
  }

  /** Takes out the first; undefined when none is left. */
  shift(): Packed | undefined {
    const at = this.#head;
    if (at === this.#ids.length) return undefined;
    this.#head++;
    const start = Math.floor(this.#places[at]! / LENGTHS);
    const end = start + this.#places[at]! % LENGTHS;
    const { priority, via, body } = this.#shared;
    const common = this.#commons.at(at);
    const id = this.#ids[at]!;
    const estimate = this.#estimates.at(at);
    const parent = this.#parents.at(at);
    return { priority, via, body, common, id, estimate, parent, start, end };
  }

  /** What is packed here: whose it is, and its number. */
  *[Symbol.iterator](): Iterator<{ readonly common: Common; readonly id: number }> {
    for (let at = this.#head; at < this.#ids.length; at++) {
      yield { common: this.#commons.at(at), id: this.#ids[at]! };
    }
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    expect(this.#head <= this.#ids.length && this.#ids.length <= MOST, "a pack has lost count");
    expect(this.parts === undefined || this.length === 0, "a pack was unpacked in part");
  }
}

/** Whether a part is a bundle that a pack could keep: it waits, and nothing has happened to it. */
export function isPackable({ bundle, attempt, lent, spared, state }: Part): boolean {
  return bundle.count === 1 && bundle.base === 0 && bundle.frames.length === 0 &&
    bundle.body.length === SHELF_BYTES && bundle.end - bundle.start <= LARGEST_ON_SHELF &&
    bundle.unwanted === undefined && bundle.next === undefined &&
    attempt === 0 && lent === 0 && spared === 0 && state.kind === "queued";
}
