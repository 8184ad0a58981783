/**
 * A broker and workers beside a program that owns them, each in a process of its own: whatever the
 * program does, they go on.
 *
 * @module
 */

import { currentTask } from "../futures/current_task.ts";
import { ownMain } from "../futures/program.ts";
import type { LogEntry } from "../telemetry/log_entry.ts";
import { getLogger, showLog } from "../telemetry/logging.ts";
import { BrokerLostError, WorkerLostError } from "../wire/errors.ts";
import { LIMITS } from "../wire/limits.ts";
import { sharedMemory } from "../wire/shared_memory.ts";
import { setInterval } from "../wire/timers.ts";
import type { LateBroker } from "../worker/network_options.ts";
import { startBrokerProcess, startOnlyBroker } from "./brokers.ts";
import type { BrokerFacts, RunBroker } from "./brokers.ts";
import { checkRoomHere } from "./capacity.ts";
import { createCrew } from "./crew.ts";
import { inspectFlags } from "./deno_flags.ts";
import type { Crew } from "./crew.ts";
import { checkInspected } from "./inspected.ts";
import { watchMemory } from "./memory_watch.ts";
import { decideListening, socketPaths } from "./listening.ts";
import { parseArguments } from "./options.ts";
import type { Request } from "./options.ts";
import { HERE, placeHere } from "./place.ts";
import { checkProlog } from "./places.ts";
import type { Output } from "./output.ts";
import type { Place } from "./place.ts";
import { observe } from "./observation.ts";
import { makePlan } from "./plan.ts";
import type { Plan } from "./plan.ts";
import { describeExit, endAll } from "./process.ts";
import type { RunningProcess } from "./process.ts";
import { startReaper } from "./reaper.ts";
import type { Reaper } from "./reaper.ts";
import { makeRunFolder, removeForsaken } from "./run_folder.ts";
import type { RunFolder } from "./run_folder.ts";
import { loudness, prepare } from "./setup.ts";
import type { Setup } from "./setup.ts";
import { readValues } from "./option_values.ts";
import { splitAtProgram } from "./split_arguments.ts";
import { createStarter } from "./starter.ts";

/** What an owner has of its workers. */
export interface Team {
  readonly broker: LateBroker;
  /** Fulfilled when as many workers as were wanted have joined. */
  readonly ready: Promise<void>;
  /** Fulfilled when nothing will come of it any more: with why. */
  readonly lost: Promise<Error>;
  /** True when the broker has ended the run by itself, or is lost, or no worker can join. */
  readonly over: boolean;
  /** Ends the workers and the broker. */
  end(): Promise<void>;
}

/** Everything that was started for an owner. */
interface Parts {
  readonly setup: Setup;
  readonly plan: Plan;
  readonly facts: BrokerFacts;
  readonly crew: Crew;
  readonly reaper: Reaper;
  readonly folder: RunFolder | undefined;
  readonly place: Place;
}

/**
 * Starts workers for this program. Nothing of it keeps the program's process alive, and nothing
 * outlives that.
 *
 * @param flags of the command
 * @throws {Error} when they cannot be started; the message says why
 */
export function startTeam(workers: number, flags: readonly string[]): Promise<Team> {
  return keepingAlive(() => prepareTeam(workers, flags));
}

/** Nothing that is waited for here keeps this process alive, so something else must. */
async function keepingAlive<T>(action: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, LIMITS.announcedMs);
  try {
    return await action();
  } finally {
    clearInterval(timer);
  }
}

