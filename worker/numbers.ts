/**
 * A process in numbers: what its tasks took, how it stands itself, and what the run as a whole has
 * done, for programs that ask.
 *
 * @module
 */

import type { RunStats } from "../telemetry/stats.ts";
import { TallyKeeper } from "../telemetry/tally_keeper.ts";
import { decodeEach } from "../wire/codec.ts";
import type { Encoded } from "../wire/codec.ts";
import type { Message } from "../wire/messages.ts";
import { LIMITS } from "../wire/limits.ts";
import type { Host } from "./host.ts";
import type { OwnStats } from "./own_stats.ts";
import type { MachineFacts } from "./reactor_options.ts";
import type { Taken } from "./taken.ts";
import type { Telling } from "./telling.ts";

/** What it needs of the worker's shell. */
export interface NumbersEvents {
  /** How many tasks have begun and have no outcome. */
  running(): number;
  /** Asks the broker how the run stands; false where there is none to ask. */
  ask(): boolean;
  /** What this process has to tell. */
  telling(): Telling;
}

/** See the module's text. */
export class Numbers {
  readonly keeper: TallyKeeper;
  #asked: PromiseWithResolvers<RunStats>[] = [];
  /** Why nobody answers any more. */
  #over: Error | undefined;
  /** Of a process that is in no run, made when somebody asks. */
  #alone: OwnStats | undefined;
  #lagMs = 0;
  #beatAt: number | undefined;
  #taken: Taken | undefined;
  #takenAt = -Infinity;
  #cpuTold = 0;

  constructor(
    private readonly host: Pick<Host, "now" | "wall" | "taken">,
    private readonly worker: string,
    private readonly on: NumbersEvents,
  ) {
    const ahead = host.wall() - host.now();
    this.keeper = new TallyKeeper(worker, (at) => at + ahead, host.now);
  }

  /** The clock beats: as often as that, were nothing in its way. */
  beat(): void {
    const now = this.host.now();
    if (this.#beatAt !== undefined) {
      this.#lagMs = Math.max(this.#lagMs, now - this.#beatAt - LIMITS.workerTickMs);
    }
    this.#beatAt = now;
  }

  /** How the process stands, since the last call. */
  facts(): MachineFacts {
    const now = this.host.now();
    // A worker that runs idle again and again tells so often that looking each time would cost.
    if (now - this.#takenAt >= LIMITS.watchedTallyMs / 2) {
      this.#taken = this.host.taken();
      this.#takenAt = now;
    }
    const { cpuMs, rss } = this.#taken!;
    const facts = {
      ...{ cpuMs: cpuMs - this.#cpuTold, rss, lagMs: this.#lagMs },
      running: this.on.running(),
    };
    this.#cpuTold = cpuMs;
    this.#lagMs = 0;
    return facts;
  }

  /** The run as it stands now. @throws {BrokerLostError} when there is nobody left to ask */
  async stats(): Promise<RunStats> {
    if (this.#over !== undefined) throw this.#over;
    const asked = Promise.withResolvers<RunStats>();
    this.#asked.push(asked);
    if (this.on.ask()) return await asked.promise;
    this.#asked.pop();
    // Loaded when it is needed: most programs never ask.
    const { OwnStats } = await import("./own_stats.ts");
    const { host } = this;
    const at = host.wall();
    this.#alone ??= new OwnStats(this.worker, at - host.now());
    return this.#alone.take(this.on.telling().take(), at);
  }

  /** The broker has answered. */
  arrived({ body, frames }: Encoded): void {
    const asked = this.#asked.shift();
    try {
      asked?.resolve(decodeEach(body, frames)[0] as RunStats);
    } catch (error) {
      asked?.reject(error);
    }
  }

  /** What another broker is to be asked, since ours was lost before it answered. */
  again(): Message[] {
    return this.#asked.map(() => ({ type: "askStats" }));
  }

  /** It will not answer. */
  fail(error: Error): void {
    this.#over ??= error;
    for (const { reject } of this.#asked.splice(0)) reject(error);
  }
}
