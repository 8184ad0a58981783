/** Piscina: a pool of threads. Arguments: the package.json beside its folder, the workload. */

import { createRequire } from "node:module";
import process from "node:process";
import { answer } from "./pool_work.mjs";
import { threadPool } from "./thread_pool.mjs";

const [from, input] = process.argv.slice(2);
const { Piscina, FixedQueue } = createRequire(from)("piscina");
const workload = JSON.parse(input);

/** What was quickest, of 1, 16, 64 tasks per thread at once and all three ways to wait. */
const SHORT = { concurrentTasksPerWorker: 64, atomics: "async" };
const OPTIONS = {
  map: SHORT,
  submit: SHORT,
  coldSubmit: SHORT,
  // As many as there are: they wait in the threads.
  naps: { concurrentTasksPerWorker: workload.tasks, atomics: "async" },
};

const open = threadPool((options) =>
  new Piscina({ ...options, taskQueue: new FixedQueue(), ...OPTIONS[workload.work] })
);

await answer(open, workload);
