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
      worker.stopping = worker.stopping.filter((one) => isOpen(worker, one));
      const nothing = worker.begun.size === 0 && worker.stopping.length === 0;
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
  const task = worker.begun.last;
  if (busy !== undefined && (task === undefined || busy.since > task.since)) {
    if (!isOver(busy.since, busy.timeout, now, LIMITS.stuckOwnAfterMs)) return undefined;
    return { worker, task: undefined, reason: tooLong(busy.label, busy.timeout) };
  }
  if (task === undefined) return unheard(worker, LIMITS.stuckOwnAfterMs, now);
  const { label, timeout } = task.bundle.common;
  // What else it has begun waits, perhaps for just this one, and would have to begin again.
  const others = worker.begun.hasBeside(task.bundle);
  const after = others ? LIMITS.stuckBesideMs : LIMITS.stuckAfterMs;
  const stopping = worker.stopping.find((one) => isOf(one, task));
  if (stopping !== undefined) {
    const since = Math.max(task.since, stopping.since);
    if (now - since >= stopping.graceMs + after) {
      return { worker, task, reason: notEnded(label, stopping.graceMs) };
    }
  }
  if (isOver(task.since, timeout, now, after)) {
    return { worker, task, reason: tooLong(label, timeout) };
  }
  // One that has said something since it began this task may be in another by now.
  return worker.heardAt > task.since ? unheard(worker, LIMITS.silenceMs, now) : undefined;
}

/**
 * Whoever hears that something is to end sees to it at once, or never begins it. Who does not hear is
 * in a task that nobody has announced, since its like are short: probably in this one.
 */
function unheard(worker: Member, after: number, now: number): Stuck | undefined {
  const found = worker.stopping.find(({ since, graceMs }) => now - since >= graceMs + after);
  if (found === undefined) return undefined;
  const { bundle: { common: { label } }, graceMs } = found;
  return { worker, task: undefined, reason: notEnded(label, graceMs) };
}

/** Whether it is not known that a worker has heard of what is to end. */
function isOpen({ session: { sent, kept } }: Member, { bundle, number }: Stopping): boolean {
  return bundle.parts !== undefined && sent - kept < number;
}

function notEnded(label: string, graceMs: number): string {
  return `${label} did not end within ${graceMs} ms of being cancelled`;
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
