/**
 * A run from its first process to its exit code.
 *
 * @module
 */

import { getLogger } from "../telemetry/logging.ts";
import { breathe } from "../wire/breath.ts";
import { LIMITS } from "../wire/limits.ts";
import { seenFrom, startBrokerProcess, startOnlyBroker } from "./brokers.ts";
import type { BrokerFacts, RunBroker } from "./brokers.ts";
import { createCrew } from "./crew.ts";
import { inspectFlags } from "./deno_flags.ts";
import type { Crew } from "./crew.ts";
import { closePlaces, describeKill, endProcesses } from "./ending.ts";
import type { Share } from "./hosts.ts";
import { watchMemory } from "./memory_watch.ts";
import { drainLater } from "./job_end.ts";
import type { Draining } from "./job_end.ts";
import { listen } from "./interruption.ts";
import type { Interruption } from "./interruption.ts";
import { decideListening, socketPaths } from "./listening.ts";
import { observe } from "./observation.ts";
import type { Observation } from "./observation.ts";
import { OUTPUT_LOST } from "./outputs.ts";
import { describeSize, makePlan } from "./plan.ts";
import type { Plan, PlannedBroker } from "./plan.ts";
import { HERE, placeHere } from "./place.ts";
import type { Place } from "./place.ts";
import { openPlaces } from "./places.ts";
import { describeExit } from "./process.ts";
import type { RunningProcess } from "./process.ts";
import { startReaper } from "./reaper.ts";
import type { Reaper } from "./reaper.ts";
import { makeRunFolder, removeForsaken } from "./run_folder.ts";
import type { Allocation } from "./schedulers.ts";
import type { Setup } from "./setup.ts";
import type { UserSignals } from "./signals.ts";
import { createStarter } from "./starter.ts";
import type { Starter } from "./starter.ts";

/** A shell's way to say that a command died of a signal: 128 and the signal's number. */
const SIGNAL_EXIT = 128;

/** The run could not be started in full: no worker but the origin can run tasks. */
const FAILED = 1;

/** The job's time was over before the program had ended: as sysexits(3) has it, try again later. */
const DRAINED = 75;

/** What reaches the run from outside. */
export interface Outside {
  /** Those are for the program, once it runs. */
  readonly signals: UserSignals;
  /** When no more tasks are to be begun, in milliseconds since 1970; undefined for never. */
  readonly drainAt: number | undefined;
}

/** The run, as far as it has come. */
interface Running {
  readonly setup: Setup;
  readonly crew: Crew;
  readonly reaper: Reaper;
  readonly observation: Observation;
  readonly brokers: RunBroker[];
  places: Place[];
  origin: RunningProcess | undefined;
  /** The origin has said goodbye, or was lost. */
  originLeft: boolean;
  /** The program has ended, or is to. */
  ending: boolean;
  /** No worker can import the program. */
  failed: boolean;
  /** Set when the program runs. */
  draining: Draining | undefined;
  /** Ends what tells those who look for a broker that none is left. */
  noneLeft: Promise<() => Promise<void>> | undefined;
}

/**
 * Runs the program.
 *
 * @param planned what will be done if all hosts can be reached
 * @returns the command's exit code
 * @throws {Error} when the run cannot be started
 */
