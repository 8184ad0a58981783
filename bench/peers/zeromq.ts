/**
 * Raw zeromq, as a floor: what a farm written for one purpose reaches, with a ROUTER that hands out
 * numbers and DEALERs that do something to them. It loses its tasks with its workers, has no
 * futures, and knows one function.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { type Contestant, TIMEOUT } from "../contestant.ts";
import { type Command, measure } from "../process.ts";
import type { Workload } from "../workload.ts";

const WORK: Workload["work"][] = ["map", "submit", "spin", "array", "hello", "idle", "dispatch"];

/** Between Deno processes. */
export const zeromq: Contestant = {
  name: "raw zeromq",
  async prepare() {
    const { version } = await import("./zeromq_socket.ts");
    return `libzmq ${version} between Deno processes, in chunks of 1,000 for map`;
  },
  can(workload) {
    if (workload.work === "latency") return workload.where === "remote";
    return WORK.includes(workload.work);
  },
  measure: (workload) => measure(command(workload), TIMEOUT),
};

function command(workload: Workload): Command {
  const input = JSON.stringify(workload);
  const args = workload.work === "dispatch"
    ? [path("../programs/dispatch.ts"), input, import.meta.resolve("./zeromq_relay.ts")]
    : [path("./zeromq_farm.ts"), input];
  return { command: Deno.execPath(), args: ["run", "-A", ...args] };
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
