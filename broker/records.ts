/**
 * What a broker remembers: those that take part in the run, the bundles it has been given, and the
 * parts of these that are somewhere.
 *
 * A bundle's tasks are told apart by their index, wherever they go. What can happen to some of them
 * alone (being reported, lost, given back, cancelled) cuts a part in two or three; it moves nothing
 * and renumbers nothing.
 *
 * @module
 */

import type { BundleHeader, FunctionAddress } from "../wire/messages.ts";
import type { Session } from "../wire/session.ts";
import type { BegunTask, BegunTasks } from "./begun_tasks.ts";

/** How it stands with the connection to a worker, or to a broker that borrows. */
export type Connection =
  | { readonly kind: "connected" }
  /** It broke, and nobody is at its other end. */
  | { readonly kind: "broken"; readonly since: number }
  /** It stands again, but the other side has not said yet what it has: it may be in a long task. */
  | { readonly kind: "returning"; readonly since: number };

/** A worker of this broker, or another broker that borrows from it. */
export interface Member {
  readonly name: string;
  /** Where messages to it go. */
  readonly address: string;
  readonly origin: boolean;
  /** Where its process is. */
  readonly host: string;
  readonly pid: number;
  readonly session: Session;
  /** It can run tasks: a worker asks for the first when it has imported the program. */
  joined: boolean;
  connection: Connection;
  /** When it came. */
  readonly since: number;
  /** When it last said something. */
  heardAt: number;
  /** When it was last told where its session stands. */
  syncedAt: number;
  /** How much had been taken in when it was last told that something is missing, or -1. */
  missedAt: number;
  /** Bundles it would take, counted from its first hello. */
  granted: number;
  /** How many more it would take in advance, while there is plenty. */
  ahead: number;
  /** Bundles it was sent. */
  sent: number;
  /** No task holds its processor: what it has begun waits for others. */
  idle: boolean;
  /** It is kept free of other work for a task that has to run alone. */
  reserved: boolean;
  /**
   * It gets nothing before it has taken in this number of its session, which takes something from
   * it: what it says of that must not be taken for an outcome of what it is given afterwards.
   */
  withheldUntil: number;
  /** Its part in the roster's credit. */
  free: number;
  /** What it has been given and not finished. */
  readonly held: Set<Part>;
  /** The one of these that runs alone on it. */
  trial: Part | undefined;
  /** Tasks that it is known to have begun and not to have finished. */
  readonly begun: BegunTasks<Bundle>;
  /** What it was told to end, and has perhaps not heard of. */
  stopping: Stopping[];
  /** The task of its own that it is in, if that has a timeout. */
  busy: { readonly label: string; readonly timeout: number; readonly since: number } | undefined;
}

/** A task that is known to have begun. */
export type Begun = BegunTask<Bundle>;

/** A task that is to end, or (-1) all of a bundle that have begun. */
export interface Stopping {
  readonly bundle: Bundle;
  readonly index: number;
  readonly graceMs: number;
  readonly since: number;
  /** The number of the word of it in the worker's session. */
  readonly number: number;
}

/** What bundles of one function and owner have in common; kept once. */
export interface Common {
  readonly owner: string;
  readonly fn: FunctionAddress;
  readonly label: string;
  readonly retries: number;
  readonly timeout: number;
  readonly needs: string[];
  /** How it is found. */
  readonly key: string;
  /** Bundles that refer to it. */
  uses: number;
}

/** What came in one message, until the outcomes of all its tasks are known. */
export interface Bundle {
  readonly common: Common;
  readonly id: number;
  /** Index of the first task in the payload. */
  readonly base: number;
  /** Tasks in the payload. */
  readonly count: number;
  readonly priority: number;
  readonly estimate: number;
  /** As in its header. */
  readonly parent: string;
  /** The payload's body is the bytes from `start` to `end` of this. */
  readonly body: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly frames: Uint8Array[];
  /** The connection to the broker it was borrowed from; undefined for one of an own worker. */
  readonly via: string | undefined;
  /**
   * Tasks that their owner has cancelled while somebody had them: should they come back unbegun, as
   * they may have been about to, they go to nobody else.
   */
  unwanted: "all" | Set<number> | undefined;
  /** Milliseconds that some of them (-1: all) have to end if they have begun. */
  graces: Map<number, number> | undefined;
  /** Its parts that are not done, by rising index; the others hang on the first. */
  parts: Part | undefined;
  /** Another bundle of the same owner and number: parts of one may come one after the other. */
  next: Bundle | undefined;
}

