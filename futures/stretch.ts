/**
 * Tasks that an executor has run, one after the other, as whoever counts them is told of them.
 *
 * @module
 */

import type { Turn } from "./turn.ts";
import type { Work } from "./work.ts";

/** Tasks of one bundle that have ended here, one after the other; or one that waited meanwhile. */
export interface ExecutedStretch {
  readonly work: Work;
  /** Names it, for what was spawned in it. */
  readonly mark: Turn["block"];
  /** Milliseconds of the executor's clock; both 0 when nobody looked. */
  readonly from: number;
  readonly to: number;
  /** Milliseconds in which they held the processor. */
  readonly ms: number;
  readonly ended: number;
  readonly failed: number;
  readonly waited: boolean;
  /** What the last of them was called with. */
  readonly args: readonly unknown[];
}

/** A stretch under way; it is told as it is, since there are as many as tasks that come one by one. */
export interface Stretch extends ExecutedStretch {
  readonly end: number;
  turn: Turn;
  mark: Turn["block"];
  from: number;
  to: number;
  ms: number;
  ended: number;
  failed: number;
  waited: boolean;
  args: readonly unknown[];
}
