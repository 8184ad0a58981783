/**
 * A reactor as its executor sees it: where work comes from, and who hears of it.
 *
 * @module
 */

import type { WorkQueue } from "../futures/executor.ts";
import type { TurnEvents } from "../futures/turns.ts";
import type { TallyKeeper } from "../telemetry/tally_keeper.ts";
import { LIMITS } from "../wire/limits.ts";
import type { WorkerAction } from "./actions.ts";
import type { QuotaWatch } from "./quota.ts";
import type { Reactor } from "./reactor.ts";
import { counting } from "./telling.ts";

/** What it needs of the worker's shell. */
export interface QueueEvents {
  now(): number;
  /** Before a task keeps this process busy. */
  beforeTake(): void;
  perform(actions: readonly WorkerAction[]): void;
  /** The broker is to be told when the code that runs now has let go. */
  flushSoon(): void;
  /** It is told now, if it was to be told soon. */
  flushIfDue(): void;
  lookSoon(): void;
}

/** @param replaceable whether this process may be replaced when a task stays behind in it */
export function workQueue(
  reactor: Reactor,
  keeper: TallyKeeper,
  quota: QuotaWatch | undefined,
  replaceable: boolean,
  on: QueueEvents,
): WorkQueue {
  return {
    // The first task may keep the processor for good: what others wait for must not wait behind it.
    opens: () => on.flushIfDue(),
    take() {
      on.beforeTake();
      const work = reactor.take(on.now);
      on.flushSoon();
      return work;
    },
    putBack: (work) => reactor.putBack(work),
    // At once: the task may keep the processor for good.
    begins: (work, index) => on.perform(reactor.begins(work, index, on.now())),
    ends: (work) => reactor.ends(work),
    ...counting(keeper),
    // One that should be replaced and may not be, since its tasks wait, goes on one by one.
    room: (work) => work.turn === undefined ? Math.max(1, quota?.left ?? Infinity) : Infinity,
    executed(tasks, work) {
      quota?.executed(work.turn === undefined ? tasks : 0, on.now());
      on.flushSoon();
    },
    ...replaceable && {
      leftBehind: (label: string, graceMs: number) =>
        reactor.retire(`${label} did not end within ${graceMs} ms of being told to`),
    },
  };
}

/** What its turns tell. */
export function turnEvents(reactor: Reactor, on: QueueEvents): Omit<TurnEvents, "freed"> {
  return {
    programWaits: (how) => reactor.programMoves(how, on.now()),
    lookWanted: () => on.lookSoon(),
    workWaits: () => reactor.workWaits,
    // Others are to have the time to take it: perhaps they have only just been started.
    patience: () => reactor.size > 1 ? LIMITS.idleAmongOthersMs / LIMITS.idleAfterMs : 1,
  };
}
