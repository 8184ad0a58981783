/**
 * How a worker introduces itself to its broker, and to the tasks that ask where they are.
 *
 * @module
 */

import type { RunInfo } from "../futures/runtime.ts";
import { Complaints } from "../wire/complaints.ts";
import { LIMITS } from "../wire/limits.ts";
import { PROTOCOL } from "../wire/messages.ts";
import type { WorkerEvent } from "./actions.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionOptions } from "./connection_options.ts";
import { hostname } from "./environment.ts";
import type { Environment } from "./environment.ts";
import type { Reactor } from "./reactor.ts";
import type { LinkEvents, WorkerLink } from "./worker_link.ts";

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
  const { workerName: name, isOrigin: origin, size, others, brokerGraceMs } = environment;
  return {
    introduction: { protocol: PROTOCOL, name, origin, pid: Deno.pid, host: hostname() },
    session,
    remedy: remedyOf(environment),
    // Whoever launched this process has a broker, which may be stopped for a while.
    firstAnswerMs: size > 0 ? LIMITS.silenceMs : LIMITS.firstAnswerMs,
    isThere: size > 0,
    others: others.length,
    brokerGraceMs: Math.max(LIMITS.brokerGraceMs, brokerGraceMs),
  };
}

/** A broker does not answer those who have other keys: to the worker, it is as if there were none. */
function remedyOf({ keys }: Environment): string {
  return keys === undefined
    ? "start one, or set BROKER_ADDRESS to where it is"
    : "start one, set BROKER_ADDRESS to where it is, or set SCOOP_KEYS to the keys that it has";
}

/**
 * What is told at the end of a program that was begun by hand, when no broker has answered it; or
 * undefined.
 */
export function unansweredText(
  environment: Environment | undefined,
  { state }: Pick<Connection, "state">,
): string | undefined {
  // Whoever launched this process has a broker.
  if (!environment?.isOrigin || environment.size > 0) return undefined;
  if (state.kind !== "greeting" || state.without !== undefined) return undefined;
  const { brokerAddress } = environment;
  return `no broker had answered at ${brokerAddress} when the program ended, all of which ran in ` +
    `this process: ${remedyOf(environment)}`;
}

/** What a program may know of its run. */
export function runInfo(
  environment: Environment | undefined,
  { size, brokerName }: Pick<Reactor, "size" | "brokerName">,
): RunInfo {
  return {
    isRunning: environment !== undefined,
    isOrigin: environment?.isOrigin ?? true,
    size,
    workerName: environment?.workerName ?? "origin",
    brokerName: brokerName || (environment?.brokerName ?? ""),
  };
}

/** Whom a connection tells. */
export interface LinkListener {
  receive(event: WorkerEvent): void;
  /** Tells a person. */
  report(text: string): void;
  /** The sockets are there; false when they are not wanted any more: the run may be over by now. */
  accept(link: WorkerLink): boolean;
}

/** What happens on a connection, as events of a worker. */
export function linkEvents({ receive, report, accept }: LinkListener): LinkEvents {
  const troubles = new Complaints(report);
  return {
    message: (numbered) => receive({ kind: "message", numbered }),
    broke: () => receive({ kind: "broke" }),
    trouble: (error) => troubles.add(`a message could not be handled: ${error}`, performance.now()),
    opened: (link, { brokerAddress: address, key }) => {
      if (accept(link)) receive({ kind: "opened", address, key });
      else void link.close();
    },
    failed: (error) => {
      const failure = error instanceof Error ? error : new Error(String(error));
      receive({ kind: "failed", error: failure });
    },
  };
}
