/**
 * Workers of a program's own: for programs that are not run by the command, such as a web server.
 *
 * @module
 */

import { BrokerLostError, CancelledError } from "../wire/errors.ts";
import { LIMITS } from "../wire/limits.ts";
import { outcomeOf } from "../futures/future.ts";
import type { Future } from "../futures/future.ts";
import { mapWith } from "../futures/map.ts";
import type { IterablesOf, MapResult } from "../futures/map.ts";
import { checkOptions } from "../futures/options.ts";
import type { SpawnOptions } from "../futures/options.ts";
import { indexExports, setProgram } from "../futures/function_ref.ts";
import { submitWith } from "../futures/submit.ts";
import { endWithoutTeardown } from "../worker/end.ts";
import { readEnvironment } from "../worker/environment.ts";
import { WorkerRuntime } from "../worker/runtime.ts";
import type { Team } from "./team.ts";

/** How an {@link Executor} is made. */
export interface ExecutorOptions {
  /** Number of workers; one for each processor by default. */
  workers?: number;
  /**
   * Flags of the `scoop` command, such as `--allow-net=example.org` for what tasks may do, or
   * `--nice=10`. Without any, tasks may read the program's folder, and nothing else.
   */
  flags?: readonly string[];
}

/** How an {@link Executor} ends. */
export interface ShutdownOptions {
  /** Whether what was submitted is done before; true by default. */
  wait?: boolean;
  /** Whether tasks that have not begun are cancelled; false by default. */
  cancelFutures?: boolean;
}

/**
 * Workers of this process's own, after {@link https://peps.python.org/pep-3148/ | PEP 3148}: it
 * starts a broker and workers beside this process, and ends them with {@link shutdown}, at the end
 * of an `await using` declaration, or when the program ends, however it does. This process itself
 * executes no tasks, and may do what it likes for as long as it likes: the workers go on. There may
 * be several.
 *
 * Functions, values and errors are those of {@link submit} and {@link map}. Workers import the
 * program's main module for its functions, so what only the program is to do stands under
 * `if (import.meta.main)`. The process needs permission to run Deno (`--allow-run`), to read, to
 * load zeromq (`--allow-ffi`) and to read its environment.
 *
 * @example
 * ```ts ignore
 * import { Executor } from "jsr:@scoop/futures";
 *
 * export function render(page: string): string {
 *   return page.toUpperCase(); // something that takes long
 * }
 *
 * if (import.meta.main) {
 *   await using pool = new Executor({ workers: 4 });
 *   await Deno.serve(async (request) => {
 *     return new Response(await pool.submit(render, new URL(request.url).pathname));
 *   }).finished;
 * }
 * ```
 */
export class Executor implements AsyncDisposable {
  /** Fulfilled when the workers have been started; rejects when they cannot be. */
  readonly ready: Promise<void>;
  readonly #runtime: WorkerRuntime;
  readonly #team: Promise<Team>;
  readonly #futures = new Set<Future<unknown>>();
  /** Aborted when nothing that has not begun is wanted any more. */
  readonly #cancelled = new AbortController();
  #closed: Promise<void> | undefined;

  /**
   * Begins to start workers; tasks can be submitted at once.
   *
   * @throws {RangeError} when `workers` is no whole number from 1 on.
   * @throws {Error} while a worker imports the program: it would start workers without end.
   */
  constructor(options: ExecutorOptions = {}) {
    const { workers = navigator.hardwareConcurrency, flags = [] } = options;
    if (!Number.isSafeInteger(workers) || workers < 1) {
      throw new RangeError(`workers must be a whole number, 1 or more, got ${workers}`);
    }
    if (readEnvironment()?.isOrigin === false) {
      throw new Error(
        "an Executor was made while a worker imported the program: put the program's own code in " +
          '"if (import.meta.main) { … }"',
      );
    }
    setProgram({ main: Deno.mainModule, modules: [] });
    endWithoutTeardown();
    // Loaded when it is needed: most programs that import this library are run by the command.
    this.#team = import("./team.ts").then(({ startTeam }) => startTeam(workers, flags));
    const broker = this.#team.then((team) => team.broker);
    broker.catch(() => {});
    this.ready = this.#team.then(() => {});
    this.ready.catch(() => {});
    this.#runtime = new WorkerRuntime(ownEnvironment(workers), {
      prepare: () => indexExports(),
      broker,
    });
    this.#team.then(({ lost }) => lost).then((how) => {
      this.#runtime.leave(new BrokerLostError(`the broker of the Executor is lost (${how})`));
    }, () => {});
  }

  /**
   * Calls `fn(...args)` on one of the workers. See {@link submit}.
   *
   * @throws {Error} after {@link shutdown}.
   */
  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>> {
    return this.#submit(undefined, fn, args);
  }

  /**
   * Calls `fn` for each element of an iterable, or of several, on the workers. See {@link map}.
   *
   * @throws {Error} after {@link shutdown}.
   */
  map<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): MapResult<Awaited<R>> {
    return mapWith({ signal: this.#cancelled.signal }, fn, iterables, this.#turn());
  }

  /**
   * `submit` and `map` with options for all their tasks. See {@link withOptions}.
   *
   * @throws {TypeError} naming the option that is wrong.
   */
  withOptions(options: SpawnOptions): Pick<Executor, "submit" | "map"> {
    const checked = { ...checkOptions(options) };
    return {
      submit: (fn, ...args) => this.#submit(checked, fn, args),
      map: (fn, ...iterables) => {
        const signals = [this.#cancelled.signal, checked.signal].filter((one) => one !== undefined);
        const signal = AbortSignal.any(signals);
        return mapWith({ ...checked, signal }, fn, iterables, this.#turn());
      },
    };
  }

  /** Ends the workers; fulfilled when they have ended. A second call waits for the first. */
  shutdown(options: ShutdownOptions = {}): Promise<void> {
    return this.#closed ??= this.#shutdown(options);
  }

  /** {@link shutdown} at the end of an `await using` declaration. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  #submit<A extends unknown[], R>(
    options: SpawnOptions | undefined,
    fn: (...args: A) => R,
    args: A,
  ): Future<Awaited<R>> {
    const future = submitWith(options, fn, args, this.#turn());
    this.#futures.add(future);
    // Not a callback of the user's, which would keep the process alive.
    outcomeOf(future).listen(() => void this.#futures.delete(future));
    return future;
  }

  #turn() {
    if (this.#closed === undefined) return this.#runtime.program!;
    throw new Error("the Executor was shut down: it takes no more tasks");
  }

  async #shutdown({ wait = true, cancelFutures = false }: ShutdownOptions): Promise<void> {
    if (cancelFutures) {
      for (const future of this.#futures) future.cancel();
      this.#cancelled.abort(new CancelledError("the Executor was shut down"));
    }
    let team: Team;
    try {
      team = await this.#team;
    } catch {
      // It never began, which those who submitted were told.
      return;
    }
    while (wait && this.#runtime.pending > 0 && !team.over) {
      await new Promise((resolve) => setTimeout(resolve, LIMITS.doneLookMs));
    }
    await this.#runtime.leave(new CancelledError("the Executor was shut down"));
    await team.end();
  }
}

/** This process as the owner of workers; the broker is told later. */
function ownEnvironment(workers: number) {
  return {
    isOrigin: true,
    workerName: "origin",
    brokerName: "broker",
    brokerAddress: "",
    metaAddress: "",
    key: "",
    keys: undefined,
    size: workers,
    program: Deno.mainModule,
    verbosity: 0,
  };
}
