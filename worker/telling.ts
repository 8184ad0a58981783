/**
 * When a worker tells its broker what it has done: now and then while it works, and when it has been
 * out of work for a little, so that whoever looks then sees all of it. One that gets its next bundle
 * in time is out of work for a moment after each: telling of all of them took half of its messages.
 *
 * @module
 */

import type { LocalWork } from "../futures/work.ts";
import type { WorkQueue } from "../futures/executor.ts";
import type { ExecutedStretch } from "../futures/stretch.ts";
import type { Tally } from "../wire/tally.ts";
import type { ProcessFacts, TallyKeeper } from "../telemetry/tally_keeper.ts";
import { encodeEach } from "../wire/codec.ts";
import type { Encoded } from "../wire/codec.ts";
import { LIMITS } from "../wire/limits.ts";
import type { Welcome } from "../wire/messages.ts";
import { dataBytes } from "../wire/shared_memory.ts";
import type { Connection } from "./connection.ts";

/** See the module's text. */
export class Telling {
  #everyMs = 0;
  #toldAt = -Infinity;
  /** Since when nothing is left to do here; Infinity while something is. */
  #idleSince = Infinity;

  /** @param facts how the process stands */
  constructor(readonly keeper: TallyKeeper, private readonly facts: () => ProcessFacts) {}

  /** The broker says how often it wants to hear, and of what. */
  greeted({ tallyMs, watched }: Welcome): void {
    this.#everyMs = tallyMs;
    this.keeper.decide(watched);
  }

  /** Nobody will want to hear anything. */
  lost(): void {
    this.#everyMs = 0;
    this.keeper.decide(false);
  }

  /** When something is to be told next; Infinity when there is nothing. */
  changesAt(): number {
    return this.keeper.changed && this.#everyMs > 0 ? this.#dueAt : Infinity;
  }

  get #dueAt(): number {
    const quiet = Math.max(this.#toldAt, this.#idleSince);
    return Math.min(this.#toldAt + this.#everyMs, quiet + LIMITS.idleTallyMs);
  }

  /** Tells what there is, if it is time to. @param idle whether nothing is left to do here */
  follow(connection: Connection, idle: boolean, now: number): void {
    this.#idleSince = idle ? Math.min(this.#idleSince, now) : Infinity;
    if (now >= this.changesAt()) this.tell(connection, now);
  }

  /** Tells all there is. */
  tell(connection: Connection, now: number): void {
    const serves = connection.state.kind === "serving" && this.#everyMs > 0;
    if (!this.keeper.changed || !(serves || connection.isAhead)) return;
    this.#toldAt = now;
    connection.say({ type: "tally", payload: encodeEach([this.take()]) });
  }

  /** Asks how the run stands, after telling all there is; false where there is nobody to ask. */
  ask(connection: Connection, now: number): boolean {
    if (!connection.stands && !connection.isOpening) return false;
    this.tell(connection, now);
    connection.say({ type: "askStats" });
    return true;
  }

  /** What there is to tell, for whoever is in this process. */
  take(): Tally {
    // By the clock that measures tasks: the one that judges others stands still while a task computes.
    return this.keeper.take(this.keeper.now(), this.facts());
  }
}

/** Bytes of a payload. */
export function bytesOf({ body, frames }: Encoded): number {
  return frames.reduce((sum, frame) => sum + dataBytes(frame), body.length);
}

/** What spawned some work, and when, as it travels; empty when nobody asks. */
export function descentOf(keeper: TallyKeeper, { turn, spawnedAt }: LocalWork): string {
  return keeper.shows && spawnedAt ? `${keeper.parentOf(turn.block)}@${spawnedAt}` : "";
}

function readDescent(text = ""): { parent: string; spawnedAt: number } {
  const at = text.lastIndexOf("@");
  return { parent: text.slice(0, Math.max(0, at)), spawnedAt: Number(text.slice(at + 1)) || 0 };
}

/**
 * Counts what an executor does.
 *
 * @returns what its queue has to tell of that
 */
export function counting(keeper: TallyKeeper): Pick<WorkQueue, "watched" | "ran"> {
  return {
    watched: () => keeper.measures,
    ran(stretch) {
      const { work, ended, failed, ms } = stretch;
      keeper.ran(work.handle, ended, failed, ms);
      if (keeper.shows && stretch.to > 0) show(keeper, stretch);
    },
  };
}

/** Tells of a stretch by itself. */
function show(keeper: TallyKeeper, stretch: ExecutedStretch): void {
  const { work, mark, from, to, ms, ended: tasks, failed, waited, args } = stretch;
  const { turn, handle: { label } } = work;
  const { parent, spawnedAt } = turn === undefined
    ? readDescent(work.parent)
    : { parent: keeper.parentOf(turn.block), spawnedAt: work.spawnedAt ?? 0 };
  keeper.show({ label, mark, parent, spawnedAt, from, to, ms, tasks, failed, waited, args });
}
