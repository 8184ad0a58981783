/** A worker of workerpool. Argument: the package.json beside the package's folder. */

import { createRequire } from "node:module";
import process from "node:process";
import * as tasks from "./pool_tasks.mjs";

createRequire(process.argv[2])("workerpool").worker({ ...tasks });
