/**
 * Workers of a program's own: for programs that are not run by the command, such as a web server.
 *
 * @module
 */

import { CancelledError } from "../wire/errors.ts";
import { LIMITS } from "../wire/limits.ts";
import { outcomeOf } from "../futures/future.ts";
import type { Future } from "../futures/future.ts";
import type { IterablesOf, MapResult } from "../futures/map.ts";
import { checkOptions } from "../futures/options.ts";
import type { SpawnOptions } from "../futures/options.ts";
import { indexExports, setProgram } from "../futures/function_ref.ts";
import { ownMain } from "../futures/program.ts";
import { submitWith } from "../futures/submit.ts";
import type { Settled } from "../futures/settled.ts";
import { futuresWith } from "../futures/with_options.ts";
import type { Futures, SettledFutures } from "../futures/with_options.ts";
import { refuseUnknown } from "../futures/known_options.ts";
import type { RunStats } from "../telemetry/stats.ts";
import { setInterval, setTimeout } from "../wire/timers.ts";
import { outOfRange } from "../wire/user_stack.ts";
import { endWithoutTeardown } from "../worker/end.ts";
import { resultFile } from "../worker/environment.ts";
import { WorkerRuntime } from "../worker/runtime.ts";
import { openResults } from "../worker/results.ts";
import { flagsOf } from "./executor_flags.ts";
import { ownEnvironment, refuseWorkers } from "./executor_owner.ts";
import { resumeFlag } from "./resume_options.ts";
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
  /**
   * Serves a page that shows the work while it goes on, and says on stderr where: `true` for this
   * host alone, or a port, or `"host:port"`. See `--dashboard`.
   */
  dashboard?: boolean | number | string;
}

/** How an {@link Executor} ends. */
export interface ShutdownOptions {
  /**
   * Whether what was submitted is done before; true by default. Otherwise what has no result by then
   * is given up: PEP 3148 lets it go on, but here its workers end.
   */
  wait?: boolean;
  /** Whether all tasks are cancelled, those that have begun too; false by default. */
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
export class Executor implements AsyncDisposable, Futures {
  readonly #ready = Promise.withResolvers<void>();
  /** Keeps the process alive for who awaits that. */
  #awaited: ReturnType<typeof setInterval> | undefined;
  /** The same for as long as this has not been shut down. */
  #kept: ReturnType<typeof setInterval> | undefined;
  #isSettled = false;
  #attached = true;
  readonly #runtime: WorkerRuntime;
  readonly #team: Promise<Team>;
  readonly #results: ReturnType<typeof openResults> | undefined;
  readonly #futures = new Set<Future<unknown>>();
  /** Calls that go on submitting: `mapReduce` and `mapScan`. */
  readonly #calls = new Set<Promise<unknown>>();
  /** Aborted when nothing that has not begun is wanted any more. */
  readonly #cancelled = new AbortController();
  #closed: Promise<void> | undefined;
  /** Whether what was submitted is waited for when it is shut down. */
  #waits = true;

