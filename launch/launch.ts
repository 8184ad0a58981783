/**
 * A run from beginning to end: the broker, the origin, the workers, and the exit code.
 *
 * @module
 */

import { configureLogging, getLogger } from "../telemetry/logging.ts";
import { VARIABLES } from "../worker/environment.ts";
import { createCrew } from "./crew.ts";
import type { Crew } from "./crew.ts";
import { parseArguments, UsageError } from "./options.ts";
import type { RunOptions } from "./options.ts";
import { createOutput } from "./output.ts";
import type { Output } from "./output.ts";
import { permissionArguments } from "./permissions.ts";
import { environment, makePlan } from "./plan.ts";
import type { Plan, RunFacts } from "./plan.ts";
import { describeExit, endAll, startProcess, within } from "./process.ts";
import type { RunningProcess } from "./process.ts";
import {
  findConfig,
  findProgram,
  inspectProgram,
  namedFile,
  nodeModulesFlags,
  packageJsonHint,
  pathsToRead,
  reasonOf,
} from "./program.ts";
import type { Program } from "./program.ts";
import { startReaper } from "./reaper.ts";
import type { Reaper } from "./reaper.ts";
import { ENDING_SIGNALS, followJobControl, onEndingSignal } from "./signals.ts";

/** A shell's way to say that a command died of a signal: 128 and the signal's number. */
const SIGNAL_EXIT = 128;
/** The number of SIGPIPE, by which a command ends when nobody reads its output any more. */
const SIGPIPE = 13;

/** Milliseconds the workers have to leave by themselves when the program has ended. */
const LEAVE = 1000;
/** The same when some of them do not know that it has. */
const LEAVE_SOON = 100;
/** Milliseconds a process has after SIGTERM, before SIGKILL. */
const TERMINATE = 500;
/** The same after a signal to the launcher, where all must be over within 2 s. */
const HASTE = { origin: 1200, leave: 150, terminate: 150 };
/** Milliseconds the broker has to close its sockets. */
const CLOSE = 100;
/** Milliseconds after a signal for what was printed last and not yet read by anybody. */
const LAST_OUTPUT = 150;

/**
 * The command.
 *
 * @returns its exit code: the program's own; 128 + n when signal n ended the program or the
 *   command; 2 when the input makes no sense; 1 when the run cannot be started
 */
export async function main(args: readonly string[]): Promise<number> {
  let debug = false;
  try {
    const request = parseArguments(args);
    if (request.kind === "print") {
      const stdout = createOutput(Deno.stdout);
      await stdout.write(new TextEncoder().encode(request.text), main);
      await stdout.flush();
      return 0;
    }
    debug = request.options.debug;
    return await launch(request.options);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`scoop: ${error.message}${error.hint && `\n${error.hint}`}`);
      return 2;
    }
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    console.error(`scoop: ${debug ? stack : message}`);
    return 1;
  }
}

/** Everything that is known before the first process is started. */
interface Setup {
  readonly options: RunOptions;
  readonly program: Program;
  readonly plan: Plan;
  /** What `deno run` gets before the origin's module, and before the workers'. */
  readonly originFlags: readonly string[];
  readonly workerFlags: readonly string[];
  readonly colours: Readonly<Record<string, string>>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted when nobody reads the output any more. */
  readerGone: AbortSignal;
}

async function launch(options: RunOptions): Promise<number> {
  const program = findProgram(options.program);
  if (options.nice !== undefined && Deno.build.os === "windows") {
    throw new UsageError("--nice needs a unix system");
  }
  const config = options.config
    ? namedFile(options.config, "--config")
    : findConfig(program.folders[0] ?? Deno.cwd());
  const given = givenModuleFlags(options, program, config);
  // For an address on the web Deno itself looks for no deno.json.
  const found = config && !program.importHost ? ["--config", config] : ["--no-config"];
  const moduleFlags = [...given, ...(options.config ? [] : found), "--no-lock"];
  const reader = new AbortController();
  const outputs = openOutputs(options, () => reader.abort());

  // Deno looks at the program while zeromq is being loaded.
  const [inspection, { startBroker }, { zeromqFolder }] = await Promise.all([
    inspect(options, program, moduleFlags),
    import("../broker/broker.ts"),
    import("../wire/zeromq_folder.ts"),
  ]);
  if (inspection.problem !== undefined) {
    const folder = config ? undefined : program.folders[0];
    throw new Error(inspection.problem + (folder ? packageJsonHint(folder) : ""));
  }
  const addon = zeromqFolder();
  const permissions = permissionArguments(options.permissions, {
    read: [...pathsToRead(program, inspection.files), addon, "/etc/alpine-release"],
    ffi: [addon],
    env: VARIABLES,
    import: program.importHost ? [program.importHost] : [],
  });
  // Deno would warn, once in every folder, that zeromq's install script was not run.
  const quiet = options.verbosity > 0 ? [] : ["--quiet"];
  const setup: Setup = {
    options,
    program,
    plan: makePlan([{ host: "127.0.0.1", workers: options.workers }]),
    originFlags: [...quiet, ...permissions, ...given],
    workerFlags: [...quiet, ...permissions, ...moduleFlags],
    colours: colours(options),
    ...outputs,
    readerGone: reader.signal,
  };
  return await run(setup, inspection.modules, startBroker);
}

