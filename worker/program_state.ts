/**
 * What the user's program does, as far as its process concerns it: whether others may use it.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";

/**
 * `running`: the processor is the program's. `waiting`: it awaits something of ours, and its process
 * is a worker like the others. `lingering`: it went on a moment ago; while results stream in it does
 * so with each of them. `idle`: it neither awaits us nor does anything, and things that it spawned
 * are not done; its process executes those, and after a while (`open`) takes work like a worker.
 */
export type ProgramState =
  | { readonly kind: "running" }
  | { readonly kind: "waiting" }
  | { readonly kind: "lingering"; readonly until: number }
  | { readonly kind: "idle"; readonly openAt: number };

/** Whether the program's process takes the work of others in this state. */
export function takesWork(state: ProgramState, now: number): boolean {
  switch (state.kind) {
    case "running":
      return false;
    case "waiting":
    case "lingering":
      return true;
    case "idle":
      return now >= state.openAt;
  }
}

/** The next state when the program begins or ceases to wait. */
export function programMoves(
  state: ProgramState,
  how: "waiting" | "idle" | "running",
  now: number,
): ProgramState {
  switch (how) {
    case "waiting":
      return { kind: "waiting" };
    case "idle":
      return { kind: "idle", openAt: now + LIMITS.idleOpenMs };
    case "running":
      if (state.kind === "lingering") return state;
      return takesWork(state, now)
        ? { kind: "lingering", until: now + LIMITS.patienceMs }
        : { kind: "running" };
  }
}

/** When the state changes by itself, if it does: in milliseconds. */
export function programChangesAt(state: ProgramState, now: number): number {
  switch (state.kind) {
    case "lingering":
      return state.until;
    case "idle":
      return now < state.openAt ? state.openAt : Infinity;
    case "running":
    case "waiting":
      return Infinity;
  }
}
