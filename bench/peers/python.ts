/**
 * Python's ProcessPoolExecutor: with chunks of one, and with the chunk that suits each workload.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Contestant } from "../contestant.ts";
import { measure, run } from "../process.ts";
import type { Workload } from "../workload.ts";
import { poolRefuses } from "./refusals.ts";

const SCRIPT = fileURLToPath(new URL("process_pool.py", import.meta.url));

/** Milliseconds that it has to say its version. */
const START = 10_000;
/** Where a chunk makes a difference. */
const CHUNKED: Workload["work"][] = ["map", "spin"];

/** Sizes tried for the best; small ones only where tasks are long. */
function chunksFor(workload: Workload): number[] {
  return workload.work === "spin" ? [1, 10, 100] : [100, 1_000, 10_000];
}

function pythonContestant(name: string, best: boolean): Contestant {
  return {
    name,
    role: best ? "bound" : "peer",
    async prepare() {
      const { stdout, code } = await run({ command: "python3", args: ["--version"] }, START)
        .catch((error) => {
          if (error instanceof Deno.errors.NotFound) throw new Error("python3 was not found");
          throw error;
        });
      if (code !== 0) throw new Error("python3 does not run");
      const chunk = best ? "the best of a few chunk sizes" : "chunksize=1";
      return `ProcessPoolExecutor of ${stdout.trim()}, ${chunk}`;
    },
    refuses(workload) {
      if (workload.work === "naps") return "its tasks are no async functions";
      if (best && !CHUNKED.includes(workload.work)) return "chunks are for maps of equal tasks";
      return poolRefuses(workload);
    },
    measure(workload, limit) {
      const chunks = best ? chunksFor(workload) : [1];
      const args = [SCRIPT, JSON.stringify({ ...workload, chunks })];
      return measure({ command: "python3", args }, limit);
    },
  };
}

/** With the chunk left alone, which is 1. */
export const pythonPool = pythonContestant("python pool", false);
/** With the best chunk that was found by trying. */
export const pythonBestChunk = pythonContestant("python, chunks", true);
