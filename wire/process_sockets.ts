/**
 * What makes the sockets of this process, and waits for them; loaded when it is needed.
 *
 * @module
 */

import { atEnd } from "./at_end.ts";
import { openLibzmq } from "./libzmq.ts";
import { libzmqSockets } from "./libzmq_socket.ts";
import type { NativeSockets } from "./native_socket.ts";
import { type Bell, Waiter } from "./waiter.ts";

interface Sockets {
  readonly native: NativeSockets;
  /** Waits for all sockets of this process. */
  readonly waiter: Waiter;
}

let opened: Sockets | undefined;

/**
 * What makes the sockets of this process.
 *
 * @throws {Error} when that takes {@link loadSockets} first, or there is nothing to make them with
 */
export function sockets(): Sockets {
  return opened ??= openSockets();
}

function openSockets(native = findLibzmq()): Sockets {
  if (native === undefined) throw new Error("loadSockets() comes before the first socket");
  const waiter = new Waiter(() => makeBell(native), native.polling);
  atEnd(() => {
    waiter.end();
    native.end();
  }, "last");
  return { native, waiter };
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
  sockets().native.breatheWell?.();
}

function makeBell(native: NativeSockets): Bell {
  const address = `inproc://${crypto.randomUUID()}`;
  const ear = native.open("pair", { linger: 0 });
  const rope = native.open("pair", { linger: 0 });
  ear.bind(address);
  rope.connect(address);
  return {
    descriptor: ear.descriptor,
    ring() {
      // Fails only when a thousand rings have not been heard yet.
      Promise.try(() => rope.send([""])).catch(() => {});
    },
    async silence() {
      while (ear.readable) await ear.receive();
    },
  };
}
