/**
 * Who holds what: every bundle a broker has been given and has not seen the end of.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import type { BundleHeader } from "../wire/messages.ts";
import { expect } from "./expect.ts";
import { Commons } from "./intern.ts";
import { isPackable, Pack } from "./pack.ts";
import type { Packed } from "./pack.ts";
import { Packs } from "./packs.ts";
import { NO_FRAMES, Shelf } from "./payloads.ts";
import { DONE, holderOf, overlaps, QUEUED } from "./records.ts";
import type { Bundle, Common, Member, Part, State, Stretch } from "./records.ts";

/** See the module's text. The only place that changes the state of a part. */
export class Ledger {
  #byOwner = new Map<string, Map<number, Bundle>>();
  #packs = new Packs();
  #commons = new Commons();
  #shelf = new Shelf();
  #size = 0;
  /** Bundles of other brokers. */
  #borrowed = 0;

  /** Number of parts that are not done. */
  get size(): number {
    return this.#size;
  }

  /**
   * Enters a bundle, as one part that is to be queued.
   *
   * @param via the connection to the broker it was borrowed from
   * @returns undefined when some of its tasks are known already
   */
  enter(header: BundleHeader, payload: Encoded, via?: string): Part | undefined {
    const { id, base, count, priority, estimate, parent, attempt } = header;
    const next = this.first(header.owner, id);
    if (next !== undefined && this.overlapping(header).length > 0) return undefined;
    const common = this.#commons.take(header);
    const { body, start, end, frames } = this.#shelf.place(payload);
    this.#size++;
    if (via !== undefined) this.#borrowed++;
    const bundle = newBundle(
      { common, id, priority, estimate, parent, body, start, end, via },
      { base, count, frames, next },
    );
    return this.#note(bundle, attempt);
  }

