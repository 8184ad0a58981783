/**
 * Looks at the memory of workers' processes from outside: a task that computes without a pause can
 * neither be asked nor stopped from inside.
 *
 * @module
 */

import type { BrokerHandle } from "../broker/broker.ts";
import type { Excess } from "../broker/excess.ts";
import { LIMITS } from "../wire/limits.ts";
import { setInterval } from "../wire/timers.ts";
import type { RunOptions } from "./options.ts";

/** Changes of a process's memory that matter are this part of its limit, or more. */
const STEP = 1 / 50;
/** So many of them are remembered. */
const MOST_REMEMBERED = 200;

/**
 * Bytes that a process uses, the resident ones.
 *
 * @returns undefined where the system does not tell, as only Linux does, or when there is no such
 * process
 */
export function memoryOf(pid: number): number | undefined {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const kilobytes = /^VmRSS:\s*(\d+) kB/m.exec(status)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/**
 * Looks at a process again and again until it has ended. It does not keep this process alive.
 *
 * @param tell called with the bytes that it uses, at every look
 */
export function watchProcess(
  pid: number,
  ended: Promise<unknown>,
  tell: (bytes: number) => void,
): void {
  const timer = setInterval(() => {
    const bytes = memoryOf(pid);
    if (bytes !== undefined) tell(bytes);
  }, LIMITS.memoryLookMs);
  Deno.unrefTimer(timer);
  ended.finally(() => clearInterval(timer));
}

/** Passes on only what matters of what {@link watchProcess} tells. */
export function onlyChanges(most: number, tell: (bytes: number) => void): (bytes: number) => void {
  let told = 0;
  return (bytes) => {
    if (bytes <= most && Math.abs(bytes - told) < most * STEP) return;
    told = bytes;
    tell(bytes);
  };
}

/** What is known of one worker. */
interface Watched {
  /** When it used how much; the first of them without any task. */
  history: { at: number; bytes: number }[];
  /** Looks in a row at which it used too much. */
  looks: number;
  /** It has imported the program. */
  joined: boolean;
}

/** The memory of all workers of a run. */
export class MemoryWatch {
  #workers = new Map<string, Watched>();

  /**
   * @param limit bytes that a worker may use
   * @param exceeds told at each look at a worker that uses more
   */
  constructor(
    readonly limit: number,
    private readonly exceeds: (worker: string, excess: Excess) => void,
  ) {}

  /** A worker uses so much, at `now` in milliseconds. */
  sample(worker: string, bytes: number, now = performance.now()): void {
    const watched = this.#workers.get(worker) ?? { history: [], looks: 0, joined: false };
    this.#workers.set(worker, watched);
    const { history } = watched;
    const last = history.at(-1);
    const changed = last === undefined || Math.abs(bytes - last.bytes) >= this.limit * STEP;
    if (changed) {
      history.push({ at: now, bytes });
      if (history.length > MOST_REMEMBERED) history.splice(1, 1);
    }
    watched.looks = bytes > this.limit ? watched.looks + 1 : 0;
    if (watched.looks === 0) return;
    const told = history.map(({ at, bytes }): [number, number] => [Math.round(now - at), bytes]);
    this.exceeds(worker, { used: bytes, limit: this.limit, looks: watched.looks, history: told });
  }

  /** A worker has imported the program: from now on it is its tasks that use more. */
  joined(worker: string): void {
    const watched = this.#workers.get(worker);
    // It may join again, at another broker.
    if (watched === undefined || watched.joined) return;
    watched.joined = true;
    watched.history = watched.history.slice(-1);
  }

  /** A worker's process has ended. */
  forget(worker: string): void {
    this.#workers.delete(worker);
  }
}

/** The watch that a run wants, if it wants one: brokers judge what it finds. */
export function watchMemory(
  { maxMemory }: Pick<RunOptions, "maxMemory">,
  brokers: () => readonly Pick<BrokerHandle, "workerExceeds">[],
): MemoryWatch | undefined {
  if (maxMemory === undefined) return undefined;
  return new MemoryWatch(maxMemory, (worker, excess) => {
    // One of them knows it.
    for (const broker of brokers()) broker.workerExceeds(worker, excess);
  });
}
