/**
 * Where the brokers of a run listen: decided before the first of them is started.
 *
 * @module
 */

import { ipcAddress, nextPort } from "../wire/addresses.ts";
import { unixPath } from "../wire/unix_path.ts";
import { makeRunKeys } from "../wire/keys.ts";
import type { RunKeys } from "../wire/keys.ts";
import type { RunFolder } from "./run_folder.ts";

/** Where a broker listens. */
export interface Addresses {
  readonly task: string;
  readonly meta: string;
}

/** See the module's text. */
export interface Listening {
  /**
   * Who has them may take part. There are none where only this user can reach the sockets anyway:
   * in a folder of the run's own.
   */
  readonly keys: RunKeys | undefined;
  /** Whether the brokers can be reached from other hosts. */
  readonly open: boolean;
  /** Where a broker of this name is to listen; a port of its own choice is a "*". */
  addresses(broker: string): Addresses;
  /** The same if it is known before the broker has told it. */
  known(broker: string): Addresses | undefined;
}

/**
 * Decides: in the run's folder if all processes are on this host and the system has sockets there;
 * else on a port, with keys, since a port of this host is open to all its users.
 *
 * @param reach where the run's processes are; those behind a tunnel come to ports of this host
 * @param brokers their names
 */
export async function decideListening(
  reach: "this host" | "tunnels" | "other hosts",
  folder: RunFolder | undefined,
  brokers: readonly string[],
): Promise<Listening> {
  const inFolder = (broker: string): Addresses | undefined => {
    if (reach !== "this host" || folder === undefined) return undefined;
    const task = ipcAddress(folder.path, broker);
    return task === undefined ? undefined : { task, meta: nextPort(task) };
  };
  if (brokers.every((broker) => inFolder(broker) !== undefined)) {
    const known = (broker: string) => inFolder(broker)!;
    return { keys: undefined, open: false, addresses: known, known };
  }
  const open = reach === "other hosts";
  // Both families, where the system has both.
  const address = `tcp://${open ? "*" : "127.0.0.1"}:*`;
  return {
    keys: await makeRunKeys(),
    open,
    addresses: () => ({ task: address, meta: address }),
    known: () => undefined,
  };
}

/** The paths of the sockets at which these brokers will be found, as far as they have some. */
export function socketPaths({ known }: Listening, brokers: readonly string[]): string[] {
  return brokers.flatMap((broker) => Object.values(known(broker) ?? {}))
    .flatMap((address) => unixPath(address) ?? []);
}
