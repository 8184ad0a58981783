/**
 * What happens in a run, as one stream: the state machines of brokers and workers write it as
 * actions, so that a simulation yields the same stream as a run. A {@link RunModel} takes it in, and
 * everything that shows a run reads the model.
 *
 * @module
 */

import type { Tally } from "../wire/tally.ts";

/** One thing that happened. `at` is in milliseconds since 1970, by the clock of who observed it. */
export type RunEvent =
  /** The run begins. */
  | {
    readonly kind: "started";
    readonly at: number;
    readonly program: string;
    /** Workers planned, the origin among them. */
    readonly workers: number;
  }
  /** A worker can run tasks. */
  | {
    readonly kind: "joined";
    readonly at: number;
    readonly broker: string;
    readonly worker: string;
    readonly host: string;
    readonly pid: number;
    readonly origin: boolean;
    /** It owns the workers and executes nothing itself, so it is none of them. */
    readonly owner?: boolean;
  }
  /** A worker was lost, and so many unfinished tasks run again. */
  | {
    readonly kind: "lost";
    readonly at: number;
    /** The one that says so: the worker may be with another by then. */
    readonly broker: string;
    readonly worker: string;
    readonly reason: string;
    readonly again: number;
  }
  /** A worker has left in good order. */
  | {
    readonly kind: "left";
    readonly at: number;
    readonly broker: string;
    readonly worker: string;
  }
  /** A lost worker, or one that wanted it, is replaced by a new process. */
  | {
    readonly kind: "replaced";
    readonly at: number;
    readonly worker: string;
    readonly by: string;
    readonly reason: string;
    /** It had nothing that would be lost with it: that is no loss. */
    readonly retired: boolean;
  }
  /** What a worker has done since it told last. */
  | { readonly kind: "tally"; readonly at: number; readonly worker: string; readonly tally: Tally }
  /** How a broker stands, told as often as the tallies. */
  | {
    readonly kind: "broker";
    readonly at: number;
    readonly broker: string;
    readonly workers: number;
    /** Bundles that wait in it. */
    readonly queuedBundles: number;
    /** Bundles it has given to workers, and to other brokers, since it told last. */
    readonly given: number;
    readonly lent: number;
    /** The longest that its event loop was late since then, in milliseconds. */
    readonly lagMs: number;
    /** Bytes of memory of its process. */
    readonly rss: number;
    /** The function of the oldest bundle that each of its workers has, by the worker's name. */
    readonly current: Readonly<Record<string, string>>;
  }
  /** A broker was lost. */
  | {
    readonly kind: "brokerLost";
    readonly at: number;
    readonly broker: string;
    readonly reason: string;
  }
  /** The run is over; the exit code, as far as it is known. */
  | { readonly kind: "ended"; readonly at: number; readonly code: number; readonly reason: string };

type WithoutShell<E> = E extends { kind: "broker" } ? Omit<E, "at" | "lagMs" | "rss">
  : Omit<E, "at">;

/** An event as a state machine writes it: its shell knows the time, and what its process takes. */
export type Observed = RunEvent extends infer E ? E extends RunEvent ? WithoutShell<E> : never
  : never;
