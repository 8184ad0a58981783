/**
 * Where the outcome of one task arrives.
 *
 * @module
 */

import { describeError } from "../wire/error_values.ts";
import { globalState } from "./global_state.ts";
import { rejectWhereAwaited } from "./place.ts";
import { framesOfUser } from "../wire/user_stack.ts";

/** The stages of a task, as its owner knows them; past `running` nothing changes any more. */
export const enum Stage {
  pending,
  running,
  finished,
  failed,
  cancelled,
}

/** A failure that nobody has looked at yet. */
export interface Failure {
  readonly label: string;
  readonly error: unknown;
}

/** Remembered so that one line can be written about each at the end, and no more than these. */
const MOST_FAILURES = 1000;

/** Messages of one kind of failure that are told one by one. */
const MOST_MESSAGES = 10;

const unseen = globalState("unseen", () => ({ failures: new Set<Failure>(), more: 0 }));
/** Maps whose results nobody has asked for, by the name of their function. */
const unread = globalState("unread", () => new Map<string, number>());

/** A map was made, and nobody has asked for its results yet; or somebody has, and `change` is -1. */
export function countUnreadMap(label: string, change: 1 | -1): void {
  const count = (unread.get(label) ?? 0) + change;
  if (count > 0) unread.set(label, count);
  else unread.delete(label);
}

/** One line for all maps that nobody has read, or none; empties the list. */
export function unreadMaps(): string[] {
  const names = [...unread].map(([label, count]) =>
    count > 1 ? `map(${label}) (${count} times)` : `map(${label})`
  );
  unread.clear();
  if (names.length === 0) return [];
  const them = names.length > 1 || names[0]!.endsWith("times)") ? "them" : "it";
  return [
    `nobody awaited ${names.join(", ")}: such tasks may never have run; await ${them}, or read ` +
    `${them} with for await`,
  ];
}

/** Tasks of which nobody has looked at the outcome, and that were given up with their run. */
export const dropped = globalState("dropped", () => ({ unbegun: 0, unended: 0 }));
/** What stands for such a task, as a failure of which nobody is told otherwise. */
const UNBEGUN: Failure = { label: "not begun", error: undefined };
const UNENDED: Failure = { label: "not ended", error: undefined };

/** Remembers a failure until somebody looks at it. */
export function rememberFailure(failure: Failure): void {
  if (unseen.failures.size < MOST_FAILURES) unseen.failures.add(failure);
  else unseen.more++;
}

/** Somebody has looked. */
export function forgetFailure(failure: Failure): void {
  if (failure === UNBEGUN) dropped.unbegun = Math.max(0, dropped.unbegun - 1);
  else if (failure === UNENDED) dropped.unended = Math.max(0, dropped.unended - 1);
  else unseen.failures.delete(failure);
}

/** Failures of one function at one place that differ in their messages alone. */
interface FailureKind {
  readonly label: string;
  readonly place: string;
  /** How often each message was there. */
  readonly counts: Map<string, number>;
}

/**
 * A few lines for each kind of failure that nobody looked at; empties the list. One program that
 * left a `for await` with the first error of many was told 170 others, a line each.
 */
export function unseenFailures(): string[] {
  const kinds = new Map<string, FailureKind>();
  for (const { label, error } of unseen.failures) {
    const [message = ""] = describeError(error).split("\n", 1);
    const [frame] = framesOfUser(error);
    const place = frame === undefined ? "" : ` (${frame.trim()})`;
    const key = JSON.stringify([label, place]);
    const kind = kinds.get(key) ?? { label, place, counts: new Map() };
    kinds.set(key, kind);
    kind.counts.set(message, (kind.counts.get(message) ?? 0) + 1);
  }
  const lines = [...kinds.values()].flatMap(linesOf);
  if (unseen.more > 0) lines.push(`${unseen.more} more tasks failed and nobody looked at them`);
  unseen.failures.clear();
  unseen.more = 0;
  return lines;
}

function linesOf({ label, place, counts }: FailureKind): string[] {
  const messages = [...counts];
  const told = messages.slice(0, MOST_MESSAGES).map(([message, count]) =>
    `${label} failed and nobody looked at it: ${message}${place}${times(count)}`
  );
  const more = messages.slice(MOST_MESSAGES).reduce((all, [, count]) => all + count, 0);
  const rest = `${label} failed and nobody looked at it, with other messages${place}${times(more)}`;
  return more > 0 ? [...told, rest] : told;
}

function times(count: number): string {
  return count > 1 ? ` (${count} times)` : "";
}

/** The outcome of one task, to come or there. */
export class Outcome<R> {
  stage: Stage = Stage.pending;
  #value: unknown = undefined;
  /** One, nearly always. */
  #listeners: (() => void) | (() => void)[] | undefined;
  #promise: Promise<R> | undefined;
  #resolve: ((value: unknown) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  #unseen: Failure | undefined;

  constructor(readonly label: string) {}

  /** True once nothing will change any more. */
  get done(): boolean {
    return this.stage >= Stage.finished;
  }

  /** The value, or the error; only when {@link done}. Looking at an error counts as having seen it. */
  get value(): unknown {
    this.overlook();
    return this.#value;
  }

  /** Nobody has to look at it. */
  overlook(): void {
    if (this.#unseen === undefined) return;
    forgetFailure(this.#unseen);
    this.#unseen = undefined;
  }

  /** Its task was given up, begun or not: that is told at the end, unless somebody looks by then. */
  noteDropped(begun: boolean): void {
    this.#unseen = begun ? UNENDED : UNBEGUN;
    dropped[begun ? "unended" : "unbegun"]++;
  }

  /** True when somebody has awaited it. */
  get awaited(): boolean {
    return this.#promise !== undefined;
  }

  /** Ends it; false when it had ended before, so that a task executed twice has one outcome. */
  end(stage: Stage.finished | Stage.failed | Stage.cancelled, value: unknown): boolean {
    if (this.done) return false;
    this.stage = stage;
    this.#value = value;
    if (stage === Stage.failed && this.#promise === undefined) {
      this.#unseen = { label: this.label, error: value };
      rememberFailure(this.#unseen);
    }
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (typeof listeners === "function") listeners();
    else if (listeners !== undefined) { for (const listener of listeners) listener(); }
    // A listener may have asked for the promise, which was settled then.
    if (this.#resolve !== undefined) this.#settle();
    return true;
  }

  /** Calls `listener` at the end, at once if that has been. */
  listen(listener: () => void): void {
    if (this.done) listener();
    else if (this.#listeners === undefined) this.#listeners = listener;
    else if (typeof this.#listeners === "function") this.#listeners = [this.#listeners, listener];
    else this.#listeners.push(listener);
  }

  /** Takes a listener back. */
  unlisten(listener: () => void): void {
    if (this.#listeners === listener) this.#listeners = undefined;
    if (!Array.isArray(this.#listeners)) return;
    const at = this.#listeners.indexOf(listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }

  /** The same as a promise. Made only when asked for: most failures are seen without one. */
  promise(): Promise<R> {
    if (this.#promise !== undefined) return this.#promise;
    this.#promise = new Promise<R>((resolve, reject) => {
      this.#resolve = resolve as (value: unknown) => void;
      this.#reject = reject;
    });
    if (this.done) this.#settle();
    return this.#promise;
  }

  #settle(): void {
    if (this.stage === Stage.finished) this.#resolve!(this.value);
    else rejectWhereAwaited(this.value, this.#resolve!, this.#reject!);
    this.#resolve = this.#reject = undefined;
  }
}
