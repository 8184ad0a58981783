/**
 * Who may connect to a broker: those who have the run's keys. The others are counted.
 *
 * @module
 */

import { admitPeers } from "../wire/admission.ts";
import type { RunKeys } from "../wire/keys.ts";
import { LIMITS } from "../wire/limits.ts";
import type { ServerOptions } from "../wire/socket.ts";
import type { Logger } from "../telemetry/logging.ts";

/** See the module's text. */
export interface Admission {
  /** For the sockets that listen. */
  readonly options: Pick<ServerOptions, "curve" | "zapDomain" | "onRefused">;
  /** Connections turned away so far. */
  refused(): number;
  /** No socket needs it any more. */
  end(): Promise<void>;
}

/** Lets in whoever has the keys. */
export async function admit(keys: RunKeys, log: Pick<Logger, "warning">): Promise<Admission> {
  const refusals = tellOfRefusals(log);
  const domain = crypto.randomUUID();
  const end = await admitPeers(domain, (publicKey, host) => {
    const admitted = keys.admits(publicKey);
    if (!admitted) refusals.add(`its own key is not of this run (${host})`);
    return admitted;
  });
  return {
    options: { curve: keys.curve, zapDomain: domain, onRefused: refusals.add },
    refused: () => refusals.count,
    end() {
      refusals.end();
      return end();
    },
  };
}

/** Reasons that get a line of their own. */
const MOST_REASONS = 5;

/** Counts refused connections. */
export interface Refusals {
  readonly count: number;
  /** One more. */
  add(reason: string): void;
  /** There will be no more. */
  end(): void;
}

/**
 * Counts refused connections, and tells of them: of every new reason at once, of the rest in a
 * summary now and then. Whoever has the wrong key tries again hundreds of times a second, so there
 * are few lines, however many refusals.
 *
 * @param now the time in milliseconds
 */
export function tellOfRefusals(
  log: Pick<Logger, "warning">,
  now: () => number = () => performance.now(),
): Refusals {
  const reasons = new Set<string>();
  let count = 0;
  let untold = 0;
  /** Milliseconds to the next summary of further refusals; each one waits longer. */
  let pause: number = LIMITS.complainMs;
  let summaryAt = 0;
  function summarise() {
    if (untold === 0) return;
    log.warning("refused {untold} more connections, {count} in all", { untold, count });
    untold = 0;
  }
  return {
    get count() {
      return count;
    },
    add(reason) {
      if (count++ === 0) summaryAt = now() + pause;
      if (!reasons.has(reason) && reasons.size < MOST_REASONS) {
        reasons.add(reason);
        log.warning("refused a connection: {reason}", { reason });
        return;
      }
      untold++;
      if (now() < summaryAt) return;
      summarise();
      pause *= 2;
      summaryAt = now() + pause;
    },
    end: summarise,
  };
}
