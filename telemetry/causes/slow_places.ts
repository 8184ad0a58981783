/**
 * Workers, or whole hosts, on which the same tasks take longer than elsewhere.
 *
 * @module
 */

import type { PlacedBlock, RunModel } from "../run_model.ts";

/** See the module's text. */
export interface SlowPlace {
  /** A host's name, or that of a worker. */
  readonly name: string;
  readonly isHost: boolean;
  /** The function by which it shows most. */
  readonly label: string;
  /** How many times as long that takes there. */
  readonly times: number;
  /** Milliseconds of one task there and elsewhere. */
  readonly hereMs: number;
  readonly elsewhereMs: number;
  /** Milliseconds that all of its tasks took beyond what they would have taken elsewhere. */
  readonly excessMs: number;
  readonly workers: ReadonlySet<string>;
}

/** What is known of a function in one place. */
interface Here {
  readonly place: string;
  readonly each: number[];
  ms: number;
  tasks: number;
}

/** What tasks take in several places: see {@link spreadOf}. */
interface Spread {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
  readonly max: number;
  readonly upper: number;
}

/** That a task takes so many times as long is not to be explained by what it was called with. */
const SLOWER = 1.35;
/** How many standard errors that has to be beyond chance. */
const SURE = 5;
/** Blocks of a function that a place must have run. */
const LEAST = 2;
/** Fewer than these say little. */
const FEW = 6;

/** The slow places of a run, the worst first. */
export function slowPlaces(model: RunModel): SlowPlace[] {
  const hosts = new Set([...model.workers.values()].map(({ host }) => host));
  const hostOf = (worker: string) => model.workers.get(worker)?.host ?? "";
  const byHost = hosts.size > 1 ? placesBy(model.blocks, hostOf, true) : [];
  const slowHosts = new Set(byHost.map(({ name }) => name));
  const elsewhere = model.blocks.filter(({ worker }) => !slowHosts.has(hostOf(worker)));
  // The origin has the newest of its tasks, which may be others than the oldest.
  const byWorker = placesBy(elsewhere, (worker) => worker, false)
    .filter(({ name }) => model.workers.get(name)?.origin !== true);
  return [...byHost, ...byWorker].sort((a, b) => b.excessMs - a.excessMs);
}

function placesBy(
  blocks: readonly PlacedBlock[],
  placeOf: (worker: string) => string,
  isHost: boolean,
): SlowPlace[] {
  const found = new Map<string, SlowPlace>();
  for (const [label, mine] of Map.groupBy(blocks, ({ label }) => label)) {
    for (const [place, slow] of slowFor(mine, placeOf)) {
      const known = found.get(place);
      const excessMs = slow.excessMs + (known?.excessMs ?? 0);
      const worse = known !== undefined && known.excessMs > slow.excessMs
        ? known
        : { ...slow, label, name: place, isHost };
      const workers = new Set(known?.workers);
      for (const { worker } of mine) if (placeOf(worker) === place) workers.add(worker);
      found.set(place, { ...worse, excessMs, workers });
    }
  }
  return [...found.values()];
}

type Slow = Pick<SlowPlace, "times" | "hereMs" | "elsewhereMs" | "excessMs">;

/** Where one function is slow. */
function slowFor(
  blocks: readonly PlacedBlock[],
  placeOf: (worker: string) => string,
): Map<string, Slow> {
  const here = new Map<string, Here>();
  for (const { worker, ms, tasks } of blocks) {
    const place = placeOf(worker);
    let known = here.get(place);
    if (known === undefined) here.set(place, known = { place, each: [], ms: 0, tasks: 0 });
    known.each.push(ms / tasks);
    known.ms += ms;
    known.tasks += tasks;
  }
  const enough = [...here.values()].filter(({ each }) => each.length >= LEAST);
  const slow = new Map<string, Slow>();
  if (enough.length < 2) return slow;
  for (const each of enough) each.each.sort((a, b) => a - b);
  const usual = usualOf(enough);
  // Who is not slow for sure is one of the others, and makes fewer of them sure.
  let suspects = enough.filter((here) => medianOf(here) > usual * SLOWER);
  for (let sure: Here[] = []; suspects.length > 0; suspects = sure) {
    const others = spreadOf(enough.filter((here) => !suspects.includes(here)));
    sure = suspects.filter((here) => isSlow(here, others));
    if (sure.length < suspects.length) continue;
    for (const { place, ms, tasks } of sure) {
      const { mean } = others;
      const hereMs = ms / tasks;
      const excessMs = ms - tasks * mean;
      slow.set(place, { times: hereMs / mean, hereMs, elsewhereMs: mean, excessMs });
    }
    return slow;
  }
  return slow;
}

/** Whether tasks take longer there than they do elsewhere, and not by chance. */
function isSlow({ each, ms, tasks }: Here, others: Spread): boolean {
  const { count, mean, deviation, max, upper } = others;
  const nearlyLeast = each[Math.floor(each.length / 4)]!;
  // A few may be long ones by chance, unless they are longer than all others.
  const least = each.length < FEW ? max : upper;
  const error = deviation / Math.sqrt(Math.min(each.length, count));
  const more = ms / tasks - mean;
  return count >= LEAST && nearlyLeast > least && more > mean * (SLOWER - 1) &&
    more > SURE * error;
}

function medianOf({ each }: Here): number {
  return each[Math.floor(each.length / 2)]!;
}

/** What a task takes in the usual place: of two, the faster one. */
function usualOf(places: readonly Here[]): number {
  const medians = places.map(medianOf).sort((a, b) => a - b);
  return medians[Math.floor((medians.length - 1) / 2)]!;
}

/** What tasks take in usual places, and how much that differs. */
function spreadOf(places: readonly Here[]): Spread {
  const all = Float64Array.from(places.flatMap(({ each }) => each)).sort();
  const count = all.length;
  let [sum, squares] = [0, 0];
  for (const value of all) [sum, squares] = [sum + value, squares + value ** 2];
  const mean = sum / Math.max(1, count);
  const deviation = Math.sqrt(Math.max(0, squares / Math.max(1, count) - mean ** 2));
  // The longest, and what three quarters of them do not exceed.
  return {
    count,
    mean,
    deviation,
    max: all.at(-1) ?? 0,
    upper: all[Math.floor(count * 0.75)] ?? 0,
  };
}
