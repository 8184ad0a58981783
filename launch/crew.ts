/**
 * The workers of a run beside the origin: started, and replaced when they are lost.
 *
 * @module
 */

import type { Logger } from "../telemetry/logging.ts";
import { LIMITS } from "../wire/limits.ts";
import { replacementDelay, replacementName } from "./plan.ts";
import { describeExit } from "./process.ts";
import type { RunningProcess } from "./process.ts";

/** What the crew needs of the rest. */
export interface CrewOptions {
  /** Starts a worker under this name. */
  start(name: string): RunningProcess;
  /** A worker's process has ended although the run goes on. */
  onLost(name: string, reason: string): void;
  readonly log: Pick<Logger, "warning" | "info">;
}

/** The workers beside the origin. */
export interface Crew {
  /** Starts further workers, each for a place of its own; nothing happens once dismissed. */
  begin(names: readonly string[]): void;
  /**
   * The worker is of no use any more: its process is killed, and so replaced.
   *
   * @param reason why, in place of "signal SIGKILL"
   * @param patience milliseconds in which it may end by itself, and so tell why; 0 for one that
   *   does not come back from a task: it is as sound as any, and replaced at once
   */
  giveUp(name: string, reason: string, patience: number): void;
  /** From now on the end of a worker is no loss. */
  dismiss(): void;
  /** Those that live. */
  living(): RunningProcess[];
  /** Everyone there ever was and who may still have something to print. */
  everyone(): readonly RunningProcess[];
}

/** One of the places for workers; at most one process holds it at a time. */
interface Place {
  name: string;
  process: RunningProcess | undefined;
  /** Milliseconds waited before its worker was started. */
  delay: number;
  /** How many of its workers in a row ended right after their start. */
  shortLived: number;
  /** Why its worker was given up. */
  reason: string | undefined;
  /** Whether its worker was killed for a task, and is no sign that workers cannot live here. */
  excused: boolean;
}

/** So many in a row that failed at their start are worth a word. One bad task cannot cause them. */
const MANY = 5;

/** A crew without anybody in it. */
export function createCrew({ start, onLost, log }: CrewOptions): Crew {
  const places: Place[] = [];
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const started = new Set<RunningProcess>();
  let over = false;
  let warned = false;

  function later(action: () => void, milliseconds: number) {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!over) action();
    }, milliseconds);
    // The owner of an Executor may end when it has nothing else to do.
    Deno.unrefTimer(timer);
    timers.add(timer);
  }

  function fill(place: Place) {
    let process: RunningProcess;
    try {
      process = start(place.name);
    } catch (error) {
      lose(place, (error as Error).message, 0);
      return;
    }
    place.process = process;
    started.add(process);
    process.drained.finally(() => started.delete(process));
    process.exited.then((status) => {
      place.process = undefined;
      if (!over) {
        lose(place, place.reason ?? describeExit(status), performance.now() - process.since);
      }
    });
  }

  function lose(place: Place, reason: string, lived: number) {
    const lost = place.name;
    onLost(lost, reason);
    place.name = replacementName(lost);
    const delay = delayAfter(place, lived);
    place.reason = undefined;
    place.excused = false;
    const when = delay < 1000 ? "" : ` in ${(delay / 1000).toFixed(1)} s`;
    const facts = { lost, reason, next: place.name, when };
    if (place.shortLived < MANY) {
      log.warning("{lost} was lost ({reason}); starting {next}{when}", facts);
    } else {
      log.info("{lost} was lost ({reason}); starting {next}{when}", facts);
      if (!warned) {
        log.warning(
          "{lost} ended right after its start, like {many} before it ({reason}); from now on it " +
            "is started more and more rarely, and the run goes on with the others",
          { lost, many: MANY - 1, reason },
        );
      }
      warned = true;
    }
    later(() => fill(place), delay);
  }

  return {
    begin(names) {
      if (over) return;
      for (const name of names) {
        const place: Place = {
          name,
          process: undefined,
          delay: 0,
          shortLived: 0,
          reason: undefined,
          excused: false,
        };
        places.push(place);
        fill(place);
      }
    },
    giveUp(name, reason, patience) {
      const place = places.find((place) => place.name === name);
      const process = place?.process;
      if (!place || !process) return;
      const kill = () => {
        if (!process.alive()) return;
        place.reason = reason;
        place.excused = patience === 0;
        process.kill("SIGKILL");
      };
      if (patience > 0) later(kill, patience);
      else kill();
    },
    dismiss() {
      over = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
    living: () => places.flatMap(({ process }) => process ?? []),
    everyone: () => [...started],
  };
}

/** Milliseconds until the place's next worker is started. */
function delayAfter(place: Place, lived: number): number {
  if (!place.excused) {
    place.shortLived = lived < LIMITS.startedMs ? place.shortLived + 1 : 0;
    return place.delay = replacementDelay(place.delay, lived);
  }
  if (lived >= LIMITS.soundAfterMs) place.delay = place.shortLived = 0;
  return 0;
}
