/**
 * Facts about the run.
 *
 * @module
 */

import { runtime } from "./runtime.ts";
import type { RunInfo } from "./runtime.ts";

/**
 * Facts about the run this process takes part in.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { scoop } from "@scoop/futures";
 *
 * console.log(`${scoop.workerName} is one of ${scoop.size}`);
 * assert(scoop.isRunning || scoop.size === 1);
 * ```
 */
export const scoop: RunInfo = {
  get isRunning() {
    return runtime().info.isRunning;
  },
  get isOrigin() {
    return runtime().info.isOrigin;
  },
  get size() {
    return runtime().info.size;
  },
  get workerName() {
    return runtime().info.workerName;
  },
  get brokerName() {
    return runtime().info.brokerName;
  },
};

// So that console.log(scoop) shows the facts and not that there are getters.
Object.defineProperty(scoop, Symbol.for("Deno.customInspect"), {
  value: (inspect: (value: unknown) => string) => inspect({ ...runtime().info }),
});
