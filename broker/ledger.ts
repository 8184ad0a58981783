/**
 * Who holds what: every bundle a broker has been given and has not seen the end of.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import type { BundleHeader } from "../wire/messages.ts";
import { expect } from "./expect.ts";
import { Commons } from "./intern.ts";
import { Shelf } from "./payloads.ts";
import { DONE, holderOf, overlaps, QUEUED } from "./records.ts";
import type { Bundle, Common, Member, Part, State, Stretch } from "./records.ts";

/** See the module's text. The only place that changes the state of a part. */
export class Ledger {
  #byOwner = new Map<string, Map<number, Bundle>>();
  #commons = new Commons();
  #shelf = new Shelf();
  #size = 0;

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
    let bundles = this.#byOwner.get(header.owner);
    const next = bundles?.get(id);
    if (next !== undefined && this.overlapping(header).length > 0) return undefined;
    const common = this.#commons.take(header);
    const { body, start, end, frames } = this.#shelf.place(payload);
    const bundle: Bundle = {
      ...{ common, id, base, count, priority, estimate, parent, body, start, end, frames, via },
      ...{ unwanted: undefined, graceMs: undefined },
      parts: undefined,
      next,
    };
    const part: Part = {
      ...{ bundle, base, count, attempt, lent: 0, spared: 0, state: QUEUED },
      next: undefined,
    };
    bundle.parts = part;
    if (bundles === undefined) this.#byOwner.set(common.owner, bundles = new Map());
    bundles.set(id, bundle);
    this.#size++;
    return part;
  }

  /** A bundle of an owner's number, if there is one; others of that number have come the same way. */
  first(owner: string, id: number): Bundle | undefined {
    return this.#byOwner.get(owner)?.get(id);
  }

  /** The part that has a task. */
  find(owner: string, id: number, index: number): Part | undefined {
    return this.overlapping({ owner, id, base: index, count: 1 })[0];
  }

  /** The parts that have some of the tasks of a stretch. */
  overlapping(stretch: Stretch): Part[] {
    const { owner, id } = stretch;
    const found: Part[] = [];
    for (let bundle = this.#byOwner.get(owner)?.get(id); bundle; bundle = bundle.next) {
      for (let part = bundle.parts; part; part = part.next) {
        if (overlaps(part, stretch)) found.push(part);
      }
    }
    return found;
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
    if (holder.begun.length === 0) return;
    const { bundle, base, count } = part;
    holder.begun = holder.begun.filter((one) =>
      one.bundle !== bundle || one.index < base || one.index >= base + count
    );
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
    const { common, id } = bundle;
    this.#commons.release(common);
    const bundles = this.#byOwner.get(common.owner)!;
    const first = bundles.get(id)!;
    if (first !== bundle) {
      let before = first;
      while (before.next !== bundle) before = before.next!;
      before.next = bundle.next;
    } else if (bundle.next !== undefined) bundles.set(id, bundle.next);
    else bundles.delete(id);
    if (bundles.size === 0) this.#byOwner.delete(common.owner);
  }

  /** What a worker has spawned. */
  ownedBy(worker: string): Part[] {
    return partsIn(this.#byOwner.get(worker)?.values() ?? []);
  }

  /** What was borrowed over a connection. */
  borrowedOver(via: string): Part[] {
    return this.all().filter(({ bundle }) => bundle.via === via);
  }

  /** Every part. */
  all(): Part[] {
    return [...this.#byOwner.values()].flatMap((bundles) => partsIn(bundles.values()));
  }

  /**
   * @param members who may have something
   * @throws {Error} when an invariant is broken
   */
  check(members: ReadonlySet<Member>): void {
    const parts = this.all();
    expect(parts.length === this.#size, `${parts.length} parts, ${this.#size} counted`);
    const uses = new Map<Common, number>();
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
