/** A worker of poolifier. Its data: the package.json beside the package's folder. */

import { createRequire } from "node:module";
import { workerData } from "node:worker_threads";
import * as tasks from "./pool_tasks.mjs";

const { ThreadWorker } = createRequire(workerData)("poolifier");
new ThreadWorker({ ...tasks });
