/**
 * What becomes of tasks that are not begun any more because the run's time is over.
 *
 * @module
 */

import type { LocalWork, Source, Work } from "../futures/work.ts";

/** Tasks taken from a source at once. */
const MOST = 256;

/** Those of a bundle that nobody has begun fail. */
export function failRest(work: Work, error: unknown): void {
  while (work.next < work.count) work.fail(work.next++, error);
}

/**
 * The same source, which when it is refused lets its tasks fail one by one: their owner may have
 * results of others, and may want just those.
 */
export function failingOneByOne(source: Source): Source {
  const refuse = (error: unknown) => {
    do {
      const work: LocalWork | undefined = source.take(MOST);
      if (work !== undefined) failRest(work, error);
    } while (!source.drained);
  };
  return Object.create(source, { refuse: { value: refuse } });
}
