/**
 * What a process of the run tells, now and then, of the work it has done since it told last.
 *
 * Everything is counted where it arises and travels as sums, so that what is told does not grow with
 * the number of tasks: a worker that runs a million tasks a second sends the same few numbers as one
 * that runs ten.
 *
 * @module
 */

/** What became of the tasks of one function, in one process, since the last tally. */
export interface FunctionTally {
  /** The function's name for people. */
  label: string;
  /** Tasks that this process has spawned, as far as they are known: a generator's once it is read. */
  spawned: number;
  /** Tasks spawned here, wherever they ran, that have returned, and that have failed for good. */
  done: number;
  failed: number;
  /** Tasks spawned here that are tried once more, since they threw or their worker was lost. */
  retried: number;
  /** Tasks spawned here that nobody wants any more, or that were given up. */
  dropped: number;
  /** Tasks that ran here, and those of them that threw or ran longer than they may. */
  ran: number;
  threw: number;
  /** Milliseconds these tasks held a processor, waiting left out. */
  ms: number;
  /** The longest of them, in milliseconds. */
  maxMs: number;
  /** How long tasks ran: pairs of a bucket of `telemetry/histogram.ts` and a number of tasks. */
  run: number[];
  /** The same for how long tasks waited, from being spawned to being begun. */
  wait: number[];
  /** Bytes of arguments and of results that went to other processes, or came from them. */
  bytesIn: number;
  bytesOut: number;
}

/** A stretch of time in which a process ran tasks of one function, one after the other. */
export interface Block {
  /** Its number in this process, from 1 on. */
  id: number;
  /** The function's name. */
  label: string;
  /** Of which block the tasks were spawned, as `worker:id`; of the program when it is empty. */
  parent: string;
  /** Milliseconds since 1970, by this process's clock. */
  from: number;
  to: number;
  /** Milliseconds of that in which its tasks held the processor. */
  ms: number;
  /** How many tasks, and how many of them failed. */
  tasks: number;
  failed: number;
  /** True when it is one task that waited meanwhile, so that others ran beside it. */
  waited: boolean;
  /** What a single, slow task was called with, shortened; empty otherwise. */
  inputs: string;
  /** Milliseconds its first task had waited since it was spawned, where that was measured. */
  waitMs?: number;
}

/** See the module's text. */
export interface Tally {
  /** Tallies of a process are numbered from 1 on: one that is said again is known by that. */
  number: number;
  /** When it was made, in milliseconds since 1970, by the process's own clock. */
  at: number;
  /** Milliseconds since the last one. */
  spanMs: number;
  /** Milliseconds of these in which tasks held the processor. */
  busyMs: number;
  /** Milliseconds of processor time that the process took meanwhile. */
  cpuMs: number;
  /** Bytes of memory the process has now. */
  rss: number;
  /** The longest that its event loop was late meanwhile, in milliseconds. */
  lagMs: number;
  /** Tasks that are begun and have no outcome. */
  running: number;
  /** Tasks that wait here. */
  queued: number;
  functions: FunctionTally[];
  /** Only where somebody wants to see each stretch of work. */
  blocks: Block[];
}
