/**
 * This project, run with its command, or its broker alone.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Contestant } from "../contestant.ts";
import { type Command, measure } from "../process.ts";
import { type ProfileFlags, profileFolder, profileInto } from "../profile.ts";
import { WORKERS, type Workload } from "../workload.ts";

/** Programs run with the command. */
const PROGRAMS: Partial<Record<Workload["work"], string>> = {
  map: "map.ts",
  submit: "submit.ts",
  coldSubmit: "cold_submit.ts",
  growth: "growth.ts",
  fib: "fib.ts",
  coldFib: "cold_fib.ts",
  latency: "latency.ts",
  spin: "spin.ts",
  tail: "tail.ts",
  naps: "naps.ts",
  late: "late.ts",
  array: "array.ts",
  arguments: "arguments.ts",
  hello: "hello.ts",
  idle: "idle.ts",
};
/** Programs that start a broker and speak its protocol. */
const CLIENTS: Partial<Record<Workload["work"], string>> = {
  queue: "queue.ts",
  dispatch: "dispatch.ts",
  federation: "federation.ts",
};

/** @param profiles where the processes write profiles, a folder for each workload; or nowhere. */
export function ours(profiles?: string): Contestant {
  return {
    name: "scoop",
    role: "ours",
    prepare: () => Promise.resolve(`this project, ${WORKERS} workers`),
    refuses: () => undefined,
    async measure(workload, limit) {
      const profile = profiles && await profileInto(profileFolder(profiles, workload));
      return await measure(command(workload, profile || undefined), limit);
    },
  };
}

/** What being looked at could make slower: it costs by the task. */
const WATCHED: Workload["work"][] = ["map", "submit", "fib", "latency", "spin", "tail", "late"];

/** This project with somebody who looks at each stretch of work: what being seen costs. */
export const watched: Contestant = {
  name: "watched",
  role: "ours",
  prepare: () => Promise.resolve("this project, with --dashboard"),
  refuses: ({ work }) =>
    WATCHED.includes(work) ? undefined : "being looked at makes no difference to it",
  measure: (workload, limit) => measure(command(workload, undefined, ["--dashboard=0"]), limit),
};

function command(
  workload: Workload,
  profile: ProfileFlags | undefined,
  flags: readonly string[] = [],
): Command {
  const { work } = workload;
  const program = PROGRAMS[work];
  const input = JSON.stringify(workload);
  if (program === undefined) {
    return {
      command: Deno.execPath(),
      args: ["run", "-A", path(`../programs/${CLIENTS[work]}`), input],
      env: { BENCH_BROKER_FLAGS: JSON.stringify(profile?.flags ?? []) },
    };
  }
  const workers = ["-n", String(WORKERS)];
  const executable = profile === undefined ? [] : ["--deno-executable", profile.executable];
  return {
    command: Deno.execPath(),
    args: [
      "run",
      "-A",
      ...profile?.flags ?? [],
      path("../../cli.ts"),
      ...workers,
      ...flags,
      ...executable,
      path(`../programs/${program}`),
      input,
    ],
  };
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
