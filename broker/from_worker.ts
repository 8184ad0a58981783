/**
 * What a broker hears from its own workers alone.
 *
 * @module
 */

import type { Message } from "../wire/messages.ts";
import type { Action } from "./actions.ts";
import type { Bundles } from "./bundles.ts";
import type { Constants } from "./constants.ts";
import type { Member } from "./records.ts";
import type { Witness } from "./witness.ts";

/** Whom it concerns. */
export interface WorkerConcerns {
  readonly bundles: Bundles;
  readonly constants: Constants;
  readonly witness: Witness;
  act(action: Action): void;
}

/**
 * Takes in what a worker says.
 *
 * @returns what is wrong with it, if something is
 */
export function fromWorker(
  { bundles, constants, witness, act }: WorkerConcerns,
  worker: Member,
  message: Message,
  now: number,
): string | undefined {
  switch (message.type) {
    case "bundle":
      return bundles.add(worker, message.bundle, message.payload);
    case "moved":
    case "hold":
      constants.expect();
      return bundles.moving.hear(worker, message, now);
    case "busy":
      return void bundles.busy(worker, message, now);
    case "retire":
      if (!bundles.retire(worker)) return "is the origin, and cannot be replaced";
      return void act({ kind: "replace", worker: worker.name, reason: message.reason });
    case "tally":
      return witness.tally(worker, message);
    case "askStats":
      return void act({ kind: "askStats", from: worker.address });
    case "cancel":
    case "stop":
      if (message.owner === worker.name) return bundles.cancel(message, now);
      return "cancels the tasks of somebody else";
    default:
      return `sent a ${message.type}, which workers do not send`;
  }
}
