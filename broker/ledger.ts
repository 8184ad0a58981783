/**
 * Who holds what: every bundle a broker has been given and has not seen the end of.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import type { BundleHeader, ResultHeader } from "../wire/messages.ts";
import { joinArray, splitArray } from "../wire/split.ts";

/** One bundle, or a part of one, until its outcomes are known. */
export interface Entry {
  readonly bundle: BundleHeader;
  readonly payload: Encoded;
  /** Tasks at the head of the payload that are done already. */
  readonly skip: number;
  /** The worker or broker that has it, or undefined while it is queued. */
  holder: string | undefined;
  /** The broker it was borrowed from; undefined for one of our own workers' bundles. */
  readonly via: string | undefined;
  /** How many other brokers it was lent to. */
  lent: number;
  /** True once it has left the ledger: queues skip it. */
  gone: boolean;
  /** Why its last holder was lost. */
  lostBecause: string;
  /** When the first of its tasks is known to have begun, in milliseconds; 0 when not known. */
  startedAt: number;
}

/** The payload of the tasks that are not done yet: whoever gets the entry next expects no others. */
export function unfinished({ payload, skip }: Entry): Encoded {
  if (skip === 0) return payload;
  return { body: joinArray(splitArray(payload.body).slice(skip)), frames: payload.frames };
}

/** Names a bundle or a part of one. */
export interface Place {
  readonly owner: string;
  readonly id: number;
  readonly base: number;
}

/** The parts of one bundle. Nearly always one, which then stands by itself: it saves 200 bytes. */
type Parts = Entry | Map<number, Entry>;

function partsIn(parts: Parts | undefined): Iterable<Entry> {
  if (parts === undefined) return [];
  return parts instanceof Map ? parts.values() : [parts];
}

/** See the module's text. */
export class Ledger {
  #byOwner = new Map<string, Map<number, Parts>>();
  #byHolder = new Map<string, Set<Entry>>();
  #size = 0;

  /** Number of entries. */
  get size(): number {
    return this.#size;
  }

  /**
   * Enters a bundle. A part that is there already (given back by its holder) is replaced.
   *
   * @param skip tasks at the head of the payload that are done already
   * @param via the broker it was borrowed from; as before, for a part that is there already
   */
  add(bundle: BundleHeader, payload: Encoded, skip = 0, via?: string): Entry {
    const known = this.find(bundle);
    if (known !== undefined) this.remove(known);
    via ??= known?.via;
    const entry: Entry = {
      bundle,
      payload,
      skip,
      holder: undefined,
      via,
      lent: 0,
      gone: false,
      lostBecause: "",
      startedAt: 0,
    };
    let bundles = this.#byOwner.get(bundle.owner);
    if (bundles === undefined) this.#byOwner.set(bundle.owner, bundles = new Map());
    const parts = bundles.get(bundle.id);
    if (parts === undefined) bundles.set(bundle.id, entry);
    else if (parts instanceof Map) parts.set(bundle.base, entry);
    else bundles.set(bundle.id, new Map([[parts.bundle.base, parts], [bundle.base, entry]]));
    this.#size++;
    return entry;
  }

  /** The part that a worker speaks of. */
  find(place: Place): Entry | undefined {
    const parts = this.#byOwner.get(place.owner)?.get(place.id);
    if (parts instanceof Map) return parts.get(place.base);
    return parts?.bundle.base === place.base ? parts : undefined;
  }

  /** All parts of one bundle. */
  partsOf(owner: string, id: number): Entry[] {
    return [...partsIn(this.#byOwner.get(owner)?.get(id))];
  }

  /** Notes that `worker` has the entry now. */
  hold(entry: Entry, worker: string): void {
    entry.holder = worker;
    let held = this.#byHolder.get(worker);
    if (held === undefined) this.#byHolder.set(worker, held = new Set());
    held.add(entry);
  }

  /** Forgets an entry. */
  remove(entry: Entry): void {
    if (entry.gone) return;
    entry.gone = true;
    this.#size--;
    const { owner, id, base } = entry.bundle;
    const bundles = this.#byOwner.get(owner)!;
    const parts = bundles.get(id)!;
    if (parts instanceof Map) parts.delete(base);
    if (!(parts instanceof Map) || parts.size === 0) bundles.delete(id);
    if (bundles.size === 0) this.#byOwner.delete(owner);
    if (entry.holder === undefined) return;
    const held = this.#byHolder.get(entry.holder)!;
    held.delete(entry);
    if (held.size === 0) this.#byHolder.delete(entry.holder);
  }

  /** What a worker has been given and not finished. */
  heldBy(worker: string): Entry[] {
    return [...this.#byHolder.get(worker) ?? []];
  }

  /** How many bundles a worker has been given and not finished. */
  countHeldBy(worker: string): number {
    return this.#byHolder.get(worker)?.size ?? 0;
  }

  /** What a worker has spawned. */
  ownedBy(worker: string): Entry[] {
    const bundles = this.#byOwner.get(worker);
    return bundles === undefined
      ? []
      : [...bundles.values()].flatMap((parts) => [...partsIn(parts)]);
  }

  /** What was borrowed from a broker. */
  borrowedFrom(via: string): Entry[] {
    const all = [...this.#byOwner.values()].flatMap((bundles) => [...bundles.values()]);
    return all.flatMap((parts) => [...partsIn(parts)]).filter((entry) => entry.via === via);
  }

  /**
   * Takes in outcomes. When they are those of a first stretch only, the rest stays with its holder.
   *
   * @returns what they belong to, or undefined when nobody waits for them any more.
   */
  settle(result: ResultHeader): Entry | undefined {
    const entry = this.find(result);
    if (entry === undefined || result.count > entry.bundle.count) return undefined;
    const { holder, bundle, payload, skip } = entry;
    const left = bundle.count - result.count;
    this.remove(entry);
    if (left > 0) {
      const base = bundle.base + result.count;
      const rest = this.add(
        { ...bundle, base, count: left },
        payload,
        skip + result.count,
        entry.via,
      );
      if (holder !== undefined) this.hold(rest, holder);
    }
    return entry;
  }
}
