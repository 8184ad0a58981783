/**
 * The numbers of a program that is in no run: of its own process alone.
 *
 * @module
 */

import { ownMain } from "../futures/program.ts";
import { RunModel } from "../telemetry/run_model.ts";
import { statsOf } from "../telemetry/stats.ts";
import type { RunStats } from "../telemetry/stats.ts";
import type { Tally } from "../wire/tally.ts";

/** See the module's text. */
export class OwnStats {
  readonly #model = new RunModel();

  /** @param startedAt when the process began, in milliseconds since 1970 */
  constructor(private readonly worker: string, startedAt: number) {
    this.#model.receive({ kind: "started", at: startedAt, program: ownMain(), workers: 1 });
    const here = { broker: "", worker, host: "", pid: Deno.pid, origin: true };
    this.#model.receive({ kind: "joined", at: startedAt, ...here });
  }

  /** How it stands at `at`, with what was done since the last call. */
  take(tally: Tally, at: number): RunStats {
    this.#model.receive({ kind: "tally", at, worker: this.worker, tally });
    return statsOf(this.#model, at);
  }
}
