/**
 * Workers that use too much memory, as whoever started them sees it: which task is to blame.
 *
 * A worker that has kept what its former tasks left behind replaces itself between two tasks. So
 * only a task that has used too much by itself has to go, and with it its worker.
 *
 * @module
 */

import { sizeText } from "../wire/sizes.ts";
import type { Begun, Member } from "./records.ts";

/** A worker that uses more than it may. */
export interface Excess {
  /** Bytes. */
  readonly used: number;
  /** Bytes that it may use. */
  readonly limit: number;
  /** How many looks in a row have found that, one every `LIMITS.memoryLookMs`. */
  readonly looks: number;
  /**
   * How many milliseconds ago it used how many bytes, the oldest first; that is what it uses
   * without any task.
   */
  readonly history: readonly (readonly [age: number, bytes: number])[];
}

/** What is to be done with such a worker. */
export type Judgement =
  /** It replaces itself, or it is not yet clear what it is that uses so much. */
  | { readonly kind: "none" }
  /** This task is to blame. */
  | { readonly kind: "task"; readonly task: Begun; readonly reason: string }
  /** One of those it has is; when they run alone it will be clear which. */
  | { readonly kind: "any"; readonly reason: string };

/** Looks after which it is not something that ends by itself. */
const MANY_LOOKS = 8;
/** The same for a worker that has nothing, and should have replaced itself. */
const MANY_IDLE_LOOKS = 40;

/** Says who is to blame, at the time `now` of the broker's clock. */
export function judge(worker: Member, excess: Excess, now: number): Judgement {
  const { used, limit, looks } = excess;
  const task = worker.begun.last ?? onlyOne(worker, excess, now);
  const words = `used ${sizeText(used)}, more than --max-memory ${sizeText(limit)}`;
  if (task !== undefined) {
    const { label } = task.bundle.common;
    if (used - leftBefore(task.since, excess, now) <= limit) return { kind: "none" };
    return { kind: "task", task, reason: `${label} ${words}` };
  }
  if (looks < (worker.held.size > 0 ? MANY_LOOKS : MANY_IDLE_LOOKS)) return { kind: "none" };
  return { kind: "any", reason: `it ${words}` };
}

/** A task that runs alone, because it was lost before, is known without having been announced. */
function onlyOne({ trial }: Member, { looks, history }: Excess, now: number): Begun | undefined {
  if (trial === undefined || looks < MANY_LOOKS) return undefined;
  // Nobody knows when it began; that the worker has replaced itself otherwise is known.
  const since = now - (history[0]?.[0] ?? 0);
  return { bundle: trial.bundle, index: trial.base, since };
}

/** Bytes that former tasks had left in the worker when a task began. */
function leftBefore(since: number, { history }: Excess, now: number): number {
  const [first] = history;
  if (first === undefined) return 0;
  let before = first;
  for (const one of history) if (now - one[0] <= since) before = one;
  return Math.max(0, before[1] - first[1]);
}
