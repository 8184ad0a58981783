/**
 * Raw zeromq as it has to be used under Deno.
 *
 * @module
 */

import * as zeromq from "npm:zeromq@^6.8";

/** What arrives: the parts of one message. */
export type Parts = Uint8Array[];

/** No high water marks, and sends that end at once. */
const OPTIONS = { sendHighWaterMark: 0, receiveHighWaterMark: 0, sendTimeout: 0 };
/** Milliseconds between two looks whether a receive sleeps although something is there. */
const LOOK = 20;
/** The first part of a message that means nothing. */
const NOTHING = "?";

/** The version of libzmq that is used. */
export const version: string = zeromq.version;

/** A socket that listens, with the address where it does. */
export async function openRouter(address: string): Promise<zeromq.Router> {
  const router = new zeromq.Router(OPTIONS);
  await router.bind(address);
  return router;
}

/** A socket that is connected. */
export function openDealer(address: string): zeromq.Dealer {
  const dealer = new zeromq.Dealer(OPTIONS);
  dealer.connect(address);
  return dealer;
}

/**
 * Hands over every message. Under Deno a pending receive now and then sleeps through a message;
 * a send on the same socket wakes it.
 */
export async function listen(
  socket: zeromq.Router | zeromq.Dealer,
  onMessage: (parts: Parts) => void,
): Promise<void> {
  const router = socket instanceof zeromq.Router;
  const wake = router ? ["nobody", NOTHING] : [NOTHING];
  const timer = setInterval(() => {
    if (socket.readable) socket.send(wake).catch(() => {});
  }, LOOK);
  const first = router ? 1 : 0;
  for await (const parts of socket) {
    const head = parts[first]!;
    if (head.length === 1 && head[0] === NOTHING.charCodeAt(0)) continue;
    onMessage(parts);
  }
  clearInterval(timer);
}

/** The numbers in a part; a view where alignment allows it. */
export function readNumbers(part: Uint8Array): Float64Array {
  const { buffer, byteOffset, byteLength } = part;
  if (byteOffset % 8 === 0) return new Float64Array(buffer, byteOffset, byteLength / 8);
  return new Float64Array(part.slice().buffer);
}

/** A part that holds these numbers. */
export function writeNumbers(numbers: Float64Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
