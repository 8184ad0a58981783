/**
 * How much this project achieves for each 1 of a peer, and whether that has become less.
 *
 * Figures of two machines, or of one on two days, say little beside each other. What was measured
 * side by side may be divided, and the ratio compared with the ratio of another day.
 *
 * @module
 */

import { comparable, type ResultRow, type Results } from "./results.ts";

/** The contestant that all is compared with. */
export const OURS = "scoop";
/** The bound that is compared beside the best peer. */
export const BOUND = "raw zeromq";
/** The share that a ratio may fall by: less is noise. */
export const TOLERANCE = 0.15;

/** Ratios by row, then by the peer's name: that of the best peer, and of the bound. */
export type Ratios = Record<string, Record<string, number>>;

/** What ours achieves for each 1 of the other's, whichever way is better; above 1 ours is ahead. */
export function ratioTo(row: ResultRow, other: string): number | undefined {
  const ours = comparable(row.figures[OURS]);
  const theirs = comparable(row.figures[other]);
  if (ours === undefined || theirs === undefined) return undefined;
  return row.better === "higher" ? ours / theirs : theirs / ours;
}

/** The peer that does best in a row, if any could do it. */
export function bestPeer(row: ResultRow, roles: Results["roles"]): string | undefined {
  let best: string | undefined;
  let most = -Infinity;
  for (const [name, figure] of Object.entries(row.figures)) {
    const value = comparable(figure);
    if (roles[name] !== "peer" || value === undefined) continue;
    const worth = row.better === "higher" ? value : -value;
    if (worth > most) [best, most] = [name, worth];
  }
  return best;
}

/** The ratios of a run that are worth keeping. */
export function ratiosOf({ rows, roles }: Results): Ratios {
  const ratios: Ratios = {};
  for (const row of rows) {
    for (const other of [bestPeer(row, roles), BOUND]) {
      const ratio = other === undefined ? undefined : ratioTo(row, other);
      if (ratio === undefined) continue;
      (ratios[row.name] ??= {})[other!] = Number(ratio.toPrecision(4));
    }
  }
  return ratios;
}

/** What a comparison with earlier ratios found. */
export interface Comparison {
  /** How many ratios there were on both sides. */
  readonly compared: number;
  /** One line for each that has fallen too far. */
  readonly fallen: readonly string[];
  /** Earlier ratios, of rows measured now, for which there is none any more. */
  readonly missing: readonly string[];
}

/**
 * Compares a run with earlier ratios, each with the peer that was the best then: another that is
 * the best now has not made ours worse. Rows that were not measured now are left alone.
 */
export function compareRatios(earlier: Ratios, { rows }: Results): Comparison {
  const fallen: string[] = [];
  const missing: string[] = [];
  let compared = 0;
  for (const row of rows) {
    for (const [other, before] of Object.entries(earlier[row.name] ?? {})) {
      const now = ratioTo(row, other);
      if (now === undefined) {
        missing.push(`${row.name}, ${other}`);
        continue;
      }
      compared++;
      if (now >= before * (1 - TOLERANCE)) continue;
      const less = (100 * (1 - now / before)).toFixed(0);
      fallen.push(`${row.name}: ${shown(now)} of ${other}'s, was ${shown(before)}: ${less} % less`);
    }
  }
  return { compared, fallen, missing };
}

function shown(ratio: number): string {
  return ratio.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}