export async function run(
  given: Setup,
  allocation: Allocation,
  shares: readonly Share[],
  planned: Plan,
  { signals, drainAt }: Outside,
): Promise<number> {
  const log = getLogger("launch");
  const away = shares.some(({ host }) => !allocation.isHere(host));
  // What is in the memory of one host cannot be seen on another.
  const shared = away ? undefined : given.shared;
  const { options } = given;
  const observation = await observe({
    program: given.program.url,
    workers: planned.size,
    ...{ dashboard: options.dashboard, profile: options.profile, progress: options.progress },
    ...{ verbosity: options.verbosity, stderr: given.stderr, screen: given.screen },
  });
  const folder = makeRunFolder(shared);
  const names = planned.brokers.map(({ name }) => name);
  const reach = away ? options.tunnel ? "tunnels" : "other hosts" : "this host";
  const listening = await decideListening(reach, folder, names);
  const setup = { ...given, shared, sockets: socketPaths(listening, names) };
  let starter: Starter | undefined;
  const hopeless = Promise.withResolvers<void>();
  const running: Running = {
    setup,
    reaper: startReaper({ folder: folder?.path, shared: folder?.shared, lock: setup.lock }),
    observation,
    brokers: [],
    places: [],
    origin: undefined,
    originLeft: false,
    ending: false,
    failed: false,
    draining: undefined,
    noneLeft: undefined,
    crew: createCrew({
      start: (name, stderr) => starter!.start(name, stderr),
      stderrOf: (name) => starter!.stderrOf(name),
      verbose: options.verbosity > 0,
      isInspected: (name) => inspectFlags(options.denoFlags, name).length > 0,
      onLost: (name, reason) => running.brokers.forEach((one) => one.workerExited(name, reason)),
      onReplaced: (facts) => observation.onEvent({ kind: "replaced", at: Date.now(), ...facts }),
      onHopeless(fault, words) {
        running.failed = true;
        running.origin?.kill("SIGTERM");
        const text = `scoop: no worker can run tasks, so the run ends: ${fault}\n`;
        const more = words.trim() === "" ? "" : `${words}\n`;
        void setup.stderr.write(new TextEncoder().encode(text + more), running);
        hopeless.resolve();
      },
      log,
    }),
  };
  const { crew, reaper, brokers } = running;
  let code = FAILED;
  const memory = watchMemory(options, () => brokers);
  const facts: BrokerFacts = {
    plan: planned,
    key: crypto.getRandomValues(new Uint8Array(16)).toHex(),
    observation,
    listening,
    events: {
      onWorkerJoined(name, broker) {
        crew.joined(name, broker);
        memory?.joined(name);
      },
      // Most often its process has just died, and will say of what.
      onWorkerLost: (name, reason, broker) => crew.giveUp(name, reason, LIMITS.ownEndMs, broker),
      onWorkerStuck: (name, reason) => crew.giveUp(name, reason, 0),
      onWorkerRetired: (name, reason) => crew.retire(name, reason),
      onEnd() {
        // The origin's process ends by itself; the workers are on their way out.
        running.originLeft = true;
        crew.dismiss();
      },
    },
  };
  const first = await startFirst(running, facts);
  brokers.push(first);
  const everyone = () => {
    const others = [...crew.living(), ...brokers.flatMap(({ process }) => process ?? [])];
    return running.origin ? [running.origin, ...others] : others;
  };
  // Before the first process is started, or a Ctrl-C would end the launcher alone.
  const interruption = listen({
    readerGone: setup.readerGone,
    everyone,
    first(signal) {
      crew.dismiss();
      running.origin?.kill(signal);
      return running.origin?.alive() === true;
    },
    pause: () => running.places.forEach((place) => place.pause()),
  });
  try {
    const began = begin(running, allocation, shares, facts);
    // What is opened after an interruption is closed again.
    const interrupted = interruption.enough.then(() => undefined);
    const plan = await Promise.race([began, interrupted]);
    if (plan === undefined) {
      began.catch(() => {});
      return SIGNAL_EXIT + interruption.signalled();
    }
    const { places } = running;
    starter = createStarter({ setup, plan, places, brokers, facts, memory });
    log.info("{workers}; broker at {address}", {
      workers: describeSize(plan.size),
      address: first.addresses.task,
    });
    running.origin = starter.start(plan.processes[0]!.name);
    signals.to(running.origin);
    running.draining = drainLater(drainAt, options.drain, () => brokers);
    if (folder) void removeForsaken(folder);
    await reaper.told();
    startWorkers(plan, crew, reaper);
    running.origin.exited.then((exit) => {
      log.info("the program has ended ({how})", { how: describeExit(exit) });
    });
    code = await follow(running, running.origin, interruption, first, hopeless.promise);
    return code;
  } finally {
    // Nothing of ours may outlive the run, whatever went wrong.
    running.ending = true;
    interruption.stop();
    running.draining?.stop();
    const stopTelling = await running.noneLeft;
    await stopTelling?.();
    crew.dismiss();
    for (const process of everyone()) process.kill("SIGKILL");
    await closePlaces(running.places, interruption);
    // A connection that is being made, for example.
    await reaper.killAll();
    folder?.remove();
    await observation.end(code, `the run ended with exit code ${code}`);
  }
}

