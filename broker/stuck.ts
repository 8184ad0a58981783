/**
 * Workers that do not come back from a task.
 *
 * A worker says when it begins a task that has a timeout. Of several it has begun, the last has its
 * processor: the others wait, or are done and not reported. A task that it was told to end may have
 * its processor as well.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import type { Begun, Member, Stopping } from "./records.ts";

/** A worker that is stuck. */
export interface Stuck {
  readonly worker: Member;
  /** The task it is stuck in; undefined for one of its own. */
  readonly task: Begun | undefined;
  /** In words. */
  readonly reason: string;
}

/** Workers that are in tasks with a timeout. */
export class Watch {
  #members = new Set<Member>();

  /** A worker has begun something that has a timeout. */
  add(worker: Member): void {
    this.#members.add(worker);
  }

  /** Nobody needs to look after a worker any more. */
  remove(worker: Member): void {
    this.#members.delete(worker);
  }

  /** The workers that are stuck at a time. */
  find(now: number): Stuck[] {
    const found: Stuck[] = [];
    for (const worker of this.#members) {
      worker.stopping = worker.stopping.filter(({ bundle }) => bundle.parts !== undefined);
      const nothing = worker.begun.length === 0 && worker.stopping.length === 0;
      if (nothing && worker.busy === undefined) this.#members.delete(worker);
      else {
        const stuck = lookAt(worker, now);
        if (stuck !== undefined) found.push(stuck);
      }
    }
    return found;
  }
}

function lookAt(worker: Member, now: number): Stuck | undefined {
  const { busy } = worker;
  const task = worker.begun.at(-1);
  if (busy !== undefined && (task === undefined || busy.since > task.since)) {
    if (!isOver(busy.since, busy.timeout, now, LIMITS.stuckOwnAfterMs)) return undefined;
    return { worker, task: undefined, reason: tooLong(busy.label, busy.timeout) };
  }
  if (task === undefined) return undefined;
  const { label, timeout } = task.bundle.common;
  // What else it has begun waits, perhaps for just this one, and would have to begin again.
  const others = worker.begun.some(({ bundle }) => bundle !== task.bundle);
  const after = others ? LIMITS.stuckOwnAfterMs : LIMITS.stuckAfterMs;
  const stopping = worker.stopping.find((one) => isOf(one, task));
  if (stopping !== undefined) {
    const since = Math.max(task.since, stopping.since);
    if (now - since >= stopping.graceMs + after) {
      const reason = `${label} did not end within ${stopping.graceMs} ms of being cancelled`;
      return { worker, task, reason };
    }
  }
  if (!isOver(task.since, timeout, now, after)) return undefined;
  return { worker, task, reason: tooLong(label, timeout) };
}

function isOf(stopping: Stopping, { bundle, index }: Begun): boolean {
  return stopping.bundle === bundle && (stopping.index === -1 || stopping.index === index);
}

function isOver(
  since: number,
  timeout: number,
  now: number,
  after: number,
): boolean {
  return timeout > 0 && now - since >= timeout + after;
}

function tooLong(label: string, timeout: number): string {
  return `${label} ran longer than its timeout of ${timeout} ms`;
}
