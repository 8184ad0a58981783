/**
 * The brokers of a run: the first in this process, further ones where the plan says.
 *
 * @module
 */

import { getLogger } from "../telemetry/logging.ts";
import type { BrokerHandle } from "../broker/broker.ts";
import type { RunEvent } from "../telemetry/events.ts";
import { inAddress } from "./hosts.ts";
import { LIMITS } from "../wire/limits.ts";
import type { Addresses, Listening } from "./listening.ts";
import type { Place } from "./place.ts";
import type { Observation } from "./observation.ts";
import type { Plan } from "./plan.ts";
import { describeExit, within } from "./process.ts";
import type { RunningProcess } from "./process.ts";
import { commonFlags, loudness } from "./setup.ts";
import type { Setup } from "./setup.ts";
import type { Output } from "./output.ts";
import { hostOf } from "./place.ts";
import { encodeLogWay } from "../telemetry/marks.ts";

/** What brokers tell the run. */
export interface BrokerEvents {
  /** A worker has imported the program and can run tasks; of several brokers, which of them says so. */
  onWorkerJoined(name: string, broker?: string): void;
  /** A broker has noticed by itself that a worker is gone, be it to another broker. */
  onWorkerLost(name: string, reason: string, broker?: string): void;
  /** A worker does not come back from a task. */
  onWorkerStuck(name: string, reason: string): void;
  /** A worker has nothing that would be lost with it, and is to be replaced. */
  onWorkerRetired(name: string, reason: string): void;
  /** The origin has said goodbye or was lost. */
  onEnd(reason: string): void;
}

/** What a broker is told of. */
type Told = "workerExited" | "workerExceeds" | "drain" | "resize" | "join";

/** A broker as the run sees it, wherever it is. */
export interface RunBroker extends Pick<BrokerHandle, Told> {
  readonly name: string;
  /** The addresses it gave itself. */
  readonly addresses: Addresses;
  /** Its process, unless it is in this one. */
  readonly process: RunningProcess | undefined;
  /** Workers that are connected now, as far as that is known: one in this process says so. */
  readonly workers: number;
  close(reason: string): Promise<void>;
}

/** What all brokers of a run have in common. */
export interface BrokerFacts {
  /** The origin owns the workers and executes nothing itself. */
  readonly owned?: boolean;
  readonly plan: Plan;
  readonly key: string;
  readonly listening: Listening;
  readonly events: BrokerEvents;
  /** Whoever shows the run; without anybody, a broker answers questions about it by itself. */
  readonly observation: Pick<Observation, "watched" | "onEvent" | "stats"> | undefined;
}

/** Starts the only broker, in this process. */
export async function startOnlyBroker(
  setup: Setup,
  { plan, key, listening, events, observation }: BrokerFacts,
): Promise<RunBroker> {
  const { startBroker } = await import("../broker/broker.ts");
  const { name } = plan.brokers[0]!;
  const { task, meta } = listening.addresses(name);
  const handle = await startBroker({
    name,
    taskAddress: task,
    metaAddress: meta,
    runKey: key,
    ...(listening.keys && { keys: listening.keys }),
    size: plan.size,
    replaces: true,
    program: { main: setup.program.url, modules: [...setup.modules] },
    ...events,
    ...observation,
  });
  return {
    name,
    addresses: { task: handle.taskAddress, meta: handle.metaAddress },
    process: undefined,
    get workers() {
      return handle.workers;
    },
    workerExited: handle.workerExited,
    workerExceeds: handle.workerExceeds,
    drain: handle.drain,
    join: handle.join,
    resize: handle.resize,
    close: handle.close,
  };
}

/** A broker's addresses for processes of a place. */
export function seenFrom({ addresses }: Pick<RunBroker, "addresses">, place: Place): Addresses {
  const translate = (address: string) => {
    const [, host, port] = /^tcp:\/\/(.*):(\d+)$/.exec(address) ?? [];
    // In the run's folder; then all places are on this host.
    if (host === undefined) return address;
    const forwarded = place.ports.get(`${host}:${port}`);
    if (forwarded !== undefined) return `tcp://127.0.0.1:${forwarded}`;
    return host === "*" ? `tcp://${inAddress(place.launcherHost)}:${port}` : address;
  };
  return { task: translate(addresses.task), meta: translate(addresses.meta) };
}

/**
 * Starts a broker in a process of its own: of several, any may be lost.
 *
 * @param advertise the name under which others reach the place, if they do
 * @throws {Error} when it does not start; the message says why
 */