  /** Makes a bundle one part, and finds it by its number from now on. */
  #note(bundle: Bundle, attempt: number): Part {
    const { common: { owner }, id, base, count } = bundle;
    const part: Part = {
      bundle,
      base,
      count,
      attempt,
      lent: 0,
      spared: 0,
      state: QUEUED,
      next: undefined,
    };
    bundle.parts = part;
    let bundles = this.#byOwner.get(owner);
    if (bundles === undefined) this.#byOwner.set(owner, bundles = new Map());
    bundles.set(id, bundle);
    return part;
  }

  /** A bundle of an owner's number, if there is one; others of that number have come the same way. */
  first(owner: string, id: number): Bundle | undefined {
    const pack = this.#packs.find(owner, id);
    if (pack !== undefined) this.#unpack(pack);
    return this.#byOwner.get(owner)?.get(id);
  }

  /**
   * Keeps a part that waits as bytes, if that is possible; then it is a part no longer.
   *
   * @param last the pack that it stands behind in its queue, if it does
   * @returns the pack that it is in now
   */
  pack(part: Part, last: Pack | undefined): Pack | undefined {
    const { bundle } = part;
    const { common: { owner }, id } = bundle;
    if (!isPackable(part) || !this.#packs.mayAdd(owner, id)) return undefined;
    const pack = last?.takes(bundle) ? last : new Pack(bundle);
    pack.add(bundle);
    this.#packs.added(pack, owner, id);
    this.#drop(bundle);
    return pack;
  }

  /** The first part of a pack, taken out; undefined when there is none. */
  shift(pack: Pack): Part | undefined {
    const packed = pack.shift();
    if (packed === undefined) return undefined;
    this.#packs.left(packed.common.owner, packed.id);
    const bundle = newBundle(packed, { base: 0, count: 1, frames: NO_FRAMES, next: undefined });
    return this.#note(bundle, 0);
  }

  /** Makes all that is in a pack parts again; they keep their place, which is the pack's. */
  #unpack(pack: Pack): void {
    const parts = pack.parts ??= [];
    for (let part = this.shift(pack); part; part = this.shift(pack)) parts.push(part);
  }

  /** The part that has a task. */
  find(owner: string, id: number, index: number): Part | undefined {
    return this.overlapping({ owner, id, base: index, count: 1 })[0];
  }

  /** The parts that have some of the tasks of a stretch. */
  overlapping(stretch: Stretch): Part[] {
    const { owner, id } = stretch;
    const found: Part[] = [];
    for (let bundle = this.first(owner, id); bundle; bundle = bundle.next) {
      for (let part = bundle.parts; part; part = part.next) {
        if (overlaps(part, stretch)) found.push(part);
      }
    }
    return found;
  }

  /** The part that has just these tasks, if they are all of their bundle that is known: mostly so. */
  whole({ owner, id, base, count }: Stretch): Part | undefined {
    const bundle = this.first(owner, id);
    const part = bundle?.parts;
    if (part === undefined || part.next !== undefined || bundle!.next !== undefined) {
      return undefined;
    }
    return part.base === base && part.count === count ? part : undefined;
  }

  /** All parts of one bundle, in whatever messages they came. */
  partsOf(owner: string, id: number): Part[] {
    return this.overlapping({ owner, id, base: 0, count: Infinity });
  }

  /**
   * Makes a part of the tasks `base` to `base + count - 1` of a part. The pieces beside it are in
   * the same state.
   *
   * @returns the part of just these tasks; the one that was cut keeps the first of the pieces
   */
  cut(part: Part, base: number, count: number): Part {
    const piece = base > part.base ? this.#split(part, base) : part;
    if (base + count < piece.base + piece.count) this.#split(piece, base + count);
    return piece;
  }

  /** Cuts a part into its single tasks. */
  singles(part: Part): Part[] {
    const parts = [part];
    let rest = part;
    while (rest.count > 1) parts.push(rest = this.#split(rest, rest.base + 1));
    return parts;
  }

  /** Cuts a part in two, the second of which begins at a task, and returns that. */
  #split(part: Part, at: number): Part {
    const { bundle, attempt, lent, spared, state, next } = part;
    const count = part.base + part.count - at;
    const rest: Part = { bundle, base: at, count, attempt, lent, spared, state, next };
    part.count -= count;
    part.next = rest;
    this.#size++;
    holderOf(rest)?.held.add(rest);
    return rest;
  }

  /** Notes where a part is now. */
  move(part: Part, state: State): void {
    this.#leave(part);
    part.state = state;
    const holder = holderOf(part);
    if (holder === undefined) return;
    holder.held.add(part);
    if (state.kind === "trial") holder.trial = part;
  }

  /** A part leaves its holder, which then is not in one of its tasks any more. */
  #leave(part: Part): void {
    const holder = holderOf(part);
    if (holder === undefined) return;
    holder.held.delete(part);
    if (holder.trial === part) holder.trial = undefined;
    holder.begun.remove(part.bundle, part.base, part.count);
  }

  /** Forgets a part. */
  remove(part: Part): void {
    if (part.state.kind === "done") return;
    this.move(part, DONE);
    this.#size--;
    const { bundle } = part;
    if (bundle.parts === part) bundle.parts = part.next;
    else {
      let before = bundle.parts!;
      while (before.next !== part) before = before.next!;
      before.next = part.next;
    }
    if (bundle.parts === undefined) this.#forget(bundle);
  }

  #forget(bundle: Bundle): void {
    this.#commons.release(bundle.common);
    if (bundle.via !== undefined) this.#borrowed--;
    this.#drop(bundle);
  }

  /** Finds a bundle no longer. */
  #drop(bundle: Bundle): void {
    const { common: { owner }, id } = bundle;
    const bundles = this.#byOwner.get(owner)!;
    const first = bundles.get(id)!;
    if (first !== bundle) {
      let before = first;
      while (before.next !== bundle) before = before.next!;
      before.next = bundle.next;
    } else if (bundle.next !== undefined) bundles.set(id, bundle.next);
    else bundles.delete(id);
    if (bundles.size === 0) this.#byOwner.delete(owner);
  }

  /** What a worker has spawned. */
  ownedBy(worker: string): Part[] {
    for (const pack of this.#packs.of(worker)) this.#unpack(pack);
    return partsIn(this.#byOwner.get(worker)?.values() ?? []);
  }

  /** What was borrowed; over one connection, if that is named. Nothing is looked for in vain. */
  borrowed(over?: string): Part[] {
    if (this.#borrowed === 0) return [];
    for (const pack of this.#packs.all()) if (pack.via !== undefined) this.#unpack(pack);
    return this.loose().filter(({ bundle: { via } }) =>
      via !== undefined && (over === undefined || via === over)
    );
  }

  /** Every part. */
  all(): Part[] {
    for (const pack of this.#packs.all()) this.#unpack(pack);
    return this.loose();
  }

  /** Every part but those that are packed, to which nothing has happened. */
  loose(): Part[] {
    return [...this.#byOwner.values()].flatMap((bundles) => partsIn(bundles.values()));
  }

  /** Every pack that has something. */
  packs(): Iterable<Pack> {
    return this.#packs.all();
  }

  /**
   * @param members who may have something
   * @throws {Error} when an invariant is broken
   */
  check(members: ReadonlySet<Member>): void {
    const parts = this.loose();
    const uses = new Map<Common, number>();
    const packed = this.#checkPacks(uses);
    const borrowed = new Set(parts.map(({ bundle }) => bundle).filter(({ via }) => via)).size +
      [...this.packs()].reduce((sum, { via, length }) => via === undefined ? sum : sum + length, 0);
    expect(borrowed === this.#borrowed, `${borrowed} bundles are borrowed, not as counted`);
    expect(parts.length + packed === this.#size, `${parts.length} parts, ${this.#size} counted`);
    for (const bundle of new Set(parts.map(({ bundle }) => bundle))) {
      uses.set(bundle.common, (uses.get(bundle.common) ?? 0) + 1);
    }
    this.#commons.check(uses);
    let held = 0;
    for (const part of parts) {
      checkPart(part);
      const { owner, id, base, count } = { ...part, ...part.bundle.common, id: part.bundle.id };
      expect(this.overlapping({ owner, id, base, count }).length === 1, "a task is in two parts");
      const holder = holderOf(part);
      if (holder === undefined) continue;
      held++;
      expect(members.has(holder), `${holder.name} has a part, and is not in the run`);
      expect(holder.held.has(part), `${holder.name} does not know of a part it has`);
    }
    let known = 0;
    for (const { held } of members) known += held.size;
    expect(known === held, `members have ${known} parts, the ledger says ${held}`);
  }

  /** @returns how many are packed */
  #checkPacks(uses: Map<Common, number>): number {
    this.#packs.check();
    let packed = 0;
    for (const pack of this.packs()) {
      packed += pack.length;
      for (const { common, id } of pack) {
        expect(!this.#byOwner.get(common.owner)?.has(id), "a bundle is packed, and is not");
        uses.set(common, (uses.get(common) ?? 0) + 1);
      }
    }
    return packed;
  }
}

/** A bundle to which nothing has happened yet; each field by itself, as in {@link headerOf}. */
function newBundle(
  { common, id, priority, estimate, parent, body, start, end, via }: Packed,
  { base, count, frames, next }: Pick<Bundle, "base" | "count" | "frames" | "next">,
): Bundle {
  return {
    common,
    id,
    base,
    count,
    priority,
    estimate,
    parent,
    body,
    start,
    end,
    frames,
    via,
    unwanted: undefined,
    graces: undefined,
    parts: undefined,
    next,
  };
}

function partsIn(bundles: Iterable<Bundle>): Part[] {
  const parts: Part[] = [];
  for (const first of bundles) {
    for (let bundle: Bundle | undefined = first; bundle; bundle = bundle.next) {
      for (let part = bundle.parts; part; part = part.next) parts.push(part);
    }
  }
  return parts;
}

function checkPart({ bundle, base, count, state, next }: Part): void {
  expect(state.kind !== "done", "a part that is done is in the ledger");
  expect(count > 0, "a part has no task");
  const end = base + count;
  expect(base >= bundle.base && end <= bundle.base + bundle.count, "a part leaves its bundle");
  expect(next === undefined || next.base >= end, "parts are out of order");
  const single = state.kind === "waiting" || state.kind === "trial";
  expect(!single || count === 1, `a part of ${count} tasks is ${state.kind}`);
}
