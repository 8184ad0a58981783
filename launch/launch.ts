/**
 * The command: from its arguments to its exit code.
 *
 * @module
 */

import { configureLogging, getLogger } from "../telemetry/logging.ts";
import { checkRoomHere } from "./capacity.ts";
import { dropEarlyLook } from "./early_look.ts";
import { divide, hostsFromFile, hostsFromNames, isHere, ownNames } from "./hosts.ts";
import type { Host, Share } from "./hosts.ts";
import { checkInspected } from "./inspected.ts";
import { drainAt, sessionAge } from "./job_end.ts";
import type { JobSurroundings } from "./job_end.ts";
import { parseArguments } from "./options.ts";
import type { RunOptions } from "./options.ts";
import { print, say } from "./outputs.ts";
import { describePlan, makePlan } from "./plan.ts";
import { namedFile, reasonOf } from "./program.ts";
import { identifyByName, identifyBySsh, tellApart } from "./same_host.ts";
import { findAllocation } from "./schedulers.ts";
import type { Allocation } from "./schedulers.ts";
import { loudness, neededDeno, prepare, prepareSelf, refuseDenoFlags } from "./setup.ts";
import type { Setup } from "./setup.ts";
import { passOnUserSignals } from "./signals.ts";
import type { UserSignals } from "./signals.ts";
import { ssh } from "./transports.ts";
import { prepareProfile } from "./profile_folder.ts";
import { UsageError } from "./usage_error.ts";

/**
 * The command, once its modules are loaded.
 *
 * @returns its exit code, of which `cli.ts` tells
 */
export function main(args: readonly string[]): Promise<number> {
  return perform(args, undefined, async (options, signals) => {
    const [setup, allocation] = await Promise.all([
      prepare(options),
      allocate(options),
      // Loaded while another Deno looks at the program.
      options.dryRun ? undefined : loadRun(),
    ]);
    return await launch(setup, allocation, signals);
  });
}

/**
 * The same for a program that is its own command; all its processes are on this host.
 *
 * @param program URL of its main module
 * @param self the words that start it
 */
export function mainSelf(
  args: readonly string[],
  program: string,
  self: readonly string[],
): Promise<number> {
  return perform(args, program, (options, signals) => {
    const needsDeno = neededDeno(options);
    if (needsDeno !== undefined || options.permissions.size > 0) {
      const what = needsDeno === undefined ? "" : ` (${needsDeno} is not for it)`;
      throw new UsageError(
        "a compiled program runs on this host, with one broker and the permissions it was compiled " +
          `with${what}: for others run the program itself with scoop`,
      );
    }
    refuseDenoFlags(options);
    return launch(prepareSelf(options, self), here(options), signals);
  });
}

async function perform(
  args: readonly string[],
  self: string | undefined,
  launch: (options: RunOptions, signals: UserSignals) => Promise<number>,
): Promise<number> {
  let debug = false;
  const signals = passOnUserSignals();
  try {
    const request = parseArguments(args, self);
    if (request.kind === "print") {
      return await print(request.text);
    }
    if (request.kind === "resume") {
      const { resume } = await import("./kept_results.ts");
      return await print(resume(request.request));
    }
    debug = request.options.debug;
    // What it throws is an error of the command as well.
    return await launch(request.options, signals);
  } catch (error) {
    if (error instanceof UsageError) {
      say(`${error.message}${error.hint && `\n${error.hint}`}`);
      return 2;
    }
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    say(`${debug ? stack : error instanceof Deno.errors.NotCapable ? needsAll(message) : message}`);
    return 1;
  } finally {
    signals.stop();
    await dropEarlyLook();
  }
}

/** Deno's advice would lead from one permission to the next. */
function needsAll(message: string): string {
  return `${message.replace(/, run again with .*/s, "")}: run the command with deno run -A`;
}

