/**
 * What a turn has spawned and what is not done of it: to be stopped when the turn is.
 *
 * A list that runs through its members, since a recursion of small tasks links and unlinks hundreds
 * of thousands of them in a second.
 *
 * @module
 */

import type { Spawn, Turn } from "./turn.ts";

/** A turn has spawned something. */
export function addSpawn(spawn: Spawn): void {
  const { turn } = spawn;
  turn.open++;
  spawn.after = turn.spawned;
  if (turn.spawned !== undefined) turn.spawned.before = spawn;
  turn.spawned = spawn;
}

/** It is done. */
export function removeSpawn(spawn: Spawn): void {
  const { turn, before, after } = spawn;
  turn.open--;
  if (before === undefined) turn.spawned = after;
  else before.after = after;
  if (after !== undefined) after.before = before;
  spawn.before = spawn.after = undefined;
}

/** The task of a turn is to end: its signal says so, and nobody wants what it spawned. */
export function stopTurn(turn: Turn, reason: unknown, graceMs: number): void {
  if (turn.stopped !== undefined) return;
  turn.stopped = { reason };
  turn.controller?.abort(reason);
  for (let spawn = turn.spawned; spawn !== undefined;) {
    const next = spawn.after;
    spawn.stop(reason, graceMs);
    spawn = next;
  }
}

/** The signal by which a turn's task hears that it is to end. */
export function signalOf(turn: Turn): AbortSignal {
  if (turn.controller === undefined) {
    turn.controller = new AbortController();
    if (turn.stopped !== undefined) turn.controller.abort(turn.stopped.reason);
  }
  return turn.controller.signal;
}
