/**
 * The last stretch of a run whose time is over: no more tasks are given out.
 *
 * @module
 */

import { CancelledError } from "../wire/errors.ts";
import { failureOf } from "./failure.ts";
import type { Places, PlacesEvents } from "./places.ts";
import { stretchOf } from "./records.ts";

/** What nobody has begun will not be: whoever waits for it is told, by its own broker. */
export function refuseQueued(
  places: Places,
  on: Pick<PlacesEvents, "tell">,
  reason: string,
): void {
  if (places.queued === 0) return;
  for (const part of places.ledger.all()) {
    const { bundle, state: { kind } } = part;
    if (kind !== "queued" && kind !== "waiting") continue;
    const { via, common } = bundle;
    const stretch = stretchOf(part);
    if (via !== undefined) on.tell(via, { type: "giveBack", ...stretch });
    else {
      const error = new CancelledError(`${common.label} was not begun: ${reason}`);
      places.toOwner(bundle, failureOf(stretch, error));
    }
    places.drop(part);
  }
}
