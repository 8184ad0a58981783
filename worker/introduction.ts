/**
 * How a worker introduces itself to its broker.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { PROTOCOL } from "../wire/messages.ts";
import type { ConnectionOptions } from "./connection.ts";
import { hostname } from "./environment.ts";
import type { Environment } from "./environment.ts";

/**
 * What a worker's connection is to know.
 *
 * @param environment undefined for a program that is in no run
 */
export function connectionOptions(environment: Environment | undefined): ConnectionOptions {
  const session = crypto.randomUUID();
  if (environment === undefined) {
    return { introduction: undefined, session, remedy: "", firstAnswerMs: 0 };
  }
  const { workerName: name, isOrigin: origin, size, keys } = environment;
  return {
    introduction: { protocol: PROTOCOL, name, origin, pid: Deno.pid, host: hostname() },
    session,
    // A broker does not answer those who have other keys: to the worker, it is as if there were none.
    remedy: keys === undefined
      ? "start one, or set BROKER_ADDRESS to where it is"
      : "start one, set BROKER_ADDRESS to where it is, or set SCOOP_KEYS to the keys that it has",
    // Whoever launched this process has a broker, which may be stopped for a while.
    firstAnswerMs: size > 0 ? LIMITS.silenceMs : LIMITS.firstAnswerMs,
  };
}
