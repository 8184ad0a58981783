/**
 * The user's program in its process, the origin: whether its process takes the work of others, and
 * has to go on. A worker has none.
 *
 * @module
 */

import { programChangesAt, programMoves, takesWork } from "./program_state.ts";
import type { ProgramState } from "./program_state.ts";

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

  /** When that changes by itself, in milliseconds; Infinity for never. */
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
