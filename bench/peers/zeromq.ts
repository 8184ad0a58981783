/**
 * Raw zeromq, as a floor: what a farm written for one purpose reaches, with a ROUTER that hands out
 * numbers and DEALERs that do something to them. It loses its tasks with its workers, has no
 * futures, and knows one function.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Contestant } from "../contestant.ts";
import { type Command, measure } from "../process.ts";
import type { Workload } from "../workload.ts";
import { poolRefuses } from "./refusals.ts";

/** Between Deno processes. */
export const zeromq: Contestant = {
  name: "raw zeromq",
  role: "bound",
  async prepare() {
    const { version } = await import("./zeromq_socket.ts");
    return `libzmq ${version} between Deno processes, in chunks of 1,000 for map`;
  },
  refuses(workload) {
    if (workload.work === "queue") return "it hands out numbers, and keeps none";
    return workload.work === "dispatch" ? undefined : poolRefuses(workload);
  },
  measure: (workload, limit) => measure(command(workload), limit),
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
