/** Tinypool: a pool of threads. Arguments: the package.json beside its folder, the workload. */

import { createRequire } from "node:module";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { answer } from "./pool_work.mjs";
import { threadPool } from "./thread_pool.mjs";

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

const open = threadPool((options) => new Tinypool({ ...options, ...OPTIONS[workload.work] }));

await answer(open, workload);
