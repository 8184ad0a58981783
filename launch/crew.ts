/**
 * The workers of a run beside the origin: started, and replaced when they are lost.
 *
 * @module
 */

import type { Logger } from "../telemetry/logging.ts";
import { LIMITS } from "../wire/limits.ts";
import { setTimeout } from "../wire/timers.ts";
import { HostAway } from "./host_away.ts";
import { holdBack } from "./held_output.ts";
import type { HeldOutput } from "./held_output.ts";
import { describeFault, furtherWords, importFault, REMEDY } from "./import_fault.ts";
import type { ImportFault } from "./import_fault.ts";
import type { Output } from "./output.ts";
import { replacementDelay, replacementName } from "./plan.ts";
import { describeExit } from "./process.ts";
import type { RunningProcess } from "./process.ts";

const { joinMs, joinLookMs, joinWordMs } = LIMITS;

/** What the crew needs of the rest. */
export interface CrewOptions {
  /**
   * Starts a worker under this name.
   *
   * @param stderr takes what it writes there
   */
  start(name: string, stderr: Output): RunningProcess;
  /** Where what a worker writes on stderr goes. */
  stderrOf?(name: string): Output;
  /** Whether that goes there at once, even while they import the program. */
  readonly verbose?: boolean;
  /** Whether a worker may wait for a debugger: it says so, and does not join until that is there. */
  isInspected?(name: string): boolean;
  /** A worker's process has ended although the run goes on. */
  onLost(name: string, reason: string): void;
  /** Another is started in a worker's place; `retired` when that had nothing left that would be lost. */
  onReplaced?(
    facts: { worker: string; by: string; reason: string; retired: boolean },
  ): void;
  /** The first worker of a place has joined. */
  onSettled?(): void;
  /** Whether a place whose workers cannot join is the end, even if those of others can. */
  wantsAll?(): boolean;
  /** Workers cannot import the program, and no more are started. `fault` says so in a line. */
  onHopeless?(fault: string, words: string): void;
  readonly log: Pick<Logger, "warning" | "info">;
}

/** The workers beside the origin. */
export interface Crew {
  /** Starts further workers, each for a place of its own; nothing happens once dismissed. */
  begin(names: readonly string[]): void;
  /** A broker has heard that the worker has imported the program, and can run tasks. */
  joined(name: string, broker?: string): void;
  /**
   * The worker is of no use any more: its process is killed, and so replaced.
   *
   * @param reason why, in place of "signal SIGKILL"
   * @param patience milliseconds in which it may end by itself, and so tell why; 0 for one that
   *   does not come back from a task: it is as sound as any, and replaced at once
   * @param broker which says so; the word of one that the worker has left for another does not count
   */
  giveUp(name: string, reason: string, patience: number, broker?: string): void;
  /** The worker has nothing that would be lost with it: it is replaced at once, which is no news. */
  retire(name: string, reason: string): void;
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
  /** What that writes on stderr. */
  stderr: HeldOutput;
  /** Whether it has joined. */
  joined: boolean;
  /** How often it has, and where it did last: it may go from one broker to another. */
  joins: number;
  broker: string | undefined;
  /** Looks since its start, or since another has joined. */
  looks: number;
  /** Whether one of its workers has ever joined. */
  settled: boolean;
  /** Why the last of its workers that ended did not join; of those, how many in a row. */
  fault: ImportFault | undefined;
  faults: number;
  /** What that one wrote on stderr, as long as nobody has been told. */
  unsaid: HeldOutput | undefined;
  /** Milliseconds waited before its worker was started. */
  delay: number;
  /** How many of its workers in a row ended right after their start. */
  shortLived: number;
  /** Why its worker was given up. */
  reason: string | undefined;
  /** Whether its worker was killed for a task, and is no sign that workers cannot live here. */
  excused: boolean;
  /** Whether its worker was replaced in good order. */
  retired: boolean;
}

