/**
 * Where brokers listen.
 *
 * @module
 */

import { join } from "node:path";

/** The address of a broker that was not given another. */
export const DEFAULT_ADDRESS = "tcp://127.0.0.1:5555";

/** What the path of an `ipc://` task socket becomes for the meta socket beside it. */
const META_SUFFIX = "-meta";

/** Bytes of a path that every system can listen on (Linux takes 107, macOS 103). */
const LONGEST_PATH = 100;

/**
 * The address of a socket in this folder, or undefined where there can be none: the path is too
 * long for the system, or the system has no sockets with paths. A meta socket beside it fits too.
 */
export function ipcAddress(folder: string, name: string): string | undefined {
  if (Deno.build.os === "windows") return undefined;
  const path = join(folder, name);
  const bytes = new TextEncoder().encode(path + META_SUFFIX).length;
  return bytes > LONGEST_PATH ? undefined : `ipc://${path}`;
}

/**
 * The address with the next port, or the path beside it: where a broker's meta socket is unless
 * somebody says otherwise. What was left open (`*`) stays open.
 *
 * @throws {Error} when the address has neither path nor port, or the last port there is.
 */
export function nextPort(address: string): string {
  if (/^ipc:\/\/[^*]/.test(address)) return address + META_SUFFIX;
  const [, host, port] = /^(tcp:\/\/.+):(\d+|\*)$/.exec(address) ?? [];
  if (port === "*" || address === "ipc://*") return address;
  const next = Number(port) + 1;
  // Written so that a missing port, which makes it no number, is refused as well.
  if (!(next <= 65535)) {
    throw new Error(`"${address}" is no address such as ${DEFAULT_ADDRESS}, with a port after it`);
  }
  return `${host}:${next}`;
}

/** Whether an address can be reached from its own host only. */
export function isLoopback(address: string): boolean {
  if (/^(ipc|inproc):/.test(address)) return true;
  const host = /^tcp:\/\/(.*):[^:]*$/.exec(address)?.[1]?.toLowerCase() ?? "";
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Where a broker listens. */
export interface BrokerAddress {
  /** Its task socket. */
  readonly task: string;
  /** Its meta socket. */
  readonly meta: string;
}

/**
 * The brokers that two variables or flags name: with commas or blanks between, in brackets and
 * quotes or without.
 *
 * @param metas their meta sockets; where there are none, those of {@link nextPort}
 * @throws {Error} when there are meta sockets, and not as many
 */
export function readAddresses(tasks = "", metas = ""): BrokerAddress[] {
  const [task, meta] = [listOf(tasks), listOf(metas)];
  if (meta.length > 0 && meta.length !== task.length) {
    throw new Error(
      `BROKER_ADDRESSES names ${task.length} brokers, META_ADDRESSES ${meta.length}: ` +
        `give one meta address for each, or none`,
    );
  }
  return task.map((address, i) => ({ task: address, meta: meta[i] ?? nextPort(address) }));
}

/** Brackets may stand around the list, and within an address around its host. */
function listOf(text: string): string[] {
  return text.split(/[\s,'"]+/)
    .map((word) => word.replace(/^\[+|\]+$/g, ""))
    .filter((word) => word !== "");
}