/** Flags on the finding of modules that all of Deno's commands here need. */
function givenModuleFlags(
  options: RunOptions,
  program: Program,
  config: string | undefined,
): string[] {
  const flags: string[] = [];
  if (options.config && config) flags.push("--config", config);
  if (options.importMap) flags.push("--import-map", namedFile(options.importMap, "--import-map"));
  const [folder] = program.folders;
  return folder ? [...flags, ...nodeModulesFlags(folder, config)] : flags;
}

async function inspect(options: RunOptions, program: Program, flags: readonly string[]) {
  const importing = permissionArguments(options.permissions, {
    read: [],
    ffi: [],
    env: [],
    import: program.importHost ? [program.importHost] : [],
  }).filter((flag) => /^--(allow|deny)-import/.test(flag));
  try {
    return await inspectProgram(options.denoExecutable, program.url, [...flags, ...importing]);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "not found" : reasonOf(error);
    throw new UsageError(`cannot run Deno as ${options.denoExecutable}: ${why}`);
  }
}

function openOutputs(options: RunOptions, onClosed: () => void) {
  if (options.log === undefined) {
    return { stdout: createOutput(Deno.stdout, onClosed), stderr: createOutput(Deno.stderr) };
  }
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(options.log, { write: true, create: true, truncate: true });
  } catch (error) {
    throw new UsageError(`cannot write to ${options.log} (--log): ${reasonOf(error)}`);
  }
  const output = createOutput(file, (error) => {
    console.error(`scoop: cannot write to ${options.log} any more: ${reasonOf(error)}`);
  });
  return { stdout: output, stderr: output };
}

/** Deno colours what goes to a terminal; what goes to us is on its way to one, or is not. */
function colours(options: RunOptions): Record<string, string> {
  if (Deno.env.get("FORCE_COLOR")) return {};
  if (options.log !== undefined) return { NO_COLOR: "1" };
  return Deno.stdout.isTerminal() && !Deno.noColor ? { FORCE_COLOR: "1" } : {};
}

async function run(
  setup: Setup,
  modules: readonly string[],
  startBroker: typeof import("../broker/broker.ts").startBroker,
): Promise<number> {
  const { options, program, plan, stderr } = setup;
  const encoder = new TextEncoder();
  configureLogging({
    verbosity: options.verbosity,
    write: (line) => void stderr.write(encoder.encode(line), main),
  });
  const log = getLogger("launch");
  const key = crypto.getRandomValues(new Uint8Array(16)).toHex();
  const crew = createCrew({
    start: (name) => start(name),
    onLost: (name, reason) => broker.workerExited(name, reason),
    log,
  });
  let originLeft = false;
  const broker = await startBroker({
    name: "broker",
    taskAddress: "tcp://127.0.0.1:*",
    metaAddress: "tcp://127.0.0.1:*",
    runKey: key,
    size: plan.size,
    program: { main: program.url, modules: [...modules] },
    // Most often its process has just died, and will say of what.
    onWorkerLost: (name, reason) => crew.giveUp(name, reason, 1000),
    onWorkerStuck: (name, reason) => crew.giveUp(name, reason, 0),
    onEnd() {
      // The origin's process ends by itself; the workers are on their way out.
      originLeft = true;
      crew.dismiss();
    },
  });
  const facts: RunFacts = {
    brokerName: "broker",
    taskAddress: broker.taskAddress,
    metaAddress: broker.metaAddress,
    key,
    size: plan.size,
    program: program.url,
    verbosity: options.verbosity,
  };
  const reaper = startReaper();
  const start = starter(setup, facts, reaper);
  let origin: RunningProcess | undefined;
  const everyone = () => origin ? [origin, ...crew.living()] : crew.living();
  // Before the first process is started, or a Ctrl-C would end the launcher alone.
  const interruption = listen(setup, everyone, (signal) => {
    crew.dismiss();
    origin?.kill(signal);
  });
  try {
    log.info("{size} workers, the origin among them; broker at {address}", {
      size: plan.size,
      address: broker.taskAddress,
    });
    origin = start(plan.processes[0]!.name);
    await reaper.told();
    startWorkers(plan, crew, reaper);
    const close = () => {
      const connected = broker.workers - (originLeft ? 0 : 1);
      const closed = broker.close("the program has ended").catch((error) => {
        log.warning("the broker did not close: {error}", { error });
      });
      return { closed, leave: timeToLeave(connected, crew.living().length) };
    };
    origin.exited.then((status) => {
      log.info("the program has ended ({how})", { how: describeExit(status) });
    });
    return await follow(setup, origin, crew, interruption, close);
  } finally {
    // Nothing of ours may outlive the run, whatever went wrong.
    interruption.stop();
    crew.dismiss();
    for (const process of everyone()) process.kill("SIGKILL");
    await reaper.close();
  }
}

