/**
 * Who may take part in a run.
 *
 * @module
 */

import { PROTOCOL } from "../wire/messages.ts";
import type { Hello, Peer } from "../wire/messages.ts";

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
