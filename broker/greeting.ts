/**
 * Who may take part in a run.
 *
 * @module
 */

import { PROTOCOL } from "../wire/messages.ts";
import type { Hello, Peer, PeerWelcome, Welcome } from "../wire/messages.ts";
import type { DispatcherOptions } from "./actions.ts";
import type { Member } from "./records.ts";

/**
 * Why a worker or broker that introduces itself may not take part, if it may not.
 *
 * @param key the run's secret
 */
export function refusal(
  { type, protocol, key: theirs }: Hello | Peer,
  key: string,
): string | undefined {
  const who = type === "hello" ? "worker" : "other broker";
  if (protocol !== PROTOCOL) {
    return `the ${who}'s copy of SCOOP speaks protocol ${protocol}, the broker's ${PROTOCOL}: ` +
      `run the same version everywhere`;
  }
  return theirs === key ? undefined : `the ${who} does not have the run's key`;
}

/** What a worker is told that has come in. */
export function welcomeTo(
  { session: { received } }: Member,
  { name: broker, program, modules }: DispatcherOptions,
  { size, demand }: { readonly size: number; readonly demand: number },
  { instance, tallyMs, watched }: {
    readonly instance: string;
    readonly tallyMs: number;
    readonly watched: boolean;
  },
): Welcome {
  return {
    ...{ type: "welcome", broker, instance, received, size, demand, program },
    ...{ modules: [...modules], tallyMs, watched },
  };
}

/** What a broker is told that has come in, or is back. */
export function peerWelcomeTo({ session: { received } }: Member): PeerWelcome {
  return { type: "peerWelcome", received };
}
