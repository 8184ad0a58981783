/**
 * The tasks a process has spawned and nobody has begun.
 *
 * Tasks of one turn stay in the order they were spawned; among turns the deepest goes first. So a
 * recursion is walked depth first, which keeps the number of suspended turns small, while siblings
 * come in the order a reader of the program expects. What is given to other workers is the oldest:
 * it stands nearest the root and brings the most work with it. The rest of a bundle that this
 * process has begun leaves last: what stands behind it can leave in bundles of the right size.
 *
 * @module
 */

import { Deque } from "../wire/deque.ts";
import { Levels } from "../wire/levels.ts";
import type { LocalWork, Source } from "./work.ts";
import type { Turn } from "./turn.ts";

/** The unbegun spawns of one turn at one priority. */
class Group {
  readonly items = new Deque<Source>();
  /** The rests of begun bundles, the last begun at the end. */
  readonly rests: Source[] = [];
  /** True while the group stands in a queue. */
  queued = false;

  /** @param turn its number */
  constructor(readonly priority: number, readonly turn: number) {}

  /** Whether tasks wait in it. */
  get waits(): boolean {
    return this.items.length > 0 || this.rests.length > 0;
  }
}

/** How many tasks to take from a source. */
export type SizeOf = (source: Source) => number;

/** Below this many emptied places a list is not worth compacting. */
const COMPACT_AFTER = 1024;

/** Groups of one priority, oldest turn first. */
class Level {
  #groups: Group[] = [];
  #first = 0;

  /** Adds a group in its turn's place, wherever it stood before. */
  add(group: Group): void {
    group.queued = true;
    const place = this.#placeOf(group.turn);
    if (place === this.#groups.length) this.#groups.push(group);
    else this.#groups.splice(place, 0, group);
  }

  /** The group of a turn, if it stands here. */
  find(turn: number): Group | undefined {
    const group = this.#groups[this.#placeOf(turn)];
    return group?.turn === turn ? group : undefined;
  }

  /** Where the group of a turn stands, or would. */
  #placeOf(turn: number): number {
    let [from, to] = [this.#first, this.#groups.length];
    // Nearly always it is a new turn that spawns.
    if (to === from || this.#groups[to - 1]!.turn < turn) return to;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#groups[middle]!.turn < turn) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** The newest turn's group that is not empty. */
  newest(): Group | undefined {
    while (this.#groups.length > this.#first) {
      const group = this.#groups[this.#groups.length - 1]!;
      if (group.waits) return group;
      group.queued = false;
      this.#groups.pop();
    }
    return this.#reset();
  }

  /** The oldest turn's group that is not empty. */
  oldest(): Group | undefined {
    while (this.#groups.length > this.#first) {
      const group = this.#groups[this.#first]!;
      if (group.waits) return group;
      group.queued = false;
      // Whoever waits for nothing else would keep the whole turn alive through this slot.
      this.#groups[this.#first++] = EMPTY;
      if (this.#first > COMPACT_AFTER && this.#first * 2 > this.#groups.length) {
        this.#groups.splice(0, this.#first);
        this.#first = 0;
      }
    }
    return this.#reset();
  }

  /** Number of groups, those that turned out empty but still stand here included. */
  get count(): number {
    return this.#groups.length - this.#first;
  }

  #reset(): undefined {
    this.#groups.length = 0;
    this.#first = 0;
    return undefined;
  }
}

const EMPTY = new Group(0, 0);

/** Where tasks are taken from: the end whose tasks are executed here, or the one that gives away. */
type End = "newest" | "oldest";

/** See the module's text. */
export class LocalQueue {
  /** Those that may have something. */
  #levels = new Levels<Level>();

  /** Adds what `turn` spawned. */
  push(source: Source, turn: Turn): void {
    this.#group(source, turn).items.push(source);
  }

  /** Puts back what was taken: before the other tasks of its turn. */
  putBack(source: Source, turn: Turn): void {
    this.#group(source, turn).items.unshift(source);
  }

  /** Puts the rest of a begun bundle where it is executed next, and given away last. */
  putRest(source: Source, turn: Turn): void {
    this.#group(source, turn).rests.push(source);
  }

  /** Takes tasks of the newest turn; undefined when nothing is to be had now. */
  takeNewest(sizeOf: SizeOf): LocalWork | undefined {
    return this.#take("newest", sizeOf);
  }

  /** Takes tasks of the oldest turn, to be given away. */
  takeOldest(sizeOf: SizeOf): LocalWork | undefined {
    return this.#take("oldest", sizeOf);
  }

  #take(end: End, sizeOf: SizeOf): LocalWork | undefined {
    // What a source spawned while it was read may stand anywhere by now.
    for (let level = this.#first(); level !== undefined; level = this.#first()) {
      const work = takeFrom(level, end, sizeOf);
      if (work !== undefined) return work;
    }
    return undefined;
  }

  /** Takes everything out as it stands: no source is read for it. */
  clear(): Source[] {
    const all: Source[] = [];
    for (let level = this.#first(); level !== undefined; level = this.#first()) {
      for (let group = level.oldest(); group !== undefined; group = level.oldest()) {
        for (const source of group.rests.reverse()) all.push(source);
        group.rests.length = 0;
        while (group.items.length > 0) all.push(group.items.shift()!);
      }
    }
    return all;
  }

  /** What {@link takeOldest} would take from next, and about how many tasks that turn has queued. */
  oldest(): { source: Source; tasks: number } | undefined {
    const group = this.#first()?.oldest();
    if (group === undefined) return undefined;
    const { items, rests } = group;
    const source = headOf(group, "oldest");
    let tasks = source.remaining + Math.max(0, items.length - 1);
    for (const rest of rests) if (rest !== source) tasks += rest.remaining;
    return { source, tasks };
  }

  /** The level of the highest priority that is not empty. */
  #first(): Level | undefined {
    for (let level = this.#levels.highest(); level !== undefined; level = this.#levels.highest()) {
      if (level.oldest() !== undefined) return level;
      this.#levels.dropHighest();
    }
    return undefined;
  }

