/**
 * What brokers say from which this one borrows.
 *
 * @module
 */

import type { Message } from "../wire/messages.ts";
import type { Complaints } from "../wire/complaints.ts";
import type { Bundles } from "./bundles.ts";
import type { Constants } from "./constants.ts";
import type { Peers } from "./peers.ts";

/** Whom it concerns. */
export interface Concerned {
  readonly peers: Peers;
  readonly bundles: Bundles;
  readonly constants: Constants;
  readonly refused: Complaints;
  /** The broker at the other end ends, or the run. */
  ends(link: string, reason: string, now: number): void;
}

/**
 * Takes in a message that came over a connection.
 *
 * @returns what is wrong with it, if something is
 */
export function fromLender(
  { peers, bundles, constants, refused, ends }: Concerned,
  link: string,
  message: Message,
  now: number,
): string | undefined {
  switch (message.type) {
    case "load":
      return peers.sendHome();
    case "bundle":
      return bundles.borrow(message.bundle, message.payload, link);
    case "cancel":
    case "stop":
      return bundles.cancel(message, now, link);
    case "forget":
      return void bundles.forget(message, link);
    case "refuse":
      return void refused.add(`another broker refused this one: ${message.reason}`, now);
    case "shutdown":
      return void ends(link, message.reason, now);
    case "constant":
    case "constantSet":
    case "noConstant":
    case "dropConstant":
      return void constants.fromHome(message);
    default:
      return `sent a ${message.type}, which brokers do not send`;
  }
}