async function prepareTeam(workers: number, flags: readonly string[]): Promise<Team> {
  const program = ["--", ownMain(), ...Deno.args];
  refuseProgram(flags);
  refuseFlags(parseArguments([...flags, ...program]));
  const request = parseArguments([...flags, "-n", String(workers), ...program]);
  if (request.kind !== "run") throw new Error("an Executor has no use for --help and --version");
  checkRoomHere({ workers, connected: 0, others: 1 });
  const names = Array.from({ length: workers }, (_, i) => `worker-${i + 1}`);
  const processes = names.map((name) => ({ name, host: "" }));
  checkInspected(request.options.denoFlags.inspect, processes, () => true);
  // What the program keeps in the memory that it shares is for these workers as well.
  const setup = { ...await prepare(request.options), shared: sharedMemory()?.folder };
  showOwnLog(setup);
  const folder = makeRunFolder();
  const reaper = startReaper({ folder: folder?.path, lock: setup.lock });
  reaper.unref();
  try {
    const log = getLogger("launch");
    await checkProlog(setup, HERE, reaper, {
      onNotice: (_, line) => log.info("{line}", { line }),
      onWarning: (_, line) => log.warning("{line}", { line }),
    });
    return await start(setup, workers, reaper, folder);
  } catch (error) {
    await reaper.killAll();
    await setup.release();
    folder?.remove();
    throw error;
  }
}

/**
 * An Executor's program is the one that made it.
 *
 * @throws {Error} when something among the flags is no option
 */
function refuseProgram(flags: readonly string[]): void {
  const { own, program, marked } = splitAtProgram(flags);
  // The last may lack its value.
  readValues(own);
  const other = marked ? "--" : program;
  if (other === undefined) return;
  throw new Error(`the flags of an Executor are options of the command, and "${other}" is none`);
}

/** With --log, what this process logs is in the file as well, unless it configures LogTape. */
function showOwnLog({ options, log }: Setup): void {
  if (log === undefined) return;
  const take = (entry: LogEntry) => log.take(entry);
  showLog({ verbosity: loudness(options), take, currentTask });
}

/**
 * An Executor's workers are on this host, as many as it was told, with one broker.
 *
 * @throws {Error} naming the flag that says otherwise
 */
function refuseFlags(request: Request): void {
  if (request.kind !== "run") return;
  const { workers, hosts, hostfile, brokers, tunnel, ship, dryRun, drain } = request.options;
  const wrong = {
    "-n: say { workers: N }": workers !== undefined,
    "--hosts: its workers are on this host": hosts.length > 0,
    "--hostfile: its workers are on this host": hostfile !== undefined,
    "--brokers: it has one": brokers !== 1,
    "--tunnel: its workers are on this host": tunnel,
    "--ship: its workers are on this host": ship,
    "--dry-run": dryRun,
    "--drain": drain !== undefined,
  };
  const found = Object.entries(wrong).find(([, is]) => is);
  if (found !== undefined) throw new Error(`an Executor does not take ${found[0]}`);
}

