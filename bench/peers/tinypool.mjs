/** Tinypool: a pool of threads. Arguments: the package.json beside its folder, the workload. */

import { createRequire } from "node:module";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { answer } from "./pool_work.mjs";

const [from, input] = process.argv.slice(2);
const { Tinypool } = await import(pathToFileURL(createRequire(from).resolve("tinypool")).href);
const workload = JSON.parse(input);

/** As for piscina, which it was made from; it has no other way to wait. */
const SHORT = { concurrentTasksPerWorker: 64 };
const OPTIONS = {
  map: SHORT,
  submit: SHORT,
  coldSubmit: SHORT,
  // While its threads wait for messages as they usually do, no timer of theirs runs.
  naps: { concurrentTasksPerWorker: workload.tasks, useAtomics: false },
};

function open() {
  const before = process.memoryUsage.rss();
  const tinypool = new Tinypool({
    filename: new URL("./pool_tasks.mjs", import.meta.url).href,
    minThreads: 2,
    maxThreads: 2,
    ...OPTIONS[workload.work],
  });
  return {
    call: (name, argument) => tinypool.run(argument, { name }),
    queued: () => tinypool.queueSize,
    residentWorker() {
      const bytes = (process.memoryUsage.rss() - before) / 2;
      return { bytes, note: "a thread: half of what the process grew by" };
    },
    stop: () => tinypool.destroy(),
  };
}

await answer(open, workload);
