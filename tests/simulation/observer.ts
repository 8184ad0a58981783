/**
 * What those who show a run would see of a simulated one: the product's own events, and its own
 * model of the run.
 *
 * @module
 */

import type { Observed, RunEvent } from "../../telemetry/events.ts";
import { RunModel } from "../../telemetry/run_model.ts";
import { allOf } from "./spec.ts";
import type { Spec } from "./spec.ts";

/** See the module's text. */
export class Observer {
  readonly model = new RunModel({ blocks: 2_000 });

  /** @param watched whether each stretch of work is told */
  constructor(readonly watched: boolean, program: string, workers: number) {
    this.model.receive({ kind: "started", at: 0, program, workers });
  }

  /** A broker has observed something. */
  receive(observed: Observed, at: number): void {
    const event = observed.kind === "broker"
      ? { ...observed, at, lagMs: 0, rss: 0 }
      : { ...observed, at };
    this.model.receive(event as RunEvent);
    this.model.check();
  }
}

/** How far what was seen may be from what was, since something was lost. */
export interface Losses {
  /** Workers may have been lost, or tasks been executed again. */
  readonly workers: boolean;
  /** Brokers may have been lost, and with them what they had been told. */
  readonly brokers: boolean;
}

/** What is wrong with what was seen of a run that is over, if something is. */
export function wrongWithModel(
  model: RunModel,
  program: readonly Spec[],
  executed: number,
  losses: Losses,
): string | undefined {
  const { spawned, done, failed, dropped, ran } = model.totals;
  const open = spawned - done - failed - dropped;
  if (losses.brokers) return undefined;
  if (open !== 0) return `${open} of ${spawned} tasks are seen without an outcome`;
  const specs = [...allOf(program).values()];
  const again = specs.some(({ cancel, thrown, fate }) => {
    return cancel !== undefined || thrown !== undefined || fate === "lasts" || fate === "stuck";
  });
  if (losses.workers || again) return undefined;
  if (spawned !== specs.length) return `${spawned} tasks are seen, of ${specs.length}`;
  if (ran !== executed) return `${ran} runs of tasks are seen, of ${executed}`;
  const threw = specs.filter(({ fate }) => fate === "throws").length;
  return failed === threw ? undefined : `${failed} failures are seen, of ${threw}`;
}