async function start(
  prepared: Setup,
  workers: number,
  reaper: Reaper,
  folder: RunFolder | undefined,
): Promise<Team> {
  const host = HERE;
  // The owner is the run's origin, and executes nothing.
  const plan = makePlan([{ host, workers: workers + 1 }]);
  const { name } = plan.brokers[0]!;
  const listening = await decideListening("this host", folder, [name]);
  const setup = { ...prepared, sockets: socketPaths(listening, [name]) };
  let over = false;
  let missing = workers;
  const ready = Promise.withResolvers<void>();
  const lost = Promise.withResolvers<Error>();
  const crew = createCrew({
    start: (name, stderr): RunningProcess => starter.start(name, stderr),
    stderrOf: (name): Output => starter.stderrOf(name),
    verbose: setup.options.verbosity > 0,
    isInspected: (name) => inspectFlags(setup.options.denoFlags, name).length > 0,
    onSettled: () => void (--missing === 0 && ready.resolve()),
    wantsAll: () => missing > 0,
    onHopeless(fault, words) {
      over = true;
      for (const worker of crew.living()) worker.kill("SIGKILL");
      lost.resolve(new WorkerLostError(faultText(fault, words)));
    },
    onLost: (name, reason) => void broker.then((one) => one.workerExited(name, reason), () => {}),
    log: getLogger("launch"),
  });
  const dismiss = () => {
    over = true;
    crew.dismiss();
  };
  const { options } = setup;
  const { dashboard, profile, progress, verbosity } = options;
  const observation = dashboard === undefined && profile === undefined && !progress
    ? undefined
    : await observe({
      program: setup.program.url,
      ...{ workers, dashboard, profile, progress: progress ?? false, verbosity },
      ...{ stderr: setup.stderr, screen: undefined },
    });
  let judges: readonly RunBroker[] = [];
  const memory = watchMemory(setup.options, () => judges);
  const facts: BrokerFacts = {
    plan: { ...plan, size: workers },
    owned: true,
    observation,
    key: crypto.getRandomValues(new Uint8Array(16)).toHex(),
    listening,
    events: {
      onWorkerJoined(name) {
        crew.joined(name);
        memory?.joined(name);
      },
      onWorkerLost: (name, reason) => crew.giveUp(name, reason, LIMITS.ownEndMs),
      onWorkerStuck: (name, reason) => crew.giveUp(name, reason, 0),
      onWorkerRetired: crew.retire,
      onEnd: dismiss,
    },
  };
  const place = placeHere(setup, host, reaper, (process) => process.unref());
  const parts = { setup, plan, facts, crew, reaper, folder, place };
  const broker = startBroker(parts);
  // Heard of below; here it would end the program.
  broker.catch(() => {});
  await reaper.told();
  const known = listening.known(name);
  // Workers that know where it will be need not wait for it.
  const contact = known ? { name, addresses: known, process: undefined } : await broker;
  const starter = createStarter({
    setup,
    plan,
    places: [place],
    brokers: [contact],
    facts,
    memory,
  });
  await startWorkers(parts);
  const { addresses, process, close } = await broker;
  judges = [await broker];
  process?.exited.then((exit) => {
    if (!over) {
      const how = describeExit(exit);
      lost.resolve(new BrokerLostError(`the broker of the Executor is lost (${how})`));
    }
    dismiss();
    // They would notice by themselves, and say so, each of them.
    for (const worker of crew.living()) worker.kill("SIGKILL");
  });
  if (folder) void removeForsaken(folder);
  return {
    broker: {
      brokerAddress: addresses.task,
      metaAddress: addresses.meta,
      key: facts.key,
      keys: listening.keys?.worker,
    },
    ready: ready.promise,
    lost: lost.promise,
    get over() {
      return over;
    },
    end() {
      dismiss();
      return keepingAlive(async () => {
        await end(parts, close);
        await observation?.end(0, "the Executor was shut down");
      });
    },
  };
}

/** What is told when workers cannot join, with all that the one wrote that it tells of. */
function faultText(fault: string, words: string): string {
  const wrote = words.trim() === "" ? "" : `. It wrote:\n${words}`;
  return `the Executor's workers cannot run tasks: ${fault}${wrote}`;
}

/** In a process of its own, unless this program is its own command, which can only be a worker. */
function startBroker({ setup, facts, place }: Parts): Promise<RunBroker> {
  if (setup.self !== undefined) return startOnlyBroker(setup, facts);
  return startBrokerProcess(setup, facts, facts.plan.brokers[0]!.name, place, "");
}

/** One after the other: were this process killed meanwhile, the reaper would know of all but one. */
async function startWorkers({ plan, crew, reaper }: Parts): Promise<void> {
  for (const { name } of plan.processes.slice(1)) {
    crew.begin([name]);
    await reaper.told();
  }
}

async function end(
  { crew, reaper, folder, setup }: Parts,
  close: (reason: string) => Promise<void>,
): Promise<void> {
  const living = crew.living();
  const printing = crew.everyone().map((process) => process.drained);
  await close("the executor was shut down");
  await endAll(living, LIMITS.leaveMs, LIMITS.terminateMs);
  await Promise.all(printing);
  await Promise.all([setup.stdout.flush(), setup.stderr.flush()]);
  await reaper.killAll();
  await setup.release();
  folder?.remove();
}
