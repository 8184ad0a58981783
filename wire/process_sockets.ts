/**
 * What makes the sockets of this process; loaded when it is needed.
 *
 * @module
 */

import { AddressedSockets } from "./addressed_socket.ts";
import { atEnd } from "./at_end.ts";
import { openCLibrary } from "./c_library.ts";
import { openLibzmq } from "./libzmq.ts";
import { libzmqSockets } from "./libzmq_socket.ts";
import type { NativeSockets } from "./native_socket.ts";
import { errorForUser } from "./user_stack.ts";
import { zeromqFolder } from "./zeromq_folder.ts";

let opened: AddressedSockets | undefined;
let libzmq: NativeSockets | undefined;

/** What makes the sockets of this process. */
export function sockets(): NativeSockets {
  return ofThisProcess();
}

function ofThisProcess(): AddressedSockets {
  if (opened === undefined) {
    const sockets = opened = new AddressedSockets(useLibzmq);
    atEnd(() => sockets.end(), "last");
  }
  return opened;
}

/** @throws {Error} when that takes {@link loadSockets} first, or there is nothing to make them with */
function useLibzmq(): NativeSockets {
  const found = libzmqAtOnce();
  if (found === undefined) throw new Error("loadSockets() comes before the first socket");
  return found;
}

/** What is loaded already, or can be at once. */
function libzmqAtOnce(): NativeSockets | undefined {
  return libzmq ??= findLibzmq();
}

function findLibzmq(): NativeSockets | undefined {
  const libzmq = openLibzmq();
  return libzmq && libzmqSockets(libzmq);
}

/**
 * Loads what sockets need, where that takes time: to be awaited before the first is made.
 *
 * @param addresses what they will connect to, or listen at, if that is known: libzmq is not loaded
 *   where it is for nothing
 * @throws {Error} when there is nothing to make sockets with
 */
export async function loadSockets(addresses: readonly string[] = []): Promise<void> {
  if (libzmq !== undefined || ofThisProcess().areConnections(addresses)) return;
  const found = findLibzmq() ?? await loadPackage();
  ofThisProcess().loaded(libzmq ??= found);
}

/** Node's code would tell of each file that it has tried, and of nothing that one could do. */
async function loadPackage(): Promise<NativeSockets> {
  const path = zeromqFolder();
  const needed: Deno.PermissionDescriptor[] = [{ name: "ffi", path }, { name: "read", path }];
  const missing = needed.filter((one) => Deno.permissions.querySync(one).state !== "granted");
  if (missing.length > 0) {
    const names = missing.map(({ name }) => `--allow-${name}`).join(" and ");
    throw errorForUser(`ZeroMQ cannot be loaded without ${names}: run with -A`);
  }
  return (await import("./package_socket.ts")).packageSockets();
}

/** See {@link NativeSockets.breatheWell}. */
export function breatheWell(): void {
  ofThisProcess().breatheWell();
}

/**
 * From now on sockets within this host are Deno's own connections, as far as this process may use
 * them. For one that belongs to a run and nothing else: a program's tests would find connections that
 * they have not opened.
 */
export function useConnections(): void {
  ofThisProcess().useConnections(openCLibrary(), libzmqAtOnce);
}
