/**
 * The end of a worker that something has been left behind in, which asks to be replaced; and of
 * whoever may begin no more tasks, because the run's time is over.
 *
 * @module
 */

import { CancelledError } from "../wire/errors.ts";

/** See the module's text. */
export class Retirement {
  #state:
    | { readonly kind: "none" }
    | { readonly kind: "wanted"; readonly reason: string }
    | { readonly kind: "told"; readonly reason: string }
    | { readonly kind: "drained"; readonly error: Error } = { kind: "none" };

  /**
   * Whether it takes no work any more.
   *
   * @param waits whether tasks of others have begun here and all wait: perhaps for just what nobody
   * else can take
   */
  closes(waits: () => boolean): boolean {
    return this.#state.kind === "wanted" ? !waits() : this.#state.kind !== "none";
  }

  /** What whoever spawns tasks is told, if no more are begun, its own neither. */
  get drained(): Error | undefined {
    return this.#state.kind === "drained" ? this.#state.error : undefined;
  }

  /** It is to be replaced, as soon as nothing is lost by that. */
  want(reason: string): void {
    if (this.#state.kind === "none") this.#state = { kind: "wanted", reason };
  }

  /** No more tasks are begun in this run. */
  drain(reason: string): Error {
    const error = new CancelledError(`no more tasks are begun: ${reason}`);
    this.#state = { kind: "drained", error };
    return error;
  }

  /** Why it is to be replaced, if the broker has not been told; it counts as told then. */
  tell(): string | undefined {
    if (this.#state.kind !== "wanted") return undefined;
    const { reason } = this.#state;
    this.#state = { kind: "told", reason };
    return reason;
  }

  /** Who was told is no broker any more: the next is to be. */
  again(): void {
    if (this.#state.kind === "told") this.#state = { kind: "wanted", reason: this.#state.reason };
  }
}
