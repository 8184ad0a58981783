/**
 * Amounts over the time of a run, as averages over equal, short spans: what is added costs the same
 * however long it lasts, and nothing has to be sorted.
 *
 * @module
 */

/** The spans of a run. */
export interface Grid {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly bins: number;
  /** Milliseconds of a span. */
  readonly width: number;
}

/** Divides a time. */
export function gridOf(from: number, to: number, bins: number): Grid {
  return { from, to, bins, width: (to - from) / bins };
}

/** The span in which a time lies; the first or the last one for times outside. */
export function binOf({ from, width, bins }: Grid, at: number): number {
  return Math.max(0, Math.min(bins - 1, Math.floor((at - from) / width)));
}

/** Amounts that are being added up. */
export class Steps {
  readonly #steps: Float64Array;
  readonly #edges: Float64Array;

  constructor(private readonly grid: Grid) {
    this.#steps = new Float64Array(grid.bins + 1);
    this.#edges = new Float64Array(grid.bins);
  }

  /** Adds `amount` to all of the time between. */
  add(from: number, to: number, amount: number): void {
    const { grid } = this;
    const [a, b] = [Math.max(from, grid.from), Math.min(to, grid.to)];
    if (!(b > a) || amount === 0) return;
    const [i, j] = [binOf(grid, a), binOf(grid, b)];
    const { width } = grid;
    if (i === j) {
      this.#edges[i]! += amount * (b - a) / width;
      return;
    }
    this.#edges[i]! += amount * (grid.from + (i + 1) * width - a) / width;
    this.#edges[j]! += amount * (b - grid.from - j * width) / width;
    this.#steps[i + 1]! += amount;
    this.#steps[j]! -= amount;
  }

  /** The average of each span; what rounding has left of nothing is nothing. */
  values(): Float64Array {
    const values = new Float64Array(this.grid.bins);
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      sum += this.#steps[i]!;
      const value = sum + this.#edges[i]!;
      values[i] = value < 1e-7 ? 0 : value;
    }
    return values;
  }
}

/** The sums of all values before each, and of all of them at the end, times the width. */
export function integralOf(values: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i]! + values[i]! * width;
  return sums;
}

/** What an integral has between two times. */
export function between(grid: Grid, sums: Float64Array, from: number, to: number): number {
  return Math.max(0, valueAt(grid, sums, to) - valueAt(grid, sums, from));
}

function valueAt(grid: Grid, sums: Float64Array, at: number): number {
  const place = Math.max(0, Math.min(grid.bins, (at - grid.from) / grid.width));
  const whole = Math.min(grid.bins - 1, Math.floor(place));
  return sums[whole]! + (sums[whole + 1]! - sums[whole]!) * (place - whole);
}
