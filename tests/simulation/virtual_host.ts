/**
 * What a worker's shell needs of the process around it, in virtual time.
 *
 * @module
 */

import { FunctionHandle } from "../../futures/function_handle.ts";
import { refKey } from "../../futures/function_ref.ts";
import type { FunctionRef } from "../../futures/function_ref.ts";
import { LIMITS } from "../../wire/limits.ts";
import type { Numbered } from "../../wire/messages.ts";
import type { Environment } from "../../worker/environment.ts";
import type { Host } from "../../worker/host.ts";
import type { LinkEvents } from "../../worker/worker_link.ts";
import type { Process } from "./process.ts";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** How a virtual process opens a connection to its broker. */
export type Connect = (environment: Environment, events: LinkEvents) => void;

/** Milliseconds to find a function. */
const FETCH = 0.5;

/** Milliseconds that any timer takes. */
const LEAST_TIMER = 0.5;

/** See the module's text. */
export class VirtualHost implements Host {
  readonly #handles = new Map<string, FunctionHandle>();
  /** Scattered values that are here, and who waits for others. */
  readonly #kept = new Set<string>();
  readonly #waiting = new Map<string, ((isHere: boolean) => void)[]>();

  /**
   * @param call what every function of the program is
   * @param ask asks the broker for a scattered value
   */
  constructor(
    private readonly process: Process,
    private readonly open: Connect,
    private readonly call: AnyFunction,
    private readonly ask: (name: string) => void,
  ) {}

  readonly now = (): number => this.process.now + this.process.skew;
  readonly wall = (): number => this.process.now;
  readonly taken = () => ({ cpuMs: 0, rss: 0 });
  readonly whenTurnEnds = (run: () => void): boolean => this.process.whenTurnEnds(run);
  readonly soon = (run: () => void): void => this.process.soon(run);
  readonly later = (run: () => void): void => this.process.later(run);
  readonly drain = (run: () => void): void => this.process.drain(run);
  readonly isBehind = (): boolean => this.process.held > 0;
  readonly after = (milliseconds: number, run: () => void): () => void =>
    this.process.after(Math.max(LEAST_TIMER, milliseconds), run);
  readonly keepTime = (onBeat: () => void): { now(): number; stop(): void } =>
    this.process.keepTime(LIMITS.workerTickMs, onBeat);

  readonly connect = (environment: Environment, _late: unknown, events: LinkEvents): void =>
    this.open(environment, events);

  readonly areHere = (names: readonly string[]): boolean =>
    names.every((name) => this.#kept.has(name));

  /** A scattered value is here. */
  keep(name: string): void {
    this.#kept.add(name);
  }

  /** What the broker says of scattered values: whoever waits for one goes on, or fails. */
  heard({ message }: Numbered): void {
    if (message.type !== "constant" && message.type !== "noConstant") return;
    const { name } = message;
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    if (message.type === "constant") this.keep(name);
    for (const told of waiting) told(message.type === "constant");
  }

  readonly handleOf = (ref: FunctionRef): FunctionHandle => {
    const key = refKey(ref);
    let handle = this.#handles.get(key);
    if (handle === undefined) {
      this.#handles.set(key, handle = new FunctionHandle(ref, undefined));
    }
    return handle;
  };

  readonly fetch = (
    _ref: FunctionRef,
    needs: readonly string[],
    done: (fn: AnyFunction) => void,
    failed: (error: unknown) => void,
  ): void => {
    const missing = needs.filter((name) => !this.#kept.has(name));
    let open = missing.length + 1;
    const told = (isHere: boolean) => {
      if (!isHere) {
        open = Infinity;
        failed(new Error("a scattered value was not there"));
      } else if (--open === 0) done(this.call);
    };
    for (const name of missing) {
      this.#waiting.set(name, [...this.#waiting.get(name) ?? [], told]);
      this.ask(name);
    }
    this.process.after(FETCH, () => told(true));
  };

  /** The handle of a function that is called here. */
  handle(fn: string): FunctionHandle {
    const handle = this.handleOf({ kind: "builtin", name: fn });
    handle.fn ??= this.call;
    return handle;
  }
}
