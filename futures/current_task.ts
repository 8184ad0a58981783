/**
 * Which task a line comes from that is logged or printed now.
 *
 * @module
 */

import type { TaskName } from "../telemetry/log_entry.ts";
import { currentTurn } from "./turn.ts";

/** The task whose code is running, or undefined outside of every task. */
export function currentTask(): TaskName | undefined {
  const turn = currentTurn();
  return turn === undefined || turn.task === 0
    ? undefined
    : { name: turn.label, number: turn.task };
}
