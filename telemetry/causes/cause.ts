/**
 * A cause of lost time, and what it is looked for in.
 *
 * @module
 */

import type { RunModel } from "../run_model.ts";
import type { Accounting } from "./accounting.ts";
import type { CriticalPath } from "./critical_path.ts";
import type { SlowPlace } from "./slow_places.ts";
import type { Timeline } from "./timeline.ts";

/** What a run's workers spent their time on other than on useful work. */
export type CauseKind =
  /** They waited for one task, or for a few, that took far longer than others. */
  | "hugeTask"
  /** One worker had tasks left when the others had none. */
  | "uneven"
  /** There were rounds, at whose ends they waited for the last tasks. */
  | "rounds"
  /** There were fewer tasks than workers. */
  | "fewTasks"
  /** Tasks came one, or a few, at a time. */
  | "oneAtATime"
  /** A task computed by itself before it spawned others. */
  | "serialTask"
  /** The program did something in which there were no tasks. */
  | "program"
  /** The tasks were so short that giving them out took longer. */
  | "tinyTasks"
  /** Arguments and results were so large that moving them took longer. */
  | "largeData"
  /** The origin kept others waiting since it ran a task itself, or its program computed. */
  | "busyOrigin"
  /** Tasks were on their way. */
  | "dispatch"
  /** Tasks waited, and for nothing of ours. */
  | "suspended"
  /** Workers were not there yet. */
  | "starting"
  /** Workers were lost. */
  | "lost"
  /** Tasks took longer in some places than in others. */
  | "slowPlace"
  /** Tasks failed and ran again. */
  | "inVain"
  /** Tasks were ready to compute and had no processor. */
  | "noProcessor";

/** A cause, in words. */
export interface Cause {
  readonly kind: CauseKind;
  /** Milliseconds of workers that it cost, and their share of all of their time. */
  readonly ms: number;
  readonly part: number;
  /** What happened, in a sentence or two with numbers. */
  readonly text: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** A cause before all of its time is known. */
export interface Found {
  readonly kind: CauseKind;
  readonly ms: number;
  /** Without the share, which comes first. */
  readonly text: string;
  readonly remedy: string;
}

/** What causes are looked for in. */
export interface Evidence {
  readonly model: RunModel;
  readonly over: Timeline;
  readonly account: Accounting;
  readonly slow: readonly SlowPlace[];
  readonly path: CriticalPath | undefined;
  /** Milliseconds that were looked at, and since when. */
  readonly wallMs: number;
  readonly from: number;
  /** Workers that should have been there. */
  readonly workers: number;
  /** Tasks that ran, and milliseconds that each held a processor on average. */
  readonly tasks: number;
  readonly meanMs: number;
  /** Names of blocks from which others were spawned, with when the first of these began. */
  readonly parents: ReadonlyMap<string, number>;
}
