/**
 * What a broker sees of the run, as events for whoever shows it: who comes and goes, what workers
 * tell of their work, and how it stands itself.
 *
 * @module
 */

import type { Observed } from "../telemetry/events.ts";
import { decodeEach, encodeEach } from "../wire/codec.ts";
import type { Encoded } from "../wire/codec.ts";
import { readTally } from "../wire/read_tally.ts";
import type { TallyMessage } from "../wire/messages.ts";
import { LIMITS } from "../wire/limits.ts";
import type { DispatcherOptions } from "./actions.ts";
import type { Places } from "./places.ts";
import type { Member } from "./records.ts";
import type { Roster } from "./roster.ts";

/** See the module's text. */
export class Witness {
  /** How often workers, and this broker, tell what they have done. */
  readonly tallyMs: number;
  #toldAt = -Infinity;
  #told = { given: 0, lent: 0 };

  readonly #broker: string;
  readonly #owned: boolean;
  /** Whether each stretch of work is to be told. */
  readonly watched: boolean;

  constructor(
    options: Pick<DispatcherOptions, "name" | "watched" | "owned">,
    /** As in a welcome. */
    readonly instance: string,
    private readonly roster: Roster,
    private readonly places: Places,
    private readonly tell: (event: Observed) => void,
  ) {
    this.#broker = options.name;
    this.#owned = options.owned === true;
    this.watched = options.watched === true;
    this.tallyMs = this.watched ? LIMITS.watchedTallyMs : LIMITS.tallyMs;
  }

  /** A worker can run tasks. */
  joined({ name: worker, host, pid, origin }: Member): void {
    const owner = origin && this.#owned;
    const who = { worker, host, pid, origin, ...owner && { owner } };
    this.tell({ kind: "joined", broker: this.#broker, ...who });
  }

  /** A worker has left, when there is no reason, or was lost. */
  gone({ name: worker, joined }: Member, reason: string, again: number): void {
    if (!joined) return;
    const broker = this.#broker;
    if (reason === "") this.tell({ kind: "left", broker, worker });
    else this.tell({ kind: "lost", broker, worker, reason, again });
  }

  /** A worker has told what it has done. @returns what is wrong with that, if something is */
  tally({ name: worker }: Member, { payload }: TallyMessage): string | undefined {
    try {
      const [tally] = decodeEach(payload.body, payload.frames);
      this.tell({ kind: "tally", worker, tally: readTally(tally) });
      return undefined;
    } catch (error) {
      return `sent a tally that is none: ${(error as Error).message}`;
    }
  }

  /** Time has passed. */
  tick(now: number): void {
    if (now - this.#toldAt < this.tallyMs) return;
    this.#toldAt = now;
    const { given, lent } = this.places.moved;
    const owners = this.#owned && this.roster.origin !== undefined ? 1 : 0;
    this.tell({
      kind: "broker",
      broker: this.#broker,
      workers: this.roster.joined - owners,
      queuedBundles: this.places.queued,
      given: given - this.#told.given,
      lent: lent - this.#told.lent,
      current: this.#current(),
    });
    this.#told = { given, lent };
  }

  /** The function of the oldest bundle that each worker has. */
  #current(): Record<string, string> {
    const current: Record<string, string> = {};
    for (const { name, held } of this.roster) {
      for (const { bundle } of held) {
        current[name] = bundle.common.label;
        break;
      }
    }
    return current;
  }
}

/** What a worker that has asked is told of the run. */
export function statsPayload(stats: unknown): Encoded {
  return encodeEach([stats]);
}
