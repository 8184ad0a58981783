/**
 * One row, measured for everybody. The order changes from one repetition to the next, so that
 * whatever else the machine does is shared by all.
 *
 * @module
 */

import { type Contestant, TIMEOUT } from "./contestant.ts";
import { TooLong } from "./process.ts";
import type { Row } from "./rows/row.ts";
import { rotated } from "./statistics.ts";
import type { MeasuredRow, Outcome } from "./table.ts";

/** Seconds after which a process has taken too long to be started again for the same row. */
const LONG = 5;

/** Measures a row. `onStep` is told who is next. */
export async function measureRow(
  row: Row,
  contestants: readonly Contestant[],
  repeat: number,
  onStep: (text: string) => void,
): Promise<MeasuredRow> {
  const outcomes = new Map<string, Outcome>();
  for (const contestant of contestants) {
    const reason = contestant.refuses(row.workload);
    outcomes.set(
      contestant.name,
      reason === undefined
        ? { kind: "measured", runs: [], right: true }
        : { kind: "cannot", reason },
    );
  }
  for (let i = 0; i < repeat; i++) {
    for (const contestant of rotated(contestants, i)) {
      const outcome = outcomes.get(contestant.name)!;
      if (outcome.kind !== "measured" || isEnough(outcome.runs)) continue;
      onStep(`${row.name}, run ${i + 1} of ${repeat}: ${contestant.name}`);
      try {
        const measured = await contestant.measure(row.workload, row.limit ?? TIMEOUT);
        outcome.runs.push(measured);
        outcome.right &&= measured.right === true;
      } catch (error) {
        outcomes.set(contestant.name, outcomeOf(error));
      }
    }
  }
  return { row, outcomes };
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof TooLong) return { kind: "slow", seconds: error.seconds };
  return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
}

function isEnough(runs: readonly { elapsed: number }[]): boolean {
  return runs.length === 1 && runs[0]!.elapsed > LONG;
}