/**
 * Starts the first workers, one after the other: were the launcher killed meanwhile, the reaper
 * would know of all but one.
 */
async function startWorkers(plan: Plan, crew: Crew, reaper: Reaper): Promise<void> {
  for (const { name } of plan.processes.slice(1)) {
    crew.begin([name]);
    await reaper.told();
  }
}

/**
 * Milliseconds to wait for the workers. A program may end before its workers have even connected;
 * those will not hear that the run is over, so there is nothing to wait for.
 */
function timeToLeave(connected: number, living: number): number {
  if (connected >= living) return LEAVE;
  return connected > 0 ? LEAVE_SOON : 0;
}

/** How processes of this run are started. */
function starter(setup: Setup, facts: RunFacts, reaper: Reaper): (name: string) => RunningProcess {
  const { options, program, stdout, stderr } = setup;
  const worker = import.meta.resolve("../worker/main.ts");
  const interactive = options.log === undefined && Deno.stdout.isTerminal();
  return (name) => {
    const origin = name === "origin";
    const flags = origin ? setup.originFlags : setup.workerFlags;
    const process = startProcess({
      name,
      command: options.denoExecutable,
      args: ["run", ...flags, origin ? program.url : worker, ...options.args],
      env: { ...environment(facts, { name, origin }), ...setup.colours },
      stdin: origin ? "inherit" : "null",
      nice: options.nice,
      stdout,
      stderr,
      lines: {
        prefix: options.verbosity > 0 ? `[${name}] ` : "",
        last: origin ? "as is" : "completed",
        ...(origin && interactive ? { showUnfinishedAfter: 50 } : {}),
      },
    });
    reaper.watch(process.pid);
    process.exited.then(() => reaper.forget(process.pid));
    return process;
  };
}

/** Waits for the origin, or for a signal, and ends the run. */
async function follow(
  setup: Setup,
  origin: RunningProcess,
  crew: Crew,
  interruption: Interruption,
  close: () => { closed: Promise<void>; leave: number },
): Promise<number> {
  await Promise.race([origin.exited, interruption.enough]);
  crew.dismiss();
  // Asked for now: the crew forgets processes that have printed all they had.
  const printing = [origin, ...crew.everyone()].map((process) => process.drained);
  const { closed, leave } = close();
  const hasty = interruption.signalled() > 0;
  const living = [origin, ...crew.living()];
  if (hasty) await endAll(living, Math.min(leave, HASTE.leave), HASTE.terminate);
  else await endAll(living, leave, TERMINATE);
  await within(closed, CLOSE);
  const printed = Promise.all(printing)
    .then(() => Promise.all([setup.stdout.flush(), setup.stderr.flush()]));
  if (hasty) await within(printed, LAST_OUTPUT);
  else await Promise.race([printed, interruption.enough]);
  const signalled = interruption.signalled();
  return signalled > 0 ? SIGNAL_EXIT + signalled : (await origin.exited).code;
}

/** What can end a run from outside: signals, and a reader of the output that goes away. */
interface Interruption {
  /** The first signal's number, 0 while there was none. */
  signalled(): number;
  /** Fulfilled when there was a signal and the program was given time enough. */
  readonly enough: Promise<void>;
  stop(): void;
}

/**
 * @param first is called for the first signal; a second one kills everyone
 */
function listen(
  setup: Setup,
  everyone: () => RunningProcess[],
  first: (signal: Deno.Signal) => void,
): Interruption {
  const { promise: enough, resolve: giveUp } = Promise.withResolvers<void>();
  let signalled = 0;
  let patience: ReturnType<typeof setTimeout> | undefined;
  const signalAll = (signal: Deno.Signal) => everyone().forEach((process) => process.kill(signal));
  const interrupt = (signal: Deno.Signal, number: number) => {
    if (signalled > 0) {
      signalAll("SIGKILL");
      return giveUp();
    }
    signalled = number;
    first(signal);
    patience = setTimeout(giveUp, HASTE.origin);
  };
  const stopListening = onEndingSignal((name) => interrupt(name, ENDING_SIGNALS[name]));
  const stopFollowing = followJobControl(signalAll);
  const onReaderGone = () => interrupt("SIGTERM", SIGPIPE);
  if (setup.readerGone.aborted) onReaderGone();
  else setup.readerGone.addEventListener("abort", onReaderGone);
  return {
    signalled: () => signalled,
    enough,
    stop() {
      clearTimeout(patience);
      stopListening();
      stopFollowing();
      setup.readerGone.removeEventListener("abort", onReaderGone);
    },
  };
}
