/**
 * Tasks that keep a worker's processor for good.
 *
 * @module
 */

import type { Entry, Ledger } from "./ledger.ts";
import type { Roster, Worker } from "./roster.ts";

/** Milliseconds beyond its timeout after which a task's worker counts as stuck. */
const STUCK_AFTER = 2_000;

/** The workers that do not come back from a task, each with the bundle it is in. */
export function stuckTasks(
  roster: Roster,
  ledger: Ledger,
  now: number,
): { worker: Worker; entry: Entry }[] {
  const stuck: { worker: Worker; entry: Entry }[] = [];
  for (const worker of roster) {
    const entry = ledger.heldBy(worker.name).find(({ bundle, startedAt }) =>
      bundle.timeout > 0 && startedAt > 0 &&
      now - startedAt >= bundle.timeout * bundle.count + STUCK_AFTER
    );
    if (entry !== undefined) stuck.push({ worker, entry });
  }
  return stuck;
}