export async function startBrokerProcess(
  setup: Setup,
  { plan, key, owned, listening: { keys, open, addresses: choose }, events, observation }:
    BrokerFacts,
  name: string,
  place: Place,
  advertise: string,
): Promise<RunBroker> {
  const { equipment } = place;
  const { program, modules, options } = setup;
  const verbosity = loudness(options);
  const isNamed = options.verbosity > 0 && setup.log === undefined;
  const { promise: announced, resolve: announce } = Promise.withResolvers<void>();
  let addresses: Addresses | undefined;
  const { task, meta } = choose(name);
  const told = {
    name,
    address: task,
    "meta-address": meta,
    size: plan.size,
    ...(open && { advertise: inAddress(advertise) }),
  };
  const process = place.start({
    name,
    args: [
      "run",
      "-A",
      ...commonFlags(setup, name),
      ...equipment.brokerFlags,
      equipment.broker,
      "--announce",
      "--replaces",
      ...(owned ? ["--owned"] : []),
      ...(observation ? ["--events"] : []),
      ...(observation?.watched ? ["--watched"] : []),
      ...Object.entries(told).map(([option, value]) => `--${option}=${value}`),
      ...(verbosity > 0 ? [`-${"v".repeat(verbosity)}`] : []),
    ],
    env: {
      ...equipment.env,
      SCOOP_KEY: key,
      SCOOP_LOG: encodeLogWay(setup.log?.way),
      SCOOP_BROKER_KEYS: keys?.encode() ?? "",
    },
    stdin: "piped",
    stdout: listener((line) => {
      if (line.task !== undefined && line.meta !== undefined) {
        addresses = { task: line.task, meta: line.meta };
        announce();
      }
      if (line.event) observation?.onEvent(line.event);
      if (line.askStats !== undefined) void answerStats(line.askStats);
      if (line.workerJoined) events.onWorkerJoined(line.workerJoined.name, name);
      if (line.workerLost) events.onWorkerLost(line.workerLost.name, line.workerLost.reason, name);
      if (line.workerStuck) events.onWorkerStuck(line.workerStuck.name, line.workerStuck.reason);
      if (line.ended !== undefined) events.onEnd(line.ended);
      const retired = line.workerRetired;
      if (retired) events.onWorkerRetired(retired.name, retired.reason);
    }),
    stderr: setup.outputsOf(name, hostOf(place)).stderr,
    lines: { name: isNamed ? name : undefined, last: "completed" },
  });
  const tell = (message: unknown) => process.tell(JSON.stringify(message) + "\n");
  const answerStats = async (id: number) =>
    tell({ stats: { id, stats: await observation?.stats() } });
  // It waits for this before it listens: workers may be there before it is.
  tell({ program: { main: program.url, modules } });
  await within(Promise.race([announced, process.exited]), LIMITS.announcedMs);
  if (addresses === undefined) {
    const how = process.alive() ? "it does not answer" : describeExit(await process.exited);
    process.kill("SIGKILL");
    throw new Error(`${name} did not start on ${place.host} (${how})`);
  }
  return {
    name,
    addresses,
    process,
    workers: 0,
    workerExited: (name, reason) => tell({ workerExited: { name, reason } }),
    workerExceeds: (name, excess) => tell({ workerExceeds: { name, excess } }),
    drain: (reason) => tell({ drain: reason }),
    join: (peers) => tell({ peers }),
    resize: (size) => tell({ size }),
    async close(reason) {
      tell({ close: reason });
      await within(process.exited, LIMITS.closeAwayMs);
      process.kill("SIGKILL");
    },
  };
}

/** What a broker prints, line by line. */
interface Line {
  task?: string;
  meta?: string;
  event?: RunEvent;
  /** A question for the run's numbers, which has a number itself. */
  askStats?: number;
  workerJoined?: { name: string };
  workerLost?: { name: string; reason: string };
  workerStuck?: { name: string; reason: string };
  workerRetired?: { name: string; reason: string };
  ended?: string;
}

function listener(onLine: (line: Line) => void): Output {
  const decoder = new TextDecoder();
  let held = "";
  return {
    write(bytes) {
      const lines = (held + decoder.decode(bytes, { stream: true })).split("\n");
      held = lines.pop()!;
      for (const line of lines) {
        try {
          // Its lines have prefixes, as everybody's.
          onLine(JSON.parse(line.slice(line.indexOf("{"))));
        } catch {
          getLogger("launch").debug("a broker printed {line}", { line });
        }
      }
      return Promise.resolve();
    },
    flush: () => Promise.resolve(),
  };
}
