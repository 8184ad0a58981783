/**
 * How late a program knows of results, and its own I/O is, while every worker is busy.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { runProgram } from "../launch_program.ts";

/** Milliseconds: the median, the slowest percent, the slowest. */
export interface Delays {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** What a run has shown. */
export interface Lateness {
  /** From a result being ready to the program knowing it. */
  readonly late: Delays;
  /** What looking a file up took in the program, and how often it was done. */
  readonly io: Delays;
  readonly rounds: number;
  /** Milliseconds of the whole. */
  readonly took: number;
}

const PROGRAM = fileURLToPath(new URL("./programs/lateness.ts", import.meta.url));

/** Measures a run with so many workers, of so many tasks of `milliseconds` each. */
export async function measureLateness(
  { workers, tasks = 1200, milliseconds = 3 }: {
    workers: number;
    tasks?: number;
    milliseconds?: number;
  },
): Promise<Lateness> {
  const args = [String(tasks), String(milliseconds)];
  const { code, stdout, stderr } = await runProgram(PROGRAM, { workers, flags: ["-A"], args });
  if (code !== 0 || stderr !== "") throw new Error(`exit code ${code}: ${stderr}`);
  return JSON.parse(stdout);
}
