/** Piscina: a pool of threads. Arguments: the package.json beside its folder, the workload. */

import { createRequire } from "node:module";
import process from "node:process";
import { answer } from "./pool_work.mjs";

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

function open() {
  const before = process.memoryUsage.rss();
  const piscina = new Piscina({
    filename: new URL("./pool_tasks.mjs", import.meta.url).href,
    minThreads: 2,
    maxThreads: 2,
    taskQueue: new FixedQueue(),
    ...OPTIONS[workload.work],
  });
  return {
    call: (name, argument) => piscina.run(argument, { name }),
    queued: () => piscina.queueSize,
    residentWorker() {
      const bytes = (process.memoryUsage.rss() - before) / 2;
      return { bytes, note: "a thread: half of what the process grew by" };
    },
    stop: () => piscina.destroy(),
  };
}

await answer(open, workload);
