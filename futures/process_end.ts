/**
 * A task that ended its process, where the process has to live on.
 *
 * @module
 */

import type { Work } from "./work.ts";

/** What such a task throws. */
export class ProcessEnd {
  constructor(readonly reason: string) {}
}

/** A task has thrown: it has failed, or would have cost its worker. */
export function failWork(work: Work, index: number, error: unknown): void {
  const end = processEnd(error);
  if (end !== undefined) work.lose(index, end.reason);
  else work.fail(index, error);
}

/** What a task threw may be anything, such as a proxy that throws when it is looked at. */
function processEnd(error: unknown): ProcessEnd | undefined {
  try {
    return error instanceof ProcessEnd ? error : undefined;
  } catch {
    return undefined;
  }
}