async function launch(
  setup: Setup,
  allocation: Allocation,
  signals: UserSignals,
): Promise<number> {
  const { options } = setup;
  const shares = divide(allocation.hosts, options.workers);
  checkRoom(shares, options, allocation);
  const plan = makePlan(shares, options.brokers);
  const away = shares.some(({ host }) => !allocation.isHere(host));
  checkOptions(options, allocation, away);
  checkInspected(options.denoFlags.inspect, plan.processes, allocation.isHere);
  const { drain } = options;
  const at = drain === undefined ? undefined : await drainAt(drain, jobSurroundings());
  const { name } = allocation.transport;
  const text = () =>
    describePlan(
      plan,
      (host) => allocation.isHere(host) ? "here" : `by ${name}`,
      !away || options.tunnel,
    );
  const encoder = new TextEncoder();
  const { log } = setup;
  configureLogging({
    verbosity: loudness(options),
    write: (line) => void setup.stderr.write(encoder.encode(line), main),
    ...(log && { take: (entry) => log.take(entry) }),
  });
  tellMisplaced(options);
  if (options.dryRun) return await print(text());
  const originHost = plan.processes[0]!.host;
  if (options.resume && allocation.isHere(originHost)) {
    (await import("./kept_results.ts")).checkResultFile(options.resume);
  }
  if (options.verbosity > 0) {
    // Each line by itself: it is a table.
    for (const line of text().trimEnd().split("\n")) getLogger("launch").info("{line}", { line });
  }
  try {
    const { run } = await loadRun();
    return await run(setup, allocation, shares, plan, { signals, drainAt: at });
  } catch (error) {
    // The caller tells it on the terminal.
    if (setup.log) getLogger("launch").error("{error}", { error });
    throw error;
  } finally {
    await setup.log?.flush();
  }
}

async function loadRun() {
  const [run] = await Promise.all([
    import("./run.ts"),
    import("../broker/broker.ts"),
    // The first broker is in this process.
    import("../wire/socket.ts").then(({ useConnections }) => useConnections()),
  ]);
  return run;
}

/** As Deno does, for whoever wrote the command's flags where they are the program's. */
function tellMisplaced({ misplaced }: RunOptions): void {
  if (misplaced.length === 0) return;
  const names = misplaced.join(", ");
  const one = misplaced.length === 1;
  getLogger("launch").warning(
    "{names} after the program's name {belong} to the program: put {them} before the name if " +
      "meant for scoop, or put -- before {them} if not",
    { names, belong: one ? "belongs" : "belong", them: one ? "it" : "them" },
  );
}

/** What this machine has to hold, be it only the connections of workers elsewhere. */
function checkRoom(
  shares: readonly Share[],
  { brokers }: RunOptions,
  { isHere }: Allocation,
): void {
  const count = (of: readonly Share[]) => of.reduce((sum, { workers }) => sum + workers, 0);
  const away = shares.filter(({ host }) => !isHere(host));
  checkRoomHere({
    workers: count(shares.filter(({ host }) => isHere(host))),
    connected: Math.ceil(count(shares) / brokers),
    others: away.length + brokers - 1,
  });
}

/** This machine alone. */
function here(options: RunOptions): Allocation {
  const own = ownNames();
  return {
    source: "",
    hosts: [{ host: "127.0.0.1", slots: undefined }],
    isHere: (host) => isHere(host, own),
    transport: ssh(options.sshExecutable),
  };
}

/** Where the run's hosts come from: the options, a scheduler's job, or this machine alone. */
async function allocate(options: RunOptions): Promise<Allocation> {
  const named = here(options);
  const bySsh = identifyBySsh(options.sshExecutable);
  const given = namedHosts(options);
  if (given !== undefined) return { ...named, ...await tellApart(given, ownNames(), bySsh) };
  const found = await findAllocation(options.scheduler, {
    env: (name) => Deno.env.get(name) || undefined,
    readFile: (path) => Deno.readTextFileSync(path),
    run: outputOf,
    own: ownNames(),
    identify: (host, ssh) => ssh ? bySsh(host) : identifyByName(host),
  }, options.sshExecutable);
  return found ?? named;
}

/** The hosts that the options name. */
function namedHosts({ hosts, hostfile }: RunOptions): Host[] | undefined {
  if (hosts.length > 0) return hostsFromNames(hosts);
  if (hostfile === undefined) return undefined;
  return hostsFromFile(Deno.readTextFileSync(namedFile(hostfile, "--hostfile")), hostfile);
}

function jobSurroundings(): JobSurroundings {
  return {
    env: (name) => Deno.env.get(name) || undefined,
    run: outputOf,
    now: Date.now,
    age: sessionAge,
  };
}

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args: [...args] }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(decoder.decode(stderr).trim() || `exit code ${code}`);
  return decoder.decode(stdout);
}

/** What makes sense only with other hosts. */
function checkOptions(options: RunOptions, { transport }: Allocation, away: boolean): void {
  if (options.tunnel && away && !transport.forwards) {
    throw new UsageError(
      `--tunnel needs ssh, and the hosts of this job are reached by ${transport.name}`,
    );
  }
  if (options.prolog !== undefined && !away) namedFile(options.prolog, "--prolog");
  if (options.profile === undefined || options.dryRun) return;
  try {
    prepareProfile(options.profile);
  } catch (error) {
    throw new UsageError(`cannot write to ${options.profile} (--profile): ${reasonOf(error)}`);
  }
}