  /** True when nothing is queued. */
  get empty(): boolean {
    return this.#first() === undefined;
  }

  /** True when all that is queued was spawned by one turn. */
  get oneGroup(): boolean {
    let groups = 0;
    for (const level of this.#levels) {
      groups += level.count;
      if (groups > 1) return false;
    }
    return true;
  }

  #group(source: Source, turn: Turn): Group {
    const { priority } = source;
    let group = groupOf(turn);
    if (group === undefined || group.priority !== priority) {
      group = this.#level(priority).find(turn.number) ??
        new Group(priority, turn.number);
      turn.group = group;
    }
    if (!group.queued) this.#level(priority).add(group);
    return group;
  }

  /** The level of a priority, made if there is none. */
  #level(priority: number): Level {
    return this.#levels.at(priority, () => new Level());
  }
}

/** What a turn has queued; this module alone gives turns their groups. */
function groupOf(turn: Turn): Group | undefined {
  return turn.group as Group | undefined;
}

/** What is to be taken next from a group that is not empty. */
function headOf({ items, rests }: Group, end: End): Source {
  const last = rests.length - 1;
  if (end === "newest") return last >= 0 ? rests[last]! : items.peek()!;
  // The one that was begun first will be executed last.
  return items.peek() ?? rests[0]!;
}

/** Takes out what {@link headOf} was, if it is still there. */
function remove({ items, rests }: Group, source: Source): void {
  if (items.peek() === source) return void items.shift();
  const at = rests.indexOf(source);
  if (at >= 0) rests.splice(at, 1);
}

function takeFrom(level: Level, end: End, sizeOf: SizeOf): LocalWork | undefined {
  for (let group = level[end](); group !== undefined; group = level[end]()) {
    const source = headOf(group, end);
    // A source may run the user's iterator, which may spawn; what stands in the group behind the
    // source may have grown by then, its head has not moved.
    const work = source.take(sizeOf(source));
    if (source.drained) remove(group, source);
    if (work !== undefined) return work;
  }
  return undefined;
}
