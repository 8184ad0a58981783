/**
 * The user's program in its process, the origin: whether its process takes the work of others, and
 * has to go on. A worker has none.
 *
 * @module
 */

import { programChangesAt, programMoves, takesWork } from "./program_state.ts";
import type { ProgramState } from "./program_state.ts";

/**
 * Who has the processor: nobody; a program that goes on with each result and awaits the next, which
 * it has done in a moment so far; or somebody who may keep it for good.
 */
export type Held = "not" | "briefly" | "perhaps for long";

/** See the module's text. */
export class OwnProgram {
  #state: ProgramState | undefined;
  #holds: boolean;

  constructor(isOrigin: boolean) {
    this.#state = isOrigin ? { kind: "running" } : undefined;
    this.#holds = !isOrigin;
  }

  /** It begins or ceases to wait for us; false where there is no program. */
  moves(how: "waiting" | "idle" | "running", now: number): boolean {
    if (this.#state === undefined) return false;
    this.#state = programMoves(this.#state, how, now);
    return true;
  }

  /** Whether it has its process to itself. */
  keepsOthersOut(now: number): boolean {
    return this.#state !== undefined && !takesWork(this.#state, now);
  }

  /** Who has the processor. @param active how many turns have it, the program's included */
  held(active: number): Held {
    if (active === 0) return "not";
    return active === 1 && this.#state?.kind === "lingering" ? "briefly" : "perhaps for long";
  }

  /** When its state changes by itself, in milliseconds; Infinity for never. */
  changesAt(now: number): number {
    return this.#state === undefined ? Infinity : programChangesAt(this.#state, now);
  }

  /** Time has passed. @returns whether the connection is to keep the process, if that has changed */
  settle(now: number): boolean | undefined {
    const state = this.#state;
    if (state === undefined) return undefined;
    if (state.kind === "lingering" && now >= state.until) this.#state = { kind: "running" };
    const { kind } = this.#state!;
    const holds = kind === "waiting" || kind === "lingering";
    return holds === this.#holds ? undefined : this.#holds = holds;
  }
}
