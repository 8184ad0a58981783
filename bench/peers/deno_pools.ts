/**
 * Peers that run under Deno, with Deno's own Workers.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Contestant } from "../contestant.ts";
import { measure, run } from "../process.ts";
import type { Workload } from "../workload.ts";
import { poolRefuses } from "./refusals.ts";

/** Milliseconds that fetching a package may take. */
const FETCH = 60_000;

/** Deno's own Workers, by hand. */
export const denoWorkers: Contestant = {
  name: "Deno Workers",
  role: "peer",
  prepare: () => Promise.resolve(`Workers of Deno ${Deno.version.deno} in a pool written by hand`),
  refuses: poolRefuses,
  measure: (workload, limit) => measure(command("deno_workers.mjs", workload), limit),
};

/** Multithreading, from npm. */
export const multithreading: Contestant = {
  name: "multithreading",
  role: "peer",
  async prepare() {
    const version = await packageVersion("multithreading.mjs", "multithreading");
    return `multithreading ${version} under Deno ${Deno.version.deno}`;
  },
  refuses: (workload) =>
    workload.work === "queue"
      ? "it has no queue: calls go to the threads at once"
      : poolRefuses(workload),
  measure: (workload, limit) => measure(command("multithreading.mjs", workload), limit),
};

function command(driver: string, workload: Workload) {
  return { command: Deno.execPath(), args: ["run", "-A", path(driver), JSON.stringify(workload)] };
}

/** Fetches what a driver imports, and returns the version of a package among that. */
async function packageVersion(driver: string, name: string): Promise<string> {
  const args = ["info", "--json", path(driver)];
  const { stdout, stderr } = await run({ command: Deno.execPath(), args }, FETCH);
  const version = new RegExp(`"${name}@(\\d+\\.\\d+\\.\\d+)`).exec(stdout)?.[1];
  if (version !== undefined) return version;
  throw new Error(stderr.trim().split("\n", 1)[0] || `npm has no ${name}`);
}

function path(driver: string): string {
  return fileURLToPath(new URL(driver, import.meta.url));
}