/** Where a part of a bundle is. */
export type State =
  /** In a queue, for whoever has credit. */
  | { readonly kind: "queued" }
  /** It was lost with a worker, and waits for one on which it can run alone. */
  | { readonly kind: "waiting"; readonly because: string }
  /** With a worker. */
  | { readonly kind: "held"; readonly by: Member }
  /** With a worker, which has nothing else, because it was lost before. */
  | { readonly kind: "trial"; readonly by: Member }
  /** With another broker. */
  | { readonly kind: "lent"; readonly by: Member }
  /** Its broker was lost, and whoever may have it is expected to say so before `until`. */
  | { readonly kind: "awaited"; readonly until: number; readonly begun: boolean }
  /** Its outcomes are known, or nobody waits for them. */
  | { readonly kind: "done" };

/** The tasks `base` to `base + count - 1` of a bundle, which are in one place. */
export interface Part {
  readonly bundle: Bundle;
  readonly base: number;
  count: number;
  /** How many times it was lost together with a worker. */
  attempt: number;
  /** How many other brokers it was lent to. */
  lent: number;
  /** How many times it was taken from a worker that was stuck in something else. */
  spared: number;
  state: State;
  /** The part that follows in its bundle. */
  next: Part | undefined;
}

/** Names a stretch of a bundle's tasks. */
export interface Stretch {
  readonly owner: string;
  readonly id: number;
  readonly base: number;
  readonly count: number;
}

export const QUEUED: State = { kind: "queued" };
export const DONE: State = { kind: "done" };
export const CONNECTED: Connection = { kind: "connected" };

/** Who has a part, if somebody has. */
export function holderOf({ state }: Part): Member | undefined {
  switch (state.kind) {
    case "held":
    case "trial":
    case "lent":
      return state.by;
    case "queued":
    case "waiting":
    case "awaited":
    case "done":
      return undefined;
  }
}

/** The stretch that a part is. */
export function stretchOf({ bundle, base, count }: Part): Stretch {
  return { owner: bundle.common.owner, id: bundle.id, base, count };
}

/** A part's header, as it travels. */
export function headerOf(part: Part): BundleHeader {
  const { bundle, base, count, attempt } = part;
  const { owner, fn, label, retries, timeout, needs } = bundle.common;
  const { id, priority, estimate, parent } = bundle;
  // Each field by itself, here and where bundles are noted: objects that others are spread from cost
  // a broker as much as all that it decides.
  return {
    owner,
    id,
    base,
    count,
    fn,
    label,
    attempt,
    retries,
    priority,
    timeout,
    estimate,
    needs,
    parent,
  };
}

/**
 * The owner of a bundle has cancelled a task of it, or (-1) all.
 *
 * @param graceMs what it has to end if it has begun; without, it goes on
 */
export function markUnwanted({ bundle }: Part, index: number, graceMs?: number): void {
  if (graceMs !== undefined) (bundle.graces ??= new Map()).set(index, graceMs);
  if (index === -1) bundle.unwanted = "all";
  else if (bundle.unwanted === undefined) bundle.unwanted = new Set([index]);
  else if (bundle.unwanted !== "all") bundle.unwanted.add(index);
}

/** Milliseconds that a task which was cancelled has to end if it has begun; undefined if it goes on. */
export function graceOf({ bundle: { graces } }: Part, index: number): number | undefined {
  return graces?.get(index) ?? graces?.get(-1);
}

const NONE: readonly number[] = [];

/** Indices of the tasks of a part that their owner has cancelled. */
export function unwantedOf({ bundle, base, count }: Part): readonly number[] {
  const { unwanted } = bundle;
  if (unwanted === undefined) return NONE;
  if (unwanted === "all") return Array.from({ length: count }, (_, i) => base + i);
  return [...unwanted].filter((index) => index >= base && index < base + count);
}

/** Whether two stretches of one bundle have tasks in common. */
export function overlaps(
  one: Pick<Stretch, "base" | "count">,
  other: Pick<Stretch, "base" | "count">,
): boolean {
  return one.base < other.base + other.count && other.base < one.base + one.count;
}

/** The tasks of a stretch that are in a part. */
export function overlap(
  part: Pick<Stretch, "base" | "count">,
  base: number,
  count: number,
): { base: number; count: number } {
  const first = Math.max(part.base, base);
  return { base: first, count: Math.min(part.base + part.count, base + count) - first };
}
