/** Poolifier: a pool of threads. Arguments: the package.json beside its folder, the workload. */

import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { answer } from "./pool_work.mjs";

const [from, input] = process.argv.slice(2);
const { FixedThreadPool } = createRequire(from)("poolifier");
const workload = JSON.parse(input);

/** Its default sends every task to a thread at once, which is quickest where all are short. */
const QUEUED = { enableTasksQueue: true, tasksQueueOptions: { concurrency: 1 } };
const OPTIONS = { spin: QUEUED, tail: QUEUED, queue: QUEUED };

function open() {
  const before = process.memoryUsage.rss();
  const worker = fileURLToPath(new URL("./poolifier_worker.mjs", import.meta.url));
  const pool = new FixedThreadPool(2, worker, {
    workerOptions: { workerData: from },
    ...OPTIONS[workload.work],
  });
  return {
    call: (name, argument) => pool.execute(argument, name),
    queued: () => pool.info.queuedTasks,
    residentWorker() {
      const bytes = (process.memoryUsage.rss() - before) / 2;
      return { bytes, note: "a thread: half of what the process grew by" };
    },
    stop: () => pool.destroy(),
  };
}

await answer(open, workload);
