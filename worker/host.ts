/**
 * What a worker's shell needs of the process around it: time, sockets, and functions. The simulation
 * brings another one, in which time is virtual; everything else of a worker is the same there.
 *
 * @module
 */

import { lookup } from "../futures/function_lookup.ts";
import { handleOfRef } from "../futures/function_handle.ts";
import type { FunctionHandle } from "../futures/function_handle.ts";
import type { FunctionRef } from "../futures/function_ref.ts";
import { EVENT_LOOP } from "../futures/pace.ts";
import type { Pace } from "../futures/pace.ts";
import { areHere, load } from "../futures/scatter.ts";
import { LIMITS } from "../wire/limits.ts";
import { whenTurnEnds } from "../wire/receiver.ts";
import { keepTime } from "../wire/served_clock.ts";
import { setTimeout } from "../wire/timers.ts";
import type { Environment } from "./environment.ts";
import type { LateBroker } from "./network_options.ts";
import { breatheWell, loadSockets, useConnections } from "../wire/socket.ts";
import { openLink } from "./link.ts";
import { takenByThisProcess } from "./taken.ts";
import type { Taken } from "./taken.ts";
import type { LinkEvents } from "./worker_link.ts";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** See the module's text. */
export interface Host extends Pace {
  /**
   * Calls `run` after so many milliseconds, unless the returned function is called before. It does
   * not keep the process alive if `unref` is set.
   */
  after(milliseconds: number, run: () => void, unref?: boolean): () => void;
  /** Milliseconds since 1970. */
  wall(): number;
  /**
   * Calls `run` when the messages that have come together were taken in.
   *
   * @returns false when none are being taken in
   */
  whenTurnEnds(run: () => void): boolean;
  /** What the process takes of its machine. */
  taken(): Taken;
  /** A clock that counts the time in which this process was served, with its beats. */
  keepTime(onBeat: () => void, unref: boolean): { now(): number; stop(): void };
  /** Opens the connection, once it is known where the broker is. */
  connect(
    environment: Environment,
    late: Promise<LateBroker> | undefined,
    events: LinkEvents,
  ): void;
  /** The handle of a function that arrived by its address. */
  handleOf(ref: FunctionRef): FunctionHandle;
  /** Whether scattered values are in this process. */
  areHere(names: readonly string[]): boolean;
  /** Looks a function up and loads scattered values. */
  fetch(
    ref: FunctionRef,
    needs: readonly string[],
    done: (fn: AnyFunction) => void,
    failed: (error: unknown) => void,
  ): void;
}

/** This process. */
export const THIS_PROCESS: Host = {
  ...EVENT_LOOP,
  wall: () => performance.timeOrigin + performance.now(),
  whenTurnEnds,
  taken: takenByThisProcess,
  after(milliseconds, run, unref = false) {
    if (!unref) return EVENT_LOOP.after(milliseconds, run);
    const timer = setTimeout(run, milliseconds);
    Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  },
  keepTime(onBeat, unref) {
    const { clock, stop } = keepTime({ everyMs: LIMITS.workerTickMs, onBeat, unref });
    return { now: () => clock.now(), stop };
  },
  connect(environment, late, events) {
    void connect(environment, late, events);
  },
  handleOf: handleOfRef,
  areHere,
  fetch(ref, needs, done, failed) {
    Promise.all([lookup(ref), ...needs.map(load)]).then(([fn]) => done(fn), failed);
  },
};

async function connect(
  environment: Environment,
  late: Promise<LateBroker> | undefined,
  events: LinkEvents,
): Promise<void> {
  try {
    // A process that is a worker and nothing else. A program with an Executor computes nothing, and
    // its tests would find a connection that they have not opened.
    const isWorker = late === undefined;
    if (isWorker) useConnections();
    // May load libzmq, so only for those who are in a run.
    const [broker] = await Promise.all([
      late,
      loadSockets(isWorker ? addressesOf(environment) : []),
    ]);
    if (isWorker) breatheWell();
    const known = { ...environment, ...broker };
    events.opened(await openLink(known, events), known);
  } catch (error) {
    events.failed(error);
  }
}

/** Of every broker that it may have. */
function addressesOf({ brokerAddress, metaAddress, others }: Environment): string[] {
  return [brokerAddress, metaAddress, ...others.flatMap(({ task, meta }) => [task, meta])];
}
