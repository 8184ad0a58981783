/**
 * What a page that is opened later is to know of a run's past: the stretches of work, with the
 * names they refer to. Bounded, however long and busy the run.
 *
 * @module
 */

import { LIMITS } from "../../wire/limits.ts";
import type { PlacedBlock, RunModel } from "../run_model.ts";
import { Stretches, thinOut, toRow } from "./page/stretches.js";
import type { Stretch, StretchRow } from "./protocol.ts";

/** Names in their order, each once. */
export interface Names {
  readonly list: readonly string[];
  numberOf(name: string): number;
}

/** See the module's text. */
export interface History {
  readonly workerNames: Names;
  readonly labels: Names;
  readonly kept: Stretches;
  /** What the times of stretches count from, in milliseconds since 1970. */
  readonly base: number;
  /** Number of the last batch; batches are numbered from 1 on. */
  readonly batch: number;
  /** Takes in the blocks that the model has got since the last time. */
  take(model: RunModel): void;
  /** Makes a batch of what was taken in, thinned out to what a message may hold. */
  flush(): void;
  /** What came after a batch; undefined when not all of that is kept. */
  since(batch: number): StretchRow[] | undefined;
}

/** Starts without any. */
export function createHistory(): History {
  const workerNames = createNames(Infinity);
  const labels = createNames(LIMITS.shownFunctions);
  const kept = new Stretches(LIMITS.pageKeptBlocks);
  const batches: StretchRow[][] = [];
  let [pending, seen, base, batch] = [[] as Stretch[], 0, 0, 0];
  return {
    workerNames,
    labels,
    kept,
    get base() {
      return base;
    },
    get batch() {
      return batch;
    },
    take(model) {
      const count = Math.min(model.blocksSeen - seen, model.blocks.length);
      seen = model.blocksSeen;
      if (count === 0) return;
      base ||= model.startedAt || model.blocks[0]!.from;
      for (const block of model.blocks.slice(-count)) {
        pending.push(stretchOf(block, base, workerNames, labels));
      }
      // What is told between two messages may be more than one holds.
      const most = LIMITS.pageBlocks * 4;
      if (pending.length > most) pending = thinOut(pending, LIMITS.pageBlocks);
    },
    flush() {
      if (pending.length === 0) return;
      const thinned = thinOut(pending, LIMITS.pageBlocks);
      pending = [];
      batches.push(thinned.map(toRow));
      if (batches.length > LIMITS.pageMessages) batches.shift();
      batch++;
      for (const stretch of thinned) kept.add(stretch);
    },
    since(after) {
      const wanted = batch - after;
      return wanted > batches.length
        ? undefined
        : wanted === 0
        ? []
        : batches.slice(-wanted).flat();
    },
  };
}

/** @param most how many are told apart; all others have one name */
function createNames(most: number): Names {
  const list: string[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (name: string): number => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    if (list.length >= most && name !== "(others)") return numberOf("(others)");
    numbers.set(name, list.length);
    return list.push(name) - 1;
  };
  return { list, numberOf };
}

function stretchOf(block: PlacedBlock, base: number, workers: Names, labels: Names): Stretch {
  const { id, ms, tasks, failed, waited, inputs } = block;
  const colon = block.parent.lastIndexOf(":");
  return {
    worker: workers.numberOf(block.worker),
    label: labels.numberOf(block.label),
    id,
    last: id,
    from: block.from - base,
    to: block.to - base,
    ms,
    tasks,
    failed,
    waited,
    parentWorker: colon < 0 ? -1 : workers.numberOf(block.parent.slice(0, colon)),
    parent: colon < 0 ? -1 : Number(block.parent.slice(colon + 1)),
    inputs,
    waitMs: block.waitMs ?? -1,
    labelMs: ms,
  };
}
