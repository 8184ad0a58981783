/**
 * Python's ProcessPoolExecutor: with chunks of one, and with the chunk that suits each workload.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { type Contestant, TIMEOUT } from "../contestant.ts";
import { measure, run } from "../process.ts";
import type { Workload } from "../workload.ts";

const SCRIPT = fileURLToPath(new URL("process_pool.py", import.meta.url));

const WORK: Workload["work"][] = ["map", "submit", "spin", "array", "hello", "idle"];
/** Where a chunk makes a difference. */
const CHUNKED: Workload["work"][] = ["map", "spin"];

/** Sizes tried for the best; small ones only where tasks are long. */
function chunksFor(workload: Workload): number[] {
  return workload.work === "spin" ? [1, 10, 100] : [100, 1_000, 10_000];
}

function pythonContestant(name: string, best: boolean): Contestant {
  return {
    name,
    async prepare() {
      const { stdout, code } = await run({ command: "python3", args: ["--version"] }, TIMEOUT)
        .catch((error) => {
          if (error instanceof Deno.errors.NotFound) throw new Error("python3 was not found");
          throw error;
        });
      if (code !== 0) throw new Error("python3 does not run");
      const chunk = best ? "the best of a few chunk sizes" : "chunksize=1";
      return `ProcessPoolExecutor of ${stdout.trim()}, ${chunk}`;
    },
    can(workload) {
      if (best) return CHUNKED.includes(workload.work);
      if (workload.work === "latency") return workload.where === "remote";
      if (workload.work === "queue") return workload.perBundle === 1;
      return WORK.includes(workload.work);
    },
    measure(workload) {
      const chunks = best ? chunksFor(workload) : [1];
      const args = [SCRIPT, JSON.stringify({ ...workload, chunks })];
      return measure({ command: "python3", args }, TIMEOUT);
    },
  };
}

/** With the chunk left alone, which is 1. */
export const pythonPool = pythonContestant("python pool", false);
/** With the best chunk that was found by trying. */
export const pythonBestChunk = pythonContestant("python, chunks", true);
