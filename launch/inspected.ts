/**
 * Whether the processes that a debugger is to connect to can be those of a run.
 *
 * @module
 */

import type { Inspected } from "./deno_flags.ts";
import { reasonOf } from "./program.ts";
import { UsageError } from "./usage_error.ts";

/** A process of the run, as far as it is used here. */
interface Process {
  readonly name: string;
  readonly host: string;
}

/**
 * Looks at what --inspect and its like name.
 *
 * @param isHere whether a host is this one, where it can be tried to listen
 * @throws {UsageError} when there is no such process, two would listen at one address, or somebody
 *   else does
 */
export function checkInspected(
  inspected: readonly Inspected[],
  processes: readonly Process[],
  isHere: (host: string) => boolean,
): void {
  const taken = new Map<string, Inspected>();
  const named = new Set<string>();
  for (const one of inspected) {
    const { flag, worker, host, port } = one;
    const process = processes.find(({ name }) => name === worker);
    if (process === undefined) throw noSuchProcess(one, processes);
    if (named.has(worker)) {
      throw new UsageError(`${worker} is named twice for a debugger (--${flag})`);
    }
    named.add(worker);
    const address = `${host}:${port}`;
    const other = taken.get(`${process.host} ${address}`);
    if (other !== undefined && port !== 0) {
      throw new UsageError(
        `${other.worker} and ${worker} cannot both listen at ${address} for a debugger: name ` +
          `another port, as in --${flag}=${worker}@${host}:${port + 1}`,
      );
    }
    taken.set(`${process.host} ${address}`, one);
    if (isHere(process.host)) tryAddress(one);
  }
}

function noSuchProcess(
  { flag, worker }: Inspected,
  processes: readonly Process[],
): UsageError {
  const names = processes.map(({ name }) => name);
  const known = names.length > 2 ? `${names[0]} to ${names.at(-1)}` : names.join(" and ");
  return new UsageError(`there is no ${worker} in this run (--${flag}), only ${known}`);
}

/** Deno would say it when the process starts, and the process would be started again and again. */
function tryAddress({ flag, worker, host, port }: Inspected): void {
  try {
    Deno.listen({ hostname: host.replace(/^\[(.*)\]$/, "$1"), port }).close();
  } catch (error) {
    // The owner of an Executor need not be allowed to.
    if (error instanceof Deno.errors.NotCapable) return;
    throw new UsageError(
      `${worker} cannot listen at ${host}:${port} for a debugger (${reasonOf(error)}): name ` +
        `another port, as in --${flag}=${worker}@127.0.0.1:0`,
    );
  }
}
