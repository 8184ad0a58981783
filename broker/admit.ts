/**
 * Who may connect to a broker: those who have the run's keys. The others are counted.
 *
 * @module
 */

import { admitPeers } from "../wire/admission.ts";
import type { RunKeys } from "../wire/keys.ts";
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

/** Connections that are told of one by one; whoever keeps trying does so several times a second. */
const MOST_REPORTED = 5;
/** Milliseconds between two summaries of the others. */
const SUMMARY_EVERY = 10_000;

/** Lets in whoever has the keys. */
export async function admit(keys: RunKeys, log: Pick<Logger, "warning">): Promise<Admission> {
  const domain = crypto.randomUUID();
  const end = await admitPeers(domain, (publicKey) => keys.admits(publicKey));
  let refused = 0;
  let told = 0;
  let toldAt = 0;
  return {
    options: {
      curve: keys.curve,
      zapDomain: domain,
      onRefused(reason) {
        refused++;
        const now = performance.now();
        if (refused > MOST_REPORTED && now - toldAt < SUMMARY_EVERY) return;
        const others = refused - told - 1;
        log.warning("refused a connection: {reason} ({refused} refused so far)", {
          reason: others > 0 ? `${reason}, like ${others} others` : reason,
          refused,
        });
        told = refused;
        toldAt = now;
      },
    },
    refused: () => refused,
    end,
  };
}
