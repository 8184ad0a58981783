/**
 * What a broker's shell adds to what its dispatcher observes: the time, and what its process takes;
 * and who is told.
 *
 * @module
 */

import type { Observed, RunEvent } from "../telemetry/events.ts";
import { RunModel } from "../telemetry/run_model.ts";
import { statsOf } from "../telemetry/stats.ts";
import type { RunStats } from "../telemetry/stats.ts";
import { LIMITS } from "../wire/limits.ts";
import { setTimeout } from "../wire/timers.ts";

/** Who is told. */
export interface Listener {
  readonly size: number;
  readonly program?: { readonly main: string };
  onEvent?(event: RunEvent): void;
  stats?(): Promise<RunStats>;
}

/** See the module's text. */
export class BrokerTelling {
  /** For programs that ask, where nobody else knows. */
  readonly #own: RunModel | undefined;
  #lagMs = 0;
  #beatAt = performance.now();

  constructor(private readonly listener: Listener) {
    if (listener.stats !== undefined) return;
    this.#own = new RunModel();
    const { size: workers, program } = listener;
    this.#own.receive({ kind: "started", at: Date.now(), program: program?.main ?? "", workers });
  }

  /** The clock beats: as often as that, were nothing in its way. */
  beat(): void {
    const now = performance.now();
    this.#lagMs = Math.max(this.#lagMs, now - this.#beatAt - LIMITS.brokerTickMs);
    this.#beatAt = now;
  }

  /** Something was observed. */
  tell(observed: Observed): void {
    const event = this.#complete(observed);
    this.#own?.receive(event);
    this.listener.onEvent?.(event);
  }

  #complete(observed: Observed): RunEvent {
    const at = Date.now();
    if (observed.kind !== "broker") return { ...observed, at };
    const lagMs = this.#lagMs;
    this.#lagMs = 0;
    return { ...observed, at, lagMs, rss: Deno.memoryUsage().rss };
  }

  /** How the run stands, when those have told who have just run idle. */
  async stats(): Promise<RunStats> {
    await new Promise((resolve) => setTimeout(resolve, LIMITS.statsMs));
    return await this.listener.stats?.() ?? statsOf(this.#own!, Date.now());
  }
}