/** So many in a row that failed at their start are worth a word. One bad task cannot cause them. */
const MANY = 5;
/** So many in a row that ended while they imported the program: it will not be otherwise. */
const MOST_FAULTS = 3;

/** A crew without anybody in it. */
export function createCrew(options: CrewOptions): Crew {
  const { log, onLost } = options;
  const places: Place[] = [];
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const started = new Set<RunningProcess>();
  let over = false;
  let warned = false;
  let looking = false;

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
    const stderr = holdBack(options.stderrOf?.(place.name));
    if (options.verbose || options.isInspected?.(place.name)) stderr.release();
    let process: RunningProcess;
    try {
      process = options.start(place.name, stderr);
    } catch (error) {
      // Nobody's fault, and no reason to wait any longer than for that.
      if (error instanceof HostAway) return void error.back.then(() => later(() => fill(place), 0));
      lose(place, (error as Error).message, 0);
      return;
    }
    Object.assign(place, { process, stderr, joined: false, broker: undefined, looks: 0 });
    started.add(process);
    process.drained.finally(() => started.delete(process));
    process.exited.then((status) => {
      place.process = undefined;
      if (over) return stderr.release();
      const lived = performance.now() - process.since;
      const reason = place.reason ?? describeExit(status, stderr.words());
      if (status.away) return leave(place, reason);
      // Whose host is lost has nothing to do with the program.
      if (place.joined || status.reason !== undefined) return lose(place, reason, lived);
      onLost(place.name, reason);
      void process.drained.then(() =>
        later(() => place.joined ? lose(place, reason, lived) : fail(place, reason), joinWordMs)
      );
    });
    look();
  }

  /** Looks now and then who does not join; a launcher that was stopped has looked once meanwhile. */
  function look() {
    if (looking) return;
    looking = true;
    later(() => {
      looking = false;
      const importing = places.filter(({ process, joined }) => process !== undefined && !joined);
      for (const place of importing) {
        if (++place.looks * joinLookMs < joinMs || options.isInspected?.(place.name)) continue;
        giveUp(place, `it did not join within ${joinMs / 1000} s`);
      }
      if (importing.length > 0) look();
    }, joinLookMs);
  }

  function giveUp(place: Place, reason: string) {
    if (!place.process?.alive()) return;
    place.reason = reason;
    place.process.kill("SIGKILL");
  }

  /** A worker has ended before it joined. */
  function fail(place: Place, how: string) {
    const { name, stderr } = place;
    place.fault = importFault(name, how, place.reason !== undefined, stderr.words());
    place.faults++;
    place.unsaid = stderr;
    if (isHopeless()) return despair(place.fault, place.faults);
    tellExhausted();
    const text = describeFault(place.fault, place.faults);
    const next = place.name = replacementName(name);
    const final = place.faults >= exhausted(place);
    if (final) place.delay = LIMITS.replaceMostMs;
    else place.delay = replacementDelay(place.delay, 0);
    place.reason = undefined;
    log.info("{text}; starting {next}", { text, next });
    later(() => fill(place), place.delay);
  }

  /** Tells, once, of a place whose workers cannot join although those of others can. */
  function tellExhausted() {
    const place = places.find((one) => one.faults > 0 && one.faults >= exhausted(one));
    if (warned || place?.fault === undefined || !places.some(({ joined }) => joined)) return;
    warned = true;
    place.unsaid?.release();
    log.warning(
      "{text}; {REMEDY}. It is started more and more rarely, and the run goes on with the others",
      { text: describeFault(place.fault, place.faults), REMEDY },
    );
  }

  /** After how many faults nothing else is to be expected of a place. */
  function exhausted({ fault }: Place): number {
    // Workers that have joined show that it may be otherwise.
    return fault?.final && !places.some(({ settled }) => settled) ? 1 : MOST_FAULTS;
  }

  /** Whether no worker is left who can import the program, and it is clear that none will. */
  function isHopeless(): boolean {
    if (!places.some((place) => place.faults >= exhausted(place))) return false;
    return options.wantsAll?.() === true ||
      places.every(({ joined, faults }) => !joined && faults > 0);
  }

  function despair(fault: ImportFault, times: number) {
    // All others fared alike.
    for (const { stderr, unsaid } of places) {
      stderr.drop();
      unsaid?.drop();
    }
    dismiss();
    const words = options.verbose ? "" : furtherWords(fault);
    options.onHopeless?.(`${describeFault(fault, times)}; ${REMEDY}`, words);
  }

  /** A place's host is lost, of which others tell: its worker is replaced when that is back. */
  function leave(place: Place, reason: string) {
    const lost = place.name;
    onLost(lost, reason);
    place.stderr.release();
    const next = replacementName(lost);
    Object.assign(place, { name: next, joined: false, reason: undefined });
    options.onReplaced?.({ worker: lost, by: next, reason, retired: false });
    place.excused = place.retired = false;
    log.info("{lost} was lost ({reason}); starting {next} when its host is back", {
      ...{ lost, reason, next },
    });
    later(() => fill(place), LIMITS.replaceFirstMs);
  }

  function lose(place: Place, reason: string, lived: number) {
    const lost = place.name;
    onLost(lost, reason);
    place.name = replacementName(lost);
    place.stderr.release();
    place.joined = false;
    const delay = delayAfter(place, lived);
    const { retired } = place;
    place.reason = undefined;
    place.excused = place.retired = false;
    options.onReplaced?.({ worker: lost, by: place.name, reason, retired });
    const when = delay < 1000 ? "" : ` in ${(delay / 1000).toFixed(1)} s`;
    const facts = { lost, reason, next: place.name, when };
    if (retired) log.info("{lost} is replaced ({reason}); starting {next}{when}", facts);
    else if (place.shortLived < MANY) {
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

  function joined(name: string, broker?: string) {
    const place = places.find((place) => place.name === name);
    if (place === undefined || over) return;
    place.joins++;
    place.broker = broker;
    if (place.joined) return;
    place.joined = true;
    place.stderr.release();
    for (const other of places) other.looks = 0;
    const { fault, settled } = place;
    if (fault !== undefined && place.faults < exhausted(place)) {
      log.warning("{text}; {name} is in its place", {
        text: describeFault(fault, place.faults),
        name,
      });
    }
    place.unsaid?.release();
    place.fault = place.unsaid = undefined;
    place.faults = 0;
    place.settled = true;
    if (!settled) options.onSettled?.();
    tellExhausted();
  }

  function dismiss() {
    over = true;
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    for (const { stderr, unsaid } of places) {
      unsaid?.release();
      stderr.release();
    }
  }

  return {
    begin(names) {
      for (const name of over ? [] : names) {
        const place = newPlace(name);
        places.push(place);
        fill(place);
      }
    },
    joined,
    giveUp(name, reason, patience, broker) {
      const place = places.find((place) => place.name === name);
      const process = place?.process;
      if (!place || !process) return;
      const { joins } = place;
      const kill = () => {
        // Another broker has it, since then or before: one that was stopped hears of it late.
        const elsewhere = broker !== undefined && (place.broker ?? broker) !== broker;
        if (place.joins > joins || elsewhere) return;
        if (process.alive()) place.excused = patience === 0;
        if (place.process === process) giveUp(place, reason);
      };
      if (patience > 0) later(kill, patience);
      else kill();
    },
    retire(name, reason) {
      const place = places.find((place) => place.name === name);
      if (!place?.process?.alive()) return;
      place.excused = place.retired = true;
      giveUp(place, reason);
    },
    dismiss,
    living: () => places.flatMap(({ process }) => process ?? []),
    everyone: () => [...started],
  };
}

function newPlace(name: string): Place {
  return {
    ...{ name, process: undefined, stderr: holdBack(undefined) },
    ...{ joined: false, joins: 0, broker: undefined, looks: 0 },
    ...{ settled: false, fault: undefined, faults: 0, unsaid: undefined },
    ...{ delay: 0, shortLived: 0, reason: undefined, excused: false, retired: false },
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
