/**
 * What workers have, of which this broker does not know any more, or not yet: its owner has still to
 * come, or the broker it was borrowed from, or neither will, or it is done.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import type { BundleHeader, ResultMessage } from "../wire/messages.ts";
import { joined } from "../wire/stretches.ts";
import type { IndexStretch } from "../wire/stretches.ts";
import { expect } from "./expect.ts";
import { overlap, overlaps } from "./records.ts";
import type { Member, Stretch } from "./records.ts";

/** How tasks had come from another broker that is away, in case that it comes back. */
export interface Borrowed {
  /** The connection to it. */
  readonly link: string;
  readonly header: BundleHeader;
  readonly payload: Encoded;
}

/** Tasks that a worker says it has. */
export interface Claim extends Stretch {
  readonly by: Member;
  readonly borrowed?: Borrowed | undefined;
  /** Milliseconds. */
  readonly until: number;
  /** Those of them that it is known to have begun. */
  readonly begun: readonly IndexStretch[];
}

/** Outcomes that nobody has asked for yet. */
export interface Unclaimed {
  readonly message: ResultMessage;
  readonly until: number;
}

/** See the module's text. */
export class Claims {
  #claims = new Map<string, Claim[]>();
  #results = new Map<string, Unclaimed[]>();

  /** Whether there is nothing. */
  get empty(): boolean {
    return this.#claims.size === 0 && this.#results.size === 0;
  }

  /** A worker has something. */
  add(claim: Claim): void {
    push(this.#claims, keyOf(claim), claim);
  }

  /** Outcomes have come. */
  keep(unclaimed: Unclaimed): void {
    push(this.#results, keyOf(unclaimed.message.result), unclaimed);
  }

  /** What somebody claims of some tasks. */
  of(by: Member, stretch: Stretch): Claim[] {
    return (this.#claims.get(keyOf(stretch)) ?? []).filter((one) =>
      one.by === by && overlaps(one, stretch)
    );
  }

  /** A worker has begun some of what it claims; false when it claims no such thing. */
  begun(by: Member, stretch: Stretch): boolean {
    const claims = this.#claims.get(keyOf(stretch)) ?? [];
    let known = false;
    claims.forEach((claim, at) => {
      if (claim.by !== by || !overlaps(claim, stretch)) return;
      const both = overlap(claim, stretch.base, stretch.count);
      claims[at] = { ...claim, begun: joined([...claim.begun, both]) };
      known = true;
    });
    return known;
  }

  /** Some of what somebody claims is done, or with somebody else. */
  remove(by: Member, stretch: Stretch): void {
    const key = keyOf(stretch);
    const claims = this.#claims.get(key);
    if (claims === undefined) return;
    const end = stretch.base + stretch.count;
    const rest = claims.flatMap((one) => {
      if (one.by !== by || !overlaps(one, stretch)) return [one];
      const last = one.base + one.count;
      const pieces = [
        { ...one, count: stretch.base - one.base },
        { ...one, base: end, count: last - end },
      ];
      return pieces.filter(({ count }) => count > 0);
    });
    if (rest.length > 0) this.#claims.set(key, rest);
    else this.#claims.delete(key);
  }

  /** Takes everything of one bundle: its owner has come. */
  take(of: Pick<Stretch, "owner" | "id">): { claims: Claim[]; results: Unclaimed[] } {
    const key = keyOf(of);
    const claims = this.#claims.get(key) ?? [];
    const results = this.#results.get(key) ?? [];
    this.#claims.delete(key);
    this.#results.delete(key);
    return { claims, results };
  }

  /** Takes what was borrowed over a connection. */
  takeBorrowed(link: string): Claim[] {
    const all: Claim[] = [];
    filter(this.#claims, (one) => one.borrowed?.link !== link || void all.push(one));
    return all;
  }

  /** Outcomes that nobody has asked for. */
  kept(): ResultMessage[] {
    return [...this.#results.values()].flat().map(({ message }) => message);
  }

  /** A worker is gone; what it had done is not. */
  forget(by: Member): void {
    filter(this.#claims, (one) => one.by !== by);
  }

  /** Takes what nobody has asked for in time. */
  expire(now: number): Claim[] {
    const over: Claim[] = [];
    filter(this.#claims, (one) => one.until > now || void over.push(one));
    filter(this.#results, ({ until }) => until > now);
    return over;
  }

  /**
   * @param members who may have something
   * @throws {Error} when an invariant is broken
   */
  check(members: ReadonlySet<Member>): void {
    for (const claims of this.#claims.values()) {
      expect(claims.length > 0, "an empty list of claims");
      for (const { by, count } of claims) {
        expect(members.has(by), `${by.name} claims something, and is not in the run`);
        expect(count > 0, "a claim to nothing");
      }
    }
  }
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

function filter<T>(lists: Map<string, T[]>, keeps: (item: T) => unknown): void {
  for (const [key, list] of lists) {
    const rest = list.filter(keeps);
    if (rest.length > 0) lists.set(key, rest);
    else lists.delete(key);
  }
}

function keyOf({ owner, id }: Pick<Stretch, "owner" | "id">): string {
  return `${id} ${owner}`;
}
