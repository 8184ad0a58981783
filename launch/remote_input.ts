/**
 * The launcher's standard input for a process on another host: no more of it is read than that
 * process takes, whatever is between the two.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import type { RunningProcess } from "./process.ts";

/** How much of the input is under way. */
export interface InputFlow {
  /** So many bytes were sent. */
  sent(bytes: number): void;
  /** So many bytes have arrived in the process's own pipe. */
  taken(bytes: number): void;
  /** Fulfilled when more may be sent, or the process has ended. */
  room(): Promise<void>;
}

/**
 * A flow with nothing under way.
 *
 * @param exited fulfilled when nobody will take anything any more
 * @param most bytes that may be under way before more have to wait
 */
export function createInputFlow(
  exited: Promise<unknown>,
  most: number = LIMITS.inputBytes,
): InputFlow {
  let underWay = 0;
  let waiting = Promise.withResolvers<void>();
  void exited.then(() => {
    underWay = -Infinity;
    waiting.resolve();
  });
  return {
    sent: (bytes) => void (underWay += bytes),
    taken(bytes) {
      underWay -= bytes;
      if (underWay >= most) return;
      waiting.resolve();
      waiting = Promise.withResolvers();
    },
    async room() {
      while (underWay >= most) await waiting.promise;
    },
  };
}

/**
 * Passes the launcher's standard input on to a process that lives elsewhere, until either ends.
 *
 * @param send takes bytes in base64; null is the input's end
 */
export async function passInput(
  flow: InputFlow,
  send: (data: string | null) => void,
  to: RunningProcess,
): Promise<void> {
  const reader = Deno.stdin.readable.getReader();
  void to.exited.then(() => reader.cancel().catch(() => {}));
  try {
    while (true) {
      await flow.room();
      const { done, value } = await reader.read();
      if (done || !to.alive()) break;
      flow.sent(value.length);
      send(value.toBase64());
    }
  } catch {
    // Nothing to read from.
  }
  if (to.alive()) send(null);
}
