/**
 * What was spawned and stands in no queue yet, because the address of its function is not known.
 *
 * @module
 */

import type { Source } from "../futures/work.ts";

/** See the module's text. */
export class Unaddressed {
  #sources = new Set<Source>();

  /** Calls `offer` when the function has its address, and refuses the source when it gets none. */
  add(source: Source, addressing: Promise<void>, offer: () => void): void {
    this.#sources.add(source);
    const over = () => this.#sources.delete(source);
    addressing.then(
      () => over() && offer(),
      (error) => over() && source.refuse?.(error),
    );
  }

  /** Nothing of it is wanted any more. */
  refuseAll(error: Error): void {
    for (const source of this.#sources) source.refuse?.(error);
    this.#sources.clear();
  }
}