/**
 * Opens the places and starts the brokers.
 *
 * @returns the plan as far as the hosts can be reached
 */
async function begin(
  running: Running,
  allocation: Allocation,
  shares: readonly Share[],
  facts: BrokerFacts,
): Promise<Plan> {
  const { setup, brokers, reaper } = running;
  const { options } = setup;
  const log = getLogger("launch");
  // Unless others can reach them, all brokers are on this host; where there are other hosts, ssh
  // leads there.
  const { open } = facts.listening;
  if (!open) await startBrokers(running, facts, facts.plan);
  const addresses = brokers.flatMap((broker) => Object.values(broker.addresses));
  const gate = {
    // Nobody asks for it where the brokers have no ports.
    port: Number(/:(\d+)$/.exec(addresses[0]!)?.[1] ?? 0),
    forwards: options.tunnel ? addresses.map((address) => address.replace("tcp://", "")) : [],
  };
  const opened = await openPlaces(setup, allocation, shares, gate, reaper, {
    onNotice: (host, line) => log.info("{host}: {line}", { host, line }),
    onWarning: (host, line) => log.warning("{host}: {line}", { host, line }),
  });
  running.places = [...opened.places];
  const { failures } = opened;
  if (opened.places.length === 0 || (options.requireAll && failures.length > 0)) {
    throw new Error(failures.map(({ message }) => message).join("\nscoop: "));
  }
  for (const { message } of failures) {
    log.warning("{message}; the run goes on without it", { message });
  }
  const plan = failures.length === 0
    ? facts.plan
    : makePlan(opened.shares, Math.min(options.brokers, size(opened.shares)));
  if (failures.length > 0) { for (const broker of brokers) broker.resize(plan.size); }
  if (open) await startBrokers(running, facts, plan);
  return plan;
}

function size(shares: readonly Share[]): number {
  return shares.reduce((all, { workers }) => all + workers, 0);
}

/** Starts the first broker: in this process, for the sake of a quick start, unless there are others. */
async function startFirst(running: Running, facts: BrokerFacts): Promise<RunBroker> {
  const { setup, reaper } = running;
  const [{ name }, ...others] = facts.plan.brokers as [PlannedBroker, ...PlannedBroker[]];
  if (others.length === 0) return await startOnlyBroker(setup, facts);
  const broker = await startBrokerProcess(setup, facts, name, placeHere(setup, HERE, reaper), "");
  watch(running, facts, broker);
  return broker;
}

/** Says so when a broker is lost. Without any, the origin is told, and may go on alone. */
function watch(running: Running, facts: BrokerFacts, { name, process }: RunBroker): void {
  process!.exited.then((exit) => {
    const log = getLogger("launch");
    const how = describeExit(exit);
    const broker = name;
    if (running.originLeft || running.ending) {
      return log.info("{name} has ended ({how})", { name, how });
    }
    running.observation.onEvent({ kind: "brokerLost", at: Date.now(), broker, reason: how });
    const others = running.brokers.filter(({ process }) => process?.alive() !== false);
    if (others.length > 0) {
      const rest = others.map(({ name }) => name).join(" and ");
      return log.warning("{name} was lost ({how}); its workers go on with {rest}", {
        ...{ name, how, rest },
      });
    }
    if (running.noneLeft !== undefined) {
      return log.warning("{name} was lost ({how})", { name, how });
    }
    log.warning("{name} was lost ({how}), and no other broker is left", { name, how });
    running.noneLeft = tellNone(running.brokers[0]!, facts);
    running.crew.dismiss();
    // They would notice by themselves, and say so, each of them.
    for (const worker of running.crew.living()) worker.kill("SIGKILL");
  });
}

