/**
 * A host that cannot be reached for a while: when it is back.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { setTimeout } from "../wire/timers.ts";
import { HostError } from "./host_errors.ts";

/** Nothing can be started on a host now. */
export class HostAway extends Error {
  override name = "HostAway";

  /** @param back fulfilled when the host is there again */
  constructor(host: string, readonly back: Promise<void>) {
    super(`${host} cannot be reached`);
  }
}

/** How a host is brought back. */
export interface Return {
  /** @param connectMs for the connection alone */
  connect(connectMs: number): Promise<void>;
  /** Milliseconds that the host took to answer when all was well. */
  readonly answerMs: number;
  /** Whether nobody wants it any more. */
  unwanted(): boolean;
  /** An attempt has failed in another way than the one before. */
  failed(why: string): void;
}

/**
 * Tries to connect to a host until that comes about. A packet that opens a connection is sent again
 * after one second, and then more and more rarely: so many short attempts find out sooner than few
 * long ones.
 */
export async function bringBack({ connect, answerMs, unwanted, failed }: Return): Promise<void> {
  const { sshConnectMs, comeBackConnectMs, comeBackPauseMs } = LIMITS;
  // ssh knows whole seconds.
  const enough = Math.max(comeBackConnectMs, 1000 * Math.ceil(2 * answerMs / 1000));
  const connectMs = Math.min(sshConnectMs, enough);
  const since = performance.now();
  for (let before = ""; !unwanted();) {
    try {
      return await connect(connectMs);
    } catch (error) {
      // What failed was ended, with the run.
      if (unwanted()) return;
      const why = error instanceof HostError ? error.why : (error as Error).message;
      if (why !== before) failed(before = why);
    }
    const eager = performance.now() - since < LIMITS.comeBackEagerMs;
    await pause(eager ? comeBackPauseMs : LIMITS.replaceMostMs);
  }
}

/** Keeps no process alive. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, milliseconds)));
}
