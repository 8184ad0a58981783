/**
 * The command: from its arguments to its exit code.
 *
 * @module
 */

import { configureLogging } from "../telemetry/logging.ts";
import { divide, hostsFromFile, hostsFromNames, isHere, ownNames } from "./hosts.ts";
import { parseArguments } from "./options.ts";
import type { RunOptions } from "./options.ts";
import { createOutput } from "./output.ts";
import { describePlan, makePlan } from "./plan.ts";
import { namedFile, reasonOf } from "./program.ts";
import { run } from "./run.ts";
import { findAllocation } from "./schedulers.ts";
import type { Allocation } from "./schedulers.ts";
import { prepare } from "./setup.ts";
import { ssh } from "./transports.ts";
import { UsageError } from "./usage_error.ts";

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
      await print(request.text);
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

async function print(text: string): Promise<void> {
  const stdout = createOutput(Deno.stdout);
  await stdout.write(new TextEncoder().encode(text), main);
  await stdout.flush();
}

async function launch(options: RunOptions): Promise<number> {
  // Deno looks at the program while zeromq is being loaded.
  const [setup, allocation] = await Promise.all([
    prepare(options),
    allocate(options),
    options.dryRun ? undefined : import("../broker/broker.ts"),
  ]);
  const shares = divide(allocation.hosts, options.workers);
  const plan = makePlan(shares, options.brokers);
  const away = shares.some(({ host }) => !allocation.isHere(host));
  checkOptions(options, allocation, away);
  const { name } = allocation.transport;
  const text = () =>
    describePlan(
      plan,
      (host) => allocation.isHere(host) ? "here" : `by ${name}`,
      !away || options.tunnel,
    );
  if (options.dryRun) {
    await print(text());
    return 0;
  }
  const encoder = new TextEncoder();
  configureLogging({
    verbosity: options.verbosity,
    write: (line) => void setup.stderr.write(encoder.encode(line), main),
  });
  if (options.verbosity > 0) {
    void setup.stderr.write(encoder.encode(text().replaceAll(/^(?=.)/gm, "scoop: ")), main);
  }
  return await run(setup, allocation, shares, plan);
}

/** Where the run's hosts come from: the options, a scheduler's job, or this machine alone. */
async function allocate(options: RunOptions): Promise<Allocation> {
  const own = ownNames();
  const named = {
    source: "",
    isHere: (host: string) => isHere(host, own),
    transport: ssh(options.sshExecutable),
  };
  if (options.hosts.length > 0) return { ...named, hosts: hostsFromNames(options.hosts) };
  if (options.hostfile !== undefined) {
    const file = namedFile(options.hostfile, "--hostfile");
    return { ...named, hosts: hostsFromFile(Deno.readTextFileSync(file), options.hostfile) };
  }
  const found = await findAllocation(options.scheduler, {
    env: (name) => Deno.env.get(name) || undefined,
    readFile: (path) => Deno.readTextFileSync(path),
    run: outputOf,
    own,
  }, options.sshExecutable);
  return found ?? { ...named, hosts: [{ host: "127.0.0.1", slots: undefined }] };
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
  if (options.profile === undefined) return;
  try {
    Deno.mkdirSync(options.profile, { recursive: true });
  } catch (error) {
    throw new UsageError(`cannot write to ${options.profile} (--profile): ${reasonOf(error)}`);
  }
}
