/**
 * `deno task simulate`: how good the schedules are, in virtual time, and what one dispatch costs.
 *
 * The best possible time of a workload is taken as the larger of two bounds that no schedule beats:
 * its work divided by the workers, and its longest chain of tasks.
 *
 * @module
 */

import { Dispatcher } from "../../broker/dispatcher.ts";
import { encodeEach } from "../../wire/codec.ts";
import { PROTOCOL } from "../../wire/messages.ts";
import type { BundleMessage } from "../../wire/messages.ts";
import { seeded } from "./clock.ts";
import { simulate } from "./simulation.ts";
import type { Spec } from "./simulation.ts";
import { bursty, heavyTailed, longestChain, nested, totalWork, uniform } from "./workload.ts";

const WORKERS = [2, 8, 64, 512, 4096, 10_000];
/** Tasks for each worker, so that a run is long enough to be judged by its middle. */
const TASKS_PER_WORKER = 40;
const MOST_TASKS = 200_000;

const WORKLOADS: Record<string, (tasks: number, seed: number) => Spec[]> = {
  uniform: (tasks) => uniform(tasks, 50),
  "heavy-tailed": (tasks, seed) => heavyTailed(seeded(seed), tasks, 50),
  nested: (tasks, seed) => nested(seeded(seed), { tasks, fanOut: 6, depth: 5, mean: 50 }),
  bursty: (tasks, seed) => bursty(seeded(seed), tasks, 50),
};

if (import.meta.main) {
  schedules();
  federations();
  dispatches();
}

/** All tasks enter at one broker of many. */
function federations(): void {
  console.log(
    "\nShare of the time in which the workers of a federation are busy; 30 tasks of 1 s for",
  );
  console.log("each worker, all entering at one broker, links between brokers of 1 to 50 ms:\n");
  console.log(row("brokers", ["workers", "tasks", "busy"]));
  for (const [brokers, workers] of [[2, 200], [4, 1_000], [16, 1_600], [16, 16_000]] as const) {
    const tasks = 30 * workers;
    const program = uniform(tasks, 1_000);
    const run = simulate({ workers, brokers, program, seed: 1, linkDelays: [1, 50] });
    if (run.sum !== tasks) throw new Error(`${run.sum} of ${tasks} tasks were done`);
    const busy = `${(100 * run.work / (run.time * workers)).toFixed(1)} %`;
    console.log(row(String(brokers), [String(workers), String(tasks), busy]));
  }
}

function schedules(): void {
  console.log(
    "Time over the best possible schedule (median of 3 seeds below 1,000 workers), tasks of 50 ms on average",
  );
  console.log("and messages that take 0.2 ms:\n");
  const names = Object.keys(WORKLOADS);
  console.log(row("workers", ["tasks", ...names]));
  for (const workers of WORKERS) {
    const tasks = Math.min(MOST_TASKS, workers * TASKS_PER_WORKER);
    const cells = names.map((name) => {
      const ratios = [1, 2, 3].map((seed) =>
        overBest(WORKLOADS[name]!(tasks, seed), workers, seed)
      );
      return `${ratios.sort((a, b) => a - b)[1]!.toFixed(3)}`;
    });
    console.log(row(String(workers), [String(tasks), ...cells]));
  }
}

function overBest(program: Spec[], workers: number, seed: number): number {
  const best = Math.max(totalWork(program) / workers, longestChain(program));
  const run = simulate({ workers, program, seed });
  if (run.errors.length > 0) throw run.errors[0];
  return run.time / best;
}

function dispatches(): void {
  console.log(
    "\nMicroseconds of the broker for one bundle, from its arrival to its result's departure",
  );
  console.log("(median of 5):\n");
  console.log(row("workers", ["1,000 queued", "100,000 queued", "1,000,000 queued"]));
  for (const workers of [10, 1000, 10_000]) {
    const cells = [1_000, 100_000, 1_000_000].map((queued) => {
      const times = Array.from({ length: 5 }, () => dispatchTime(workers, queued));
      return times.sort((a, b) => a - b)[2]!.toFixed(2);
    });
    console.log(row(String(workers), cells));
  }
}

/** Microseconds for each of some thousand bundles, with `queued` others waiting behind. */
export function dispatchTime(workers: number, queued: number): number {
  const dispatcher = new Dispatcher({
    name: "broker",
    key: "",
    size: workers,
    program: "",
    modules: [],
  });
  for (let i = 0; i < workers; i++) {
    const name = i === 0 ? "origin" : `worker-${i}`;
    const hello = { protocol: PROTOCOL, name, origin: i === 0, key: "", pid: 1, host: "here" };
    dispatcher.receive(name, { type: "hello", ...hello }, 0);
  }
  const payload = encodeEach([[1]]);
  const bundle = (id: number): BundleMessage => ({
    type: "bundle",
    payload,
    bundle: {
      owner: "origin",
      id,
      base: 0,
      count: 1,
      fn: { kind: "builtin", name: "Math.sqrt" },
      label: "Math.sqrt",
      attempt: 0,
      retries: 2,
      priority: 0,
      timeout: 0,
      estimate: 1,
      needs: [],
    },
  });
  let id = 0;
  while (id < queued) dispatcher.receive("origin", bundle(++id), 0);
  const rounds = 5_000;
  const granted = new Map<string, number>();
  const began = performance.now();
  for (let i = 0; i < rounds; i++) {
    const name = `worker-${1 + i % (workers - 1)}`;
    const bundles = (granted.get(name) ?? 0) + 1;
    granted.set(name, bundles);
    dispatcher.receive("origin", bundle(++id), 0);
    const given = dispatcher.receive(name, { type: "credit", bundles, idle: true }, 0);
    const action = given.find((one) => one.kind === "send" && one.message.type === "bundle");
    if (action?.kind !== "send" || action.message.type !== "bundle") throw new Error("no bundle");
    const { owner, id: done, base } = action.message.bundle;
    const result = { owner, id: done, base, count: 1, elapsed: 1, failed: [] };
    dispatcher.receive(name, { type: "result", result, payload }, 0);
  }
  return 1000 * (performance.now() - began) / rounds;
}

function row(first: string, cells: string[]): string {
  return first.padStart(8) + cells.map((cell) => cell.padStart(18)).join("");
}
