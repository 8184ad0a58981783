/**
 * What makes the sockets of this process; loaded when it is needed.
 *
 * @module
 */

import { AddressedSockets } from "./addressed_socket.ts";
import { atEnd } from "./at_end.ts";
import { openLibzmq } from "./libzmq.ts";
import { libzmqSockets } from "./libzmq_socket.ts";
import type { NativeSockets } from "./native_socket.ts";

let opened: AddressedSockets | undefined;

/**
 * What makes the sockets of this process.
 *
 * @throws {Error} when that takes {@link loadSockets} first, or there is nothing to make them with
 */
export function sockets(): NativeSockets {
  return opened ??= openSockets();
}

function openSockets(native = findLibzmq()): AddressedSockets {
  if (native === undefined) throw new Error("loadSockets() comes before the first socket");
  const sockets = new AddressedSockets(native);
  atEnd(() => sockets.end(), "last");
  return sockets;
}

function findLibzmq(): NativeSockets | undefined {
  const libzmq = openLibzmq();
  return libzmq && libzmqSockets(libzmq);
}

/**
 * Loads what sockets need, where that takes time: to be awaited before the first is made.
 *
 * @throws {Error} when there is nothing to make sockets with
 */
export async function loadSockets(): Promise<void> {
  if (opened !== undefined) return;
  const native = findLibzmq() ?? (await import("./package_socket.ts")).packageSockets();
  opened ??= openSockets(native);
}

/** See {@link NativeSockets.breatheWell}. */
export function breatheWell(): void {
  (opened ??= openSockets()).breatheWell();
}

/**
 * From now on sockets within this host are Deno's own connections, as far as this process may use
 * them. For one that belongs to a run and nothing else: a program's tests would find connections that
 * they have not opened.
 */
export function useConnections(): void {
  (opened ??= openSockets()).useConnections();
}
