/**
 * What is measured, in words that every contestant understands, and what it answers.
 *
 * @module
 */

/** One piece of work. Contestants get it as JSON on their command line. */
export type Workload =
  /** A function that returns its argument, mapped over 0 … tasks - 1. */
  | { work: "map"; tasks: number; warmUp: number }
  /** The same function, one call and one future for each number. */
  | { work: "submit"; tasks: number; warmUp: number }
  /** The same as soon as the program begins: starting a pool is part of it. */
  | { work: "coldSubmit"; tasks: number }
  /** No-ops, so many at once and then so many, when all workers are there. */
  | { work: "growth"; how: "map" | "submit"; tasks: number[]; mostRuns: number }
  /** Fibonacci numbers by tasks that spawn two more each. */
  | { work: "fib"; n: number; warmUp: number }
  /** The same as soon as the program begins. */
  | { work: "coldFib"; n: number }
  /** One no-op after the other, elsewhere or where it was spawned, with a pause of so many ms. */
  | { work: "latency"; where: "remote" | "local"; samples: number; pause: number }
  /** Tasks that keep a processor busy for so many milliseconds each. */
  | { work: "spin"; milliseconds: number; tasks: number }
  /** The same, with some that are so many times as long: those with these numbers. */
  | { work: "tail"; milliseconds: number; tasks: number; times: number; long: number[] }
  /** Tasks that do nothing but await a timer. */
  | { work: "naps"; milliseconds: number; tasks: number }
  /** How late the program knows of the results of such tasks, or of its own I/O meanwhile. */
  | { work: "late"; what: "results" | "operations"; milliseconds: number; tasks: number }
  /** A Float64Array there and back, one trip after the other. */
  | { work: "array"; bytes: number; trips: number }
  /** A Float64Array of its own for each task, all at once; only a number comes back. */
  | { work: "arguments"; bytes: number; tasks: number }
  /** Start, one task, stop. */
  | { work: "hello" }
  /** Memory of a worker that has nothing to do. */
  | { work: "idle" }
  /** Memory of the process that holds the queue. */
  | { work: "queue"; tasks: number; perBundle: number }
  /** A broker between one origin and workers that only answer. */
  | { work: "dispatch"; workers: number; bundles: number }
  /** The same with several brokers, the origin at one of them. */
  | { work: "federation"; brokers: number; workers: number; bundles: number };

/** The workload of one kind. */
export type WorkloadOf<W extends Workload["work"]> = Extract<Workload, { work: W }>;

/** What a contestant prints, as JSON, on the last line of its stdout. */
export interface Answer {
  /** Whether every result was what it had to be. */
  right: boolean;
  /** How long the work took, without start, warm-up and end. */
  seconds?: number;
  /** Milliseconds of each single trip, or delay; of all tasks at once, for each number of them. */
  samples?: number[];
  /** Resident memory. */
  bytes?: number;
  /** Seconds of processor time that the broker used. */
  brokerSeconds?: number;
  /** Said under the table, such as the chunk size that was best. */
  note?: string;
}

/** An answer, and how long the whole process took. */
export interface Measured extends Answer {
  /** Seconds from the start of the process to its end. */
  elapsed: number;
}

/** Number of workers, everywhere. */
export const WORKERS = 2;
