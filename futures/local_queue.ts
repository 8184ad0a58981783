/**
 * The tasks a process has spawned and nobody has begun.
 *
 * Tasks of one turn stay in the order they were spawned; among turns the deepest goes first. So a
 * recursion is walked depth first, which keeps the number of suspended turns small, while siblings
 * come in the order a reader of the program expects. What is given to other workers is the oldest:
 * it stands nearest the root and brings the most work with it.
 *
 * @module
 */

import { Deque } from "../wire/deque.ts";
import type { LocalWork, Source } from "./work.ts";
import type { Turn } from "./turn.ts";

/** The unbegun spawns of one turn at one priority. */
export interface Group {
  readonly priority: number;
  /** The turn's number. */
  readonly turn: number;
  readonly items: Deque<Source>;
  /** True while the group stands in a queue. */
  queued: boolean;
}

/** How many tasks to take from a source. */
export type SizeOf = (source: Source) => number;

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
      if (group.items.length > 0) return group;
      group.queued = false;
      this.#groups.pop();
    }
    return this.#reset();
  }

  /** The oldest turn's group that is not empty. */
  oldest(): Group | undefined {
    while (this.#groups.length > this.#first) {
      const group = this.#groups[this.#first]!;
      if (group.items.length > 0) return group;
      group.queued = false;
      // Whoever waits for nothing else would keep the whole turn alive through this slot.
      this.#groups[this.#first++] = EMPTY;
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

const EMPTY: Group = { priority: 0, turn: 0, items: new Deque(), queued: false };

/** See the module's text. */
export class LocalQueue {
  #levels = new Map<number, Level>();
  /** The levels again, highest priority first. */
  #order: [priority: number, level: Level][] = [];

  /** Adds what `turn` spawned. */
  push(source: Source, turn: Turn): void {
    this.#group(source, turn).items.push(source);
  }

  /** Puts the rest of a begun bundle before the other tasks of its turn. */
  putBack(source: Source, turn: Turn): void {
    this.#group(source, turn).items.unshift(source);
  }

  /** Takes tasks of the newest turn; undefined when nothing is to be had now. */
  takeNewest(sizeOf: SizeOf): LocalWork | undefined {
    for (const [, level] of this.#order) {
      const work = takeFrom(() => level.newest(), sizeOf);
      if (work !== undefined) return work;
    }
    return undefined;
  }

  /** Takes tasks of the oldest turn, to be given away. */
  takeOldest(sizeOf: SizeOf): LocalWork | undefined {
    for (const [, level] of this.#order) {
      const work = takeFrom(() => level.oldest(), sizeOf);
      if (work !== undefined) return work;
    }
    return undefined;
  }

  /** Takes tasks that this turn has spawned. */
  takeOf(turn: Turn, sizeOf: SizeOf): LocalWork | undefined {
    const { group } = turn;
    return takeFrom(
      () => group !== undefined && group.items.length > 0 ? group : undefined,
      sizeOf,
    );
  }

  /** What {@link takeOldest} would take from next, and about how many tasks that turn has queued. */
  oldest(): { source: Source; tasks: number } | undefined {
    for (const [, level] of this.#order) {
      const group = level.oldest();
      if (group === undefined) continue;
      const source = group.items.peek()!;
      return { source, tasks: source.remaining + group.items.length - 1 };
    }
    return undefined;
  }

  /** True when nothing is queued. */
  get empty(): boolean {
    return this.#order.every(([, level]) => level.oldest() === undefined);
  }

  /** True when all that is queued was spawned by one turn. */
  get oneGroup(): boolean {
    let groups = 0;
    for (const [, level] of this.#order) groups += level.count;
    return groups <= 1;
  }

  #group(source: Source, turn: Turn): Group {
    const { priority } = source;
    let group = turn.group;
    if (group === undefined || group.priority !== priority) {
      group = turn.group = this.#level(priority).find(turn.number) ??
        { priority, turn: turn.number, items: new Deque(), queued: false };
    }
    if (!group.queued) this.#level(priority).add(group);
    return group;
  }

  #level(priority: number): Level {
    let level = this.#levels.get(priority);
    if (level === undefined) {
      level = new Level();
      this.#levels.set(priority, level);
      this.#order.push([priority, level]);
      this.#order.sort(([a], [b]) => b - a);
    }
    return level;
  }
}

function takeFrom(next: () => Group | undefined, sizeOf: SizeOf): LocalWork | undefined {
  for (let group = next(); group !== undefined; group = next()) {
    const source = group.items.peek()!;
    // A source may run the user's iterator, which may spawn; what stands in the group behind the
    // source may have grown by then, its head has not moved.
    const work = source.take(sizeOf(source));
    if (source.drained) group.items.shift();
    if (work !== undefined) return work;
  }
  return undefined;
}
