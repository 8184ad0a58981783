/**
 * What a worker's shell needs of the process around it, in virtual time.
 *
 * @module
 */

import { FunctionHandle } from "../../futures/function_handle.ts";
import { refKey } from "../../futures/function_ref.ts";
import type { FunctionRef } from "../../futures/function_ref.ts";
import { LIMITS } from "../../wire/limits.ts";
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

  /** @param call what every function of the program is */
  constructor(
    private readonly process: Process,
    private readonly open: Connect,
    private readonly call: AnyFunction,
  ) {}

  readonly now = (): number => this.process.now + this.process.skew;
  readonly wall = (): number => this.process.now;
  readonly taken = () => ({ cpuMs: 0, rss: 0 });
  readonly whenTurnEnds = (run: () => void): boolean => this.process.whenTurnEnds(run);
  readonly soon = (run: () => void): void => this.process.soon(run);
  readonly later = (run: () => void): void => this.process.later(run);
  readonly drain = (run: () => void): void => this.process.drain(run);
  readonly after = (milliseconds: number, run: () => void): () => void =>
    this.process.after(Math.max(LEAST_TIMER, milliseconds), run);
  readonly keepTime = (onBeat: () => void): { now(): number; stop(): void } =>
    this.process.keepTime(LIMITS.workerTickMs, onBeat);

  readonly connect = (environment: Environment, _late: unknown, events: LinkEvents): void =>
    this.open(environment, events);

  readonly areHere = (): boolean => true;

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
    _needs: readonly string[],
    done: (fn: AnyFunction) => void,
  ): void => void this.process.after(FETCH, () => done(this.call));

  /** The handle of a function that is called here. */
  handle(fn: string): FunctionHandle {
    const handle = this.handleOf({ kind: "builtin", name: fn });
    handle.fn ??= this.call;
    return handle;
  }
}
