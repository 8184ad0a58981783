/** Workerpool: a pool of processes. Arguments: the package.json beside its folder, the workload. */

import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { answer } from "./pool_work.mjs";

const [from, input] = process.argv.slice(2);
const workerpool = createRequire(from)("workerpool");
const workload = JSON.parse(input);
const hasArrays = workload.work === "array" || workload.work === "arguments";

function open() {
  const worker = fileURLToPath(new URL("./workerpool_worker.mjs", import.meta.url));
  const pool = workerpool.pool(worker, {
    minWorkers: 2,
    maxWorkers: 2,
    workerType: "process",
    forkArgs: [from],
    // JSON, the default, is quicker for numbers and knows no typed arrays.
    forkOpts: { serialization: hasArrays ? "advanced" : "json" },
  });
  return {
    call: (name, argument) => pool.exec(name, [argument]),
    queued: () => pool.stats().pendingTasks,
    residentWorker: async () => ({ bytes: await pool.exec("resident", []) }),
    stop: () => pool.terminate(),
  };
}

await answer(open, workload);
