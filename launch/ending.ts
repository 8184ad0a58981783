/**
 * The end of a run: everybody leaves, or is made to.
 *
 * After a signal it is over within LIMITS.endMs, whoever has to be waited for: each step has its
 * own limit, and none of them more than is left of the whole.
 *
 * @module
 */

import { getLogger } from "../telemetry/logging.ts";
import { LIMITS } from "../wire/limits.ts";
import type { RunBroker } from "./brokers.ts";
import type { Interruption } from "./interruption.ts";
import type { Place } from "./place.ts";
import { describeExit, endAll, within } from "./process.ts";
import type { Exit, RunningProcess } from "./process.ts";
import type { Setup } from "./setup.ts";

/** Who has to end. */
export interface Leaving {
  readonly setup: Setup;
  readonly brokers: readonly RunBroker[];
  /** The origin and the workers that live. */
  readonly living: readonly RunningProcess[];
  /** Fulfilled when each process, of those that live and others, has printed all it had to. */
  readonly printing: readonly Promise<void>[];
  /** How many of the workers that live have joined the run. */
  readonly connected: number;
}

/** Ends the processes of a run, and hands on what they print last. */
export async function endProcesses(
  { setup, brokers, living, printing, connected }: Leaving,
  interruption: Interruption,
): Promise<void> {
  // Of a program that goes on after a signal this is what it is told of its tasks.
  const why = interruption.signalled() > 0 ? "it was interrupted" : "the program has ended";
  const closed = Promise.all(
    brokers.map((broker) =>
      broker.close(why).catch((error) => {
        getLogger("launch").warning("the broker did not close: {error}", { error });
      })
    ),
  );
  const leave = brokers.length > 1 ? LIMITS.leaveMs : timeToLeave(connected, living.length - 1);
  const isHasty = () => interruption.signalled() > 0;
  if (!isHasty()) {
    await Promise.race([endAll(living, leave, LIMITS.terminateMs), interruption.enough]);
  }
  if (isHasty()) {
    const { interruptedLeaveMs } = LIMITS;
    await endAll(living, Math.min(leave, interruptedLeaveMs), interruptedLeaveMs);
  }
  await within(closed, LIMITS.closeMs);
  const printed = Promise.all(printing)
    .then(() => Promise.all([setup.stdout.flush(), setup.stderr.flush()]));
  if (!isHasty()) await Promise.race([printed, interruption.enough]);
  if (isHasty()) await within(printed, Math.min(LIMITS.lastOutputMs, interruption.left()));
}

/**
 * Milliseconds to wait for the workers. A program may end before its workers have even connected;
 * those will not hear that the run is over, so there is nothing to wait for.
 */
function timeToLeave(connected: number, living: number): number {
  if (connected >= living) return LIMITS.leaveMs;
  return connected > 0 ? LIMITS.leaveSoonMs : 0;
}

/** Ends what is on other hosts, and the ways there. */
export async function closePlaces(
  places: readonly Place[],
  interruption: Interruption,
): Promise<void> {
  const limit = interruption.signalled() === 0
    ? LIMITS.closeAwayMs
    : Math.min(LIMITS.interruptedCloseAwayMs, interruption.left());
  await Promise.all(places.map((place) => place.close(limit)));
}

/** How a program ended that has not ended by itself, in a line. */
export function describeKill(exit: Exit): string {
  // Nobody sends that by accident but the kernel, and it leaves no word.
  const perhaps = exit.signal === "SIGKILL"
    ? ": by somebody, or by the system, as it does when memory runs out"
    : "";
  return `the program was killed (${describeExit(exit)})${perhaps}`;
}