  /**
   * Begins to start workers; tasks can be submitted at once.
   *
   * @throws {RangeError} when `workers` is no whole number from 1 on.
   * @throws {TypeError} when there is no option of a name that was given, or `flags` are no texts.
   * @throws {Error} when the file of the flag `--resume` cannot be used.
   * @throws {Error} in a task, and while a worker imports the program: workers that own workers
   * would start them without end.
   */
  constructor(options: ExecutorOptions = {}) {
    refuseUnknown("new Executor()", options, ["workers", "flags", "dashboard"]);
    const { workers = navigator.hardwareConcurrency } = options;
    const flags = flagsOf(options);
    if (!Number.isSafeInteger(workers) || workers < 1) {
      throw outOfRange(`workers must be a whole number, 1 or more, got ${workers}`);
    }
    refuseWorkers();
    const file = resumeFlag(flags) ?? resultFile();
    this.#results = file === undefined ? undefined : openResults(file);
    setProgram({ main: ownMain(), modules: [] });
    endWithoutTeardown();
    // Loaded when it is needed: most programs that import this library are run by the command.
    this.#team = import("./team.ts").then(({ startTeam }) => startTeam(workers, flags));
    const broker = this.#team.then((team) => team.broker);
    broker.catch(() => {});
    this.#runtime = new WorkerRuntime(ownEnvironment(workers), {
      prepare: () => indexExports(),
      broker,
      results: this.#results,
    });
    this.#ready.promise.catch(() => {});
    this.#ready.promise.then(() => this.#endWait(), () => this.#endWait());
    this.#team.then(({ ready, lost }) => {
      ready.then(this.#ready.resolve);
      lost.then((error) => {
        this.#ready.reject(error);
        void this.#runtime.leave(error);
      });
    }, this.#ready.reject);
  }

  /**
   * Fulfilled when all workers have imported the program and can run its functions. Who has asked
   * for it keeps the process alive until then.
   *
   * It rejects, as does every task, when a worker cannot import the program: at once when its
   * import throws or takes longer than 30 seconds, and after three starts when it ends meanwhile.
   * The message tells what it wrote on stderr.
   */
  get ready(): Promise<void> {
    if (!this.#isSettled) {
      this.#awaited ??= setInterval(() => {}, 1 << 30);
      if (!this.#attached) Deno.unrefTimer(this.#awaited);
    }
    return this.#ready.promise;
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
    return this.#with({}).map(fn, ...iterables);
  }

  /**
   * The same, but results come as they are ready. See {@link mapAsCompleted}.
   *
   * @throws {Error} after {@link shutdown}.
   */
  mapAsCompleted<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): AsyncIterableIterator<Awaited<R>> {
    return this.#with({}).mapAsCompleted(fn, ...iterables);
  }

  /**
   * The same, but failures are results too. See {@link mapSettled}.
   *
   * @throws {Error} after {@link shutdown}.
   */
  mapSettled<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): MapResult<Settled<A, Awaited<R>>> {
    return this.#with({}).mapSettled(fn, ...iterables);
  }

  /**
   * Maps and reduces on the workers. See {@link mapReduce}.
   *
   * @throws {Error} after {@link shutdown}.
   */
  mapReduce<A extends unknown[], R>(
    mapFn: (...args: A) => R,
    reduceFn: (a: Awaited<R>, b: Awaited<R>) => Awaited<R> | PromiseLike<Awaited<R>>,
    ...iterables: IterablesOf<A>
  ): Promise<Awaited<R>> {
    return this.#with({}).mapReduce(mapFn, reduceFn, ...iterables);
  }

  /**
   * Maps and folds up to each element on the workers. See {@link mapScan}.
   *
   * @throws {Error} after {@link shutdown}.
   */
  mapScan<A extends unknown[], R>(
    mapFn: (...args: A) => R,
    reduceFn: (a: Awaited<R>, b: Awaited<R>) => Awaited<R> | PromiseLike<Awaited<R>>,
    ...iterables: IterablesOf<A>
  ): Promise<Awaited<R>[]> {
    return this.#with({}).mapScan(mapFn, reduceFn, ...iterables);
  }

  /**
   * The same calls with options for all their tasks. See {@link withOptions}.
   *
   * @throws {TypeError} naming the option that is wrong.
   */
  withOptions(options: SpawnOptions & { settled: true }): SettledFutures;
  /** The same without `settled`: a task that fails makes its place reject. */
  withOptions(options: SpawnOptions): Futures;
  withOptions(options: SpawnOptions): Futures | SettledFutures {
    return this.#with({ ...checkOptions(options) });
  }

  #with(options: SpawnOptions): Futures {
    const signals = [this.#cancelled.signal, options.signal].filter((one) => one !== undefined);
    const all = { ...options, signal: AbortSignal.any(signals) };
    const futures = futuresWith(all, () => this.#turn());
    return {
      ...futures,
      submit: (fn, ...args) => this.#submit(options, fn, args),
      mapReduce: (...args) => this.#note(futures.mapReduce(...args)),
      mapScan: (...args) => this.#note(futures.mapScan(...args)),
    };
  }

  /**
   * Has this process go on until {@link shutdown}, also when the program waits for nothing. Without
   * it, and without {@link unref}, the process goes on while a result, or {@link ready}, is awaited.
   *
   * @returns this
   */
  ref(): this {
    this.#attach(true);
    if (this.#closed === undefined) this.#kept ??= setInterval(() => {}, 1 << 30);
    return this;
  }

  /**
   * Has this process end when it has nothing else to do, even if a result is awaited.
   *
   * @returns this
   */
  unref(): this {
    this.#attach(false);
    clearInterval(this.#kept);
    this.#kept = undefined;
    return this;
  }

  #attach(attached: boolean): void {
    this.#attached = attached;
    this.#runtime.attach(attached);
    if (this.#awaited === undefined) return;
    if (attached) Deno.refTimer(this.#awaited);
    else Deno.unrefTimer(this.#awaited);
  }

  /** The work of this Executor's workers in numbers. See {@link Scoop.stats}. */
  stats(): Promise<RunStats> {
    return this.#runtime.stats();
  }

  /**
   * Ends the workers; fulfilled when they have ended. A second call waits for the first, which it may
   * hurry: by `cancelFutures`, and by `wait: false`.
   */
  shutdown(options: ShutdownOptions = {}): Promise<void> {
    refuseUnknown("shutdown()", options, ["wait", "cancelFutures"]);
    const { wait = true, cancelFutures = false } = options;
    this.#waits &&= wait;
    if (cancelFutures) {
      for (const future of this.#futures) future.cancel({ running: true });
      this.#cancelled.abort(new CancelledError("the Executor was shut down"));
    }
    return this.#closed ??= this.#shutdown();
  }

  /** {@link shutdown} at the end of an `await using` declaration. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  #note<T>(call: Promise<T>): Promise<T> {
    this.#calls.add(call);
    const forget = () => void this.#calls.delete(call);
    call.then(forget, forget);
    return call;
  }

  #endWait(): void {
    this.#isSettled = true;
    clearInterval(this.#awaited);
    this.#awaited = undefined;
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

  async #shutdown(): Promise<void> {
    let team: Team;
    try {
      team = await this.#team;
    } catch {
      // It never began, which those who submitted were told.
      return this.#detach();
    }
    while (this.#waits && (this.#runtime.pending > 0 || this.#calls.size > 0) && !team.over) {
      await new Promise((resolve) => setTimeout(resolve, LIMITS.doneLookMs));
    }
    const error = new CancelledError("the Executor was shut down");
    this.#ready.reject(error);
    await this.#runtime.leave(error);
    await team.end();
    this.#detach();
  }

  #detach(): void {
    this.#results?.close();
    clearInterval(this.#kept);
    this.#kept = undefined;
  }
}
