// @ts-check
/**
 * Stretches of work, by worker: all of them while they are few, and the older ones ever coarser as
 * they become many, so that the whole of a run stays visible in bounded memory. The server and the
 * page keep them alike.
 *
 * @module
 */

/** @import { Stretch, StretchRow } from "../protocol.ts" */

/** Neighbours closer than this, in milliseconds, are the first to become one. */
const FIRST_CELL_MS = 0.5;

/**
 * Makes one stretch of two neighbours.
 *
 * @param {Stretch} into the earlier one, which becomes both
 * @param {Stretch} next
 */
function absorb(into, next) {
  if (next.label === into.label) into.labelMs += next.labelMs;
  else if (next.labelMs > into.labelMs) {
    into.label = next.label;
    into.labelMs = next.labelMs;
  }
  into.id = Math.min(into.id, next.id);
  into.last = Math.max(into.last, next.last);
  into.from = Math.min(into.from, next.from);
  into.to = Math.max(into.to, next.to);
  into.ms += next.ms;
  into.tasks += next.tasks;
  into.failed += next.failed;
  if (next.parentWorker !== into.parentWorker || next.parent !== into.parent) {
    into.parentWorker = -1;
    into.parent = -1;
  }
  into.inputs = "";
}

/**
 * The first `count` stretches of a worker with neighbours made one where both fit into a cell, and
 * the others as they are. What waited has others beside it, so it is one only with its own kind.
 *
 * @param {Stretch[]} row
 * @param {number} count
 * @param {number} cellMs
 * @returns {Stretch[]}
 */
function coarser(row, count, cellMs) {
  /** @type {Stretch[]} */
  const kept = [];
  /** @type {Stretch | undefined} */
  let ran;
  /** @type {Stretch | undefined} */
  let waited;
  row.forEach((stretch, i) => {
    const before = stretch.waited ? waited : ran;
    const from = before && Math.min(before.from, stretch.from);
    if (i < count && before && from !== undefined && stretch.to - from <= cellMs) {
      return absorb(before, stretch);
    }
    kept.push(stretch);
    if (stretch.waited) waited = stretch;
    else ran = stretch;
  });
  return kept;
}

/**
 * Fewer stretches that tell the same, for a message of bounded size.
 *
 * @param {Stretch[]} list of any workers, each worker's in their order; they may be changed
 * @param {number} most
 * @returns {Stretch[]}
 */
export function thinOut(list, most) {
  if (list.length <= most) return list;
  const store = new Stretches(Infinity);
  for (const stretch of list) store.add(stretch);
  // At the least one for each worker and kind is left, however wide a cell.
  for (let cell = FIRST_CELL_MS; store.count > most && cell < 1e9; cell *= 2) store.merge(cell, 1);
  return [...store.rows.values()].flat();
}

/** See the module's text. */
export class Stretches {
  /** By worker, in the order in which they were told. @type {Map<number, Stretch[]>} */
  rows = new Map();
  count = 0;
  /** What the oldest ones were merged by. */
  cellMs = FIRST_CELL_MS;
  /** @readonly */
  #most;

  /** @param {number} most how many are kept */
  constructor(most) {
    this.#most = most;
  }

  /** @param {Stretch} stretch */
  add(stretch) {
    const row = this.rows.get(stretch.worker);
    if (row === undefined) this.rows.set(stretch.worker, [stretch]);
    else row.push(stretch);
    this.count++;
    if (this.count > this.#most) this.#compact();
  }

  /** Makes the older ones fewer, seldom, since it looks at all of them. */
  #compact() {
    const goal = this.#most * 0.75;
    for (let pass = 0; this.count > goal && pass < 60; pass++) {
      this.merge(this.cellMs, 0.8);
      if (this.count > goal) this.cellMs *= 2;
    }
  }

  /**
   * @param {number} cellMs
   * @param {number} share of each worker's stretches, the oldest, that is merged
   */
  merge(cellMs, share) {
    this.count = 0;
    for (const [worker, row] of this.rows) {
      const kept = coarser(row, Math.floor(row.length * share), cellMs);
      this.rows.set(worker, kept);
      this.count += kept.length;
    }
  }

  /**
   * The stretch that a block is in.
   *
   * @param {number} worker
   * @param {number} id of the block
   * @returns {Stretch | undefined}
   */
  find(worker, id) {
    /** @type {Stretch | undefined} */
    let found;
    for (const stretch of this.rows.get(worker) ?? []) {
      if (id < stretch.id || id > stretch.last) continue;
      // The narrowest: what waited may have been merged around it.
      if (!found || stretch.last - stretch.id < found.last - found.id) found = stretch;
    }
    return found;
  }

  /**
   * What spawned a stretch, if that is known and kept.
   *
   * @param {Stretch} stretch
   */
  parentOf(stretch) {
    return stretch.parentWorker < 0 ? undefined : this.find(stretch.parentWorker, stretch.parent);
  }

  /**
   * What was spawned by a stretch, the earliest first.
   *
   * @param {Stretch} stretch
   * @returns {Stretch[]}
   */
  childrenOf({ worker, id, last }) {
    /** @type {Stretch[]} */
    const found = [];
    for (const row of this.rows.values()) {
      for (const other of row) {
        if (other.parentWorker === worker && other.parent >= id && other.parent <= last) {
          found.push(other);
        }
      }
    }
    return found.sort((a, b) => a.from - b.from);
  }
}

/** @param {number} value */
const short = (value) => Math.round(value * 1000) / 1000;

/**
 * For the way to the page.
 *
 * @param {Stretch} stretch
 * @returns {StretchRow}
 */
export function toRow(stretch) {
  const { worker, label, id, last, from, to, ms, tasks, failed, waited } = stretch;
  const { parentWorker, parent, labelMs, waitMs, inputs } = stretch;
  const times = /** @type {const} */ ([short(from), short(to), short(ms)]);
  const flag = waited ? 1 : 0;
  const kin = /** @type {const} */ ([
    parentWorker,
    parent,
    short(labelMs),
    short(waitMs),
    inputs,
  ]);
  return [worker, label, id, last, ...times, tasks, failed, flag, ...kin];
}

/**
 * And back.
 *
 * @param {StretchRow} row
 * @returns {Stretch}
 */
export function fromRow(row) {
  const [worker, label, id, last, from, to, ms, tasks, failed, waited] = row;
  const [parentWorker, parent, labelMs, waitMs, inputs] = row.slice(10);
  return /** @type {Stretch} */ ({
    worker,
    label,
    id,
    last,
    from,
    to,
    ms,
    tasks,
    failed,
    waited: waited === 1,
    parentWorker,
    parent,
    labelMs,
    waitMs,
    inputs,
  });
}
