/**
 * Tasks that may not be begun twice.
 *
 * @module
 */

import type { Ledger } from "./ledger.ts";
import type { Member, Part } from "./records.ts";

/** Whether tasks may not be begun twice. */
export function isOnce({ bundle }: Part): boolean {
  return bundle.common.retries === 0;
}

/**
 * Of the tasks of somebody who is lost that may run only once, those that are known not to have
 * begun, as parts of their own: they may run elsewhere. Each of them is announced before it begins.
 */
export function unbegun(ledger: Ledger, lost: Member): Set<Part> {
  const once = [...lost.held].filter(isOnce);
  const rest = new Set<Part>();
  if (once.length === 0) return rest;
  // What is cut apart leaves the worker, with what is known of it.
  const begun = new Map(once.map(({ bundle }) => [bundle, new Set(lost.begun.of(bundle).keys())]));
  for (const part of once) {
    for (const task of ledger.singles(part)) {
      if (!begun.get(task.bundle)?.has(task.base)) rest.add(task);
    }
  }
  return rest;
}
