/**
 * How a worker's connection to its broker stands; `worker/connection.ts` says what leads where.
 *
 * @module
 */

/** Times in milliseconds. */
export type ConnectionState =
  | { readonly kind: "alone" }
  | { readonly kind: "connecting" }
  | {
    readonly kind: "greeting";
    readonly since: number;
    saidAt: number;
    /** Since when it has had no broker, if it had one. */
    readonly without?: Without | undefined;
    /**
     * Whether what is said leaves right behind the hello, ahead of the welcome; "lost" when it did, and
     * may not have arrived.
     */
    ahead: "no" | "yes" | "lost";
  }
  | { readonly kind: "serving"; heardAt: number; saidAt: number }
  | { readonly kind: "resuming"; since: number; broken: boolean; saidAt: number }
  /** The next broker is opened, or will be (`at` a time; -1: it is). */
  | { readonly kind: "moving"; readonly without: Without; at: number }
  | { readonly kind: "leaving" }
  | { readonly kind: "lost"; readonly error: Error };

/** The loss of a broker. */
export interface Without {
  readonly since: number;
  /** What is told when no other takes its place. */
  readonly error: Error;
}
