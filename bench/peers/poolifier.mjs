/** Poolifier: a pool of threads. Arguments: the package.json beside its folder, the workload. */

import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { answer } from "./pool_work.mjs";

const [from, input] = process.argv.slice(2);
const { FixedThreadPool } = createRequire(from)("poolifier");
const workload = JSON.parse(input);

/**
 * Its default, which was quickest with short tasks and with long ones, sends every task to a thread
 * at once; only with a queue of its own is there one to look at.
 */
const OPTIONS = {
  queue: { enableTasksQueue: true, tasksQueueOptions: { concurrency: 1 } },
};

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
