/**
 * The end of a worker that something has been left behind in: it asks to be replaced.
 *
 * @module
 */

/** See the module's text. */
export class Retirement {
  #state:
    | { readonly kind: "none" }
    | { readonly kind: "wanted"; readonly reason: string }
    | { readonly kind: "told" } = { kind: "none" };

  /** Whether the worker is to be replaced: it takes no work any more. */
  get any(): boolean {
    return this.#state.kind !== "none";
  }

  /** It is to be, as soon as nothing is lost by that. */
  want(reason: string): void {
    if (this.#state.kind === "none") this.#state = { kind: "wanted", reason };
  }

  /** Why, if the broker has not been told; it counts as told then. */
  tell(): string | undefined {
    if (this.#state.kind !== "wanted") return undefined;
    const { reason } = this.#state;
    this.#state = { kind: "told" };
    return reason;
  }
}
