/**
 * Where the origin is: at this broker, at another one of the federation, or on its way from one that
 * was lost.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import type { Peers } from "./peers.ts";
import type { Roster } from "./roster.ts";

/** Where the origin is: at the only broker, at this one of several, or at another. */
export type HomePlace = "alone" | "here" | "elsewhere";

/** What a home needs of the dispatcher. */
export interface HomeEvents {
  /** It will not come. */
  end(reason: string): void;
  /** It has come to another broker than it was at; whether that is this one. */
  moved(here: boolean): void;
}

/** See the module's text. */
export class Home {
  #state:
    /** Nobody has been home yet, or somebody is. */
    | { readonly kind: "settled" }
    /** It was lost, or its broker was. */
    | { readonly kind: "lost"; since: number; readonly reason: string } = { kind: "settled" };

  constructor(
    private readonly workers: Roster,
    private readonly peers: Peers,
    private readonly on: HomeEvents,
  ) {}

  /** Where it is, as far as this broker can say. */
  get place(): HomePlace {
    if (!this.peers.any) return "alone";
    return this.workers.origin === undefined ? "elsewhere" : "here";
  }

  /** The connection to the origin was lost, or the broker that had it. */
  lost(reason: string): void {
    if (!this.peers.any) this.on.end(reason);
    else if (this.#state.kind === "settled") this.#state = { kind: "lost", since: NaN, reason };
  }

  /** Time has passed. */
  tick(now: number): void {
    const state = this.#state;
    if (state.kind === "settled") return;
    if (Number.isNaN(state.since)) state.since = now;
    const here = this.workers.origin !== undefined;
    if (here || this.peers.home !== undefined) {
      this.#state = { kind: "settled" };
      this.on.moved(here);
    } else if (now - state.since >= LIMITS.homelessMs) {
      this.#state = { kind: "settled" };
      this.on.end(state.reason);
    }
  }
}
