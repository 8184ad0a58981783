/**
 * Tasks that a program has left when it ended: nobody awaited them, and they will not run.
 *
 * @module
 */

import { globalState } from "./global_state.ts";
import { dropped, unreadMaps, unseenFailures } from "./outcome.ts";

/** Errors that stand for nothing but the end of a run. */
const ends = globalState("ends", () => new WeakSet<object>());

/** Marks an error: whoever is given it has not failed, the run is over. */
export function endOfRun<E extends Error>(error: E): E {
  ends.add(error);
  return error;
}

/** Whether an error was marked by {@link endOfRun}. */
export function isEndOfRun(error: unknown): boolean {
  return typeof error === "object" && error !== null && ends.has(error);
}

/** One line for all tasks that were left, or none; begins to count anew. */
function droppedTasks(): string[] {
  const { unbegun, unended } = dropped;
  dropped.unbegun = dropped.unended = 0;
  const parts: string[] = [];
  if (unbegun > 0) parts.push("had not begun");
  if (unended > 0) parts.push(`${unbegun > 0 ? `${unended} ` : ""}had not ended`);
  if (parts.length === 0) return [];
  const count = unbegun || unended;
  const tasks = count === 1 ? "1 task" : `${count} tasks`;
  return [`${tasks} that nobody awaited ${parts.join(" and ")} when the program ended`];
}

/** What a process has to tell at its end of things that nobody looked at or awaited, a line each. */
export function lastWords(): string[] {
  return [...unseenFailures(), ...unreadMaps(), ...droppedTasks()];
}
