/**
 * Notices that the broker has gone silent.
 *
 * @module
 */

import { BrokerLostError } from "../wire/errors.ts";
import type { Environment } from "./environment.ts";

/** What is watched, and who is told. */
export interface Watched {
  /** When anything was last heard, and whether the broker has ever answered; undefined at the end. */
  look(): { heardAt: number; welcomed: boolean } | undefined;
  /** This process could not look for a while: what was heard counts as heard now. */
  forgive(now: number): void;
  lost(error: BrokerLostError): void;
}

/** Milliseconds without a word from the broker after which it counts as lost. */
const SILENCE = 3_500;
/** Milliseconds a broker may take to answer at all. */
const FIRST_ANSWER = 10_000;
/** Milliseconds between two looks. */
const EVERY = 500;

/** Watches until the broker is lost or there is nothing to look at. */
export function watchBroker(environment: Environment, watched: Watched): void {
  const { brokerAddress, isOrigin } = environment;
  const began = performance.now();
  let lookedAt = began;
  const timer = setInterval(() => {
    const now = performance.now();
    // A process that could not look for a while cannot say who was silent.
    const awake = now - lookedAt < 2 * EVERY;
    lookedAt = now;
    const state = watched.look();
    if (state === undefined) return clearInterval(timer);
    if (!awake) return watched.forgive(now);
    const { heardAt, welcomed } = state;
    if (!welcomed && now - began > FIRST_ANSWER) {
      clearInterval(timer);
      watched.lost(
        new BrokerLostError(`no broker answers at ${brokerAddress}: ${remedy(environment)}`),
      );
    } else if (welcomed && now - heardAt > SILENCE) {
      clearInterval(timer);
      watched.lost(new BrokerLostError(`the broker at ${brokerAddress} is lost`));
    }
  }, EVERY);
  // A program ends when it has nothing left to do.
  if (isOrigin) Deno.unrefTimer(timer);
}

/** A broker does not answer those who have other keys: to the worker, it is as if there were none. */
function remedy({ keys }: Environment): string {
  return keys === undefined
    ? "start one, or set BROKER_ADDRESS to where it is"
    : "start one, set BROKER_ADDRESS to where it is, or set SCOOP_KEYS to the keys that it has";
}
