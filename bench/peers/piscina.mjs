/** Piscina: a pool of threads. Arguments: the package.json beside its folder, the workload. */

import { createRequire } from "node:module";
import process from "node:process";
import { answer } from "./node_pool.mjs";

const [from, input] = process.argv.slice(2);
const { Piscina, FixedQueue } = createRequire(from)("piscina");
const workload = JSON.parse(input);
const before = process.memoryUsage.rss();

/** What was quickest, of 1, 16, 64 tasks per thread at once and all three ways to wait. */
const forShortTasks = { concurrentTasksPerWorker: 64, atomics: "async" };

const piscina = new Piscina({
  filename: new URL("./node_tasks.mjs", import.meta.url).href,
  minThreads: 2,
  maxThreads: 2,
  taskQueue: new FixedQueue(),
  ...(workload.work === "map" || workload.work === "submit" ? forShortTasks : {}),
});

await answer({
  call: (name, argument) => piscina.run(argument, { name }),
  queued: () => piscina.queueSize,
  residentWorker() {
    const bytes = (process.memoryUsage.rss() - before) / 2;
    return { bytes, note: "a thread: half of what the process grew by" };
  },
  stop: () => piscina.destroy(),
}, workload);