/** At the first broker's address, which is on this host: whoever loses another tries that as well. */
async function tellNone(
  { addresses }: RunBroker,
  { listening }: BrokerFacts,
): Promise<() => Promise<void>> {
  const { tellNoneLeft } = await import("../broker/none_left.ts");
  try {
    return await tellNoneLeft(addresses.task, listening.keys);
  } catch (error) {
    // The origin notices by itself, later.
    getLogger("launch").debug("nobody can be told: {error}", { error });
    return () => Promise.resolve();
  }
}

/** Starts the brokers after the first, and makes all of them known to each other. */
async function startBrokers(running: Running, facts: BrokerFacts, plan: Plan): Promise<void> {
  const { setup, brokers, places, reaper } = running;
  if (plan.brokers.length === 1) return;
  const here = placeHere(setup, HERE, reaper);
  // Other hosts know this one by the name that they have tried.
  const ownHost = places.find((place) => !place.here)?.launcherHost ?? HERE;
  const further = await Promise.all(
    plan.brokers.slice(1).map(async ({ name, host }) => {
      const planned = places.find((place) => place.host === host) ?? here;
      const advertise = planned.here ? ownHost : planned.ownHost;
      const broker = await startBrokerProcess(setup, facts, name, planned, advertise);
      watch(running, facts, broker);
      return { broker, place: planned };
    }),
  );
  const all = [{ broker: brokers[0]!, place: here }, ...further];
  brokers.push(...further.map(({ broker }) => broker));
  for (const { broker, place } of all) {
    broker.join(brokers.filter((other) => other !== broker).map((other) => seenFrom(other, place)));
  }
}

/**
 * Starts the first workers, one after the other: were the launcher killed meanwhile, the reaper
 * would know of all but one; and a signal, or output, does not wait for the last of them (64 took
 * 3 s on two processors).
 */
async function startWorkers(plan: Plan, crew: Crew, reaper: Reaper): Promise<void> {
  for (const { name } of plan.processes.slice(1)) {
    crew.begin([name]);
    await reaper.told();
    await breathe();
  }
}

/** Waits for the origin, or for a signal, and ends the run. */
async function follow(
  running: Running,
  origin: RunningProcess,
  interruption: Interruption,
  first: { readonly workers: number },
  hopeless: Promise<void>,
): Promise<number> {
  const { setup, crew, brokers } = running;
  await Promise.race([origin.exited, interruption.enough, hopeless]);
  running.ending = true;
  crew.dismiss();
  // Asked for now: the crew forgets processes that have printed all they had.
  const printing = [origin, ...crew.everyone()].map((process) => process.drained);
  const connected = first.workers - (running.originLeft ? 0 : 1);
  const living = [origin, ...crew.living()];
  await endProcesses({ setup, brokers, living, printing, connected }, interruption);
  const signalled = interruption.signalled();
  if (signalled > 0) return SIGNAL_EXIT + signalled;
  if (running.failed) return FAILED;
  const exit = await origin.exited;
  const { code, reason } = exit;
  if (reason !== undefined) setup.tell(`the origin was lost: ${reason}`);
  else if (exit.signal !== null) setup.tell(describeKill(exit));
  // What the program was refused has ended it.
  if (code === FAILED && running.draining?.over()) return DRAINED;
  return code === 0 && setup.outputLost() ? OUTPUT_LOST : code;
}
