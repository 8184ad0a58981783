/**
 * What no number of workers makes faster: the longest chain of tasks of which each was spawned by
 * the one before it.
 *
 * @module
 */

import type { PlacedBlock } from "../run_model.ts";

/** See the module's text. */
export interface CriticalPath {
  /** Milliseconds in which its tasks held processors, together. */
  readonly ms: number;
  /** Blocks in it. */
  readonly length: number;
  /** Its first blocks, from the one on that the program spawned. */
  readonly blocks: readonly PlacedBlock[];
}

/** Blocks of a chain that are kept. */
const MOST_SHOWN = 100;

/** The longest chain of a run; undefined when it had no tasks. */
export function criticalPath(blocks: readonly PlacedBlock[]): CriticalPath | undefined {
  const byName = new Map<string, PlacedBlock>();
  for (const block of blocks) byName.set(`${block.worker}:${block.id}`, block);
  const lengths = new Map<PlacedBlock, number>();
  let longest: PlacedBlock | undefined;
  for (const block of blocks) {
    const ms = chainMs(block, byName, lengths);
    if (longest === undefined || ms > lengths.get(longest)!) longest = block;
  }
  if (longest === undefined) return undefined;
  const chain: PlacedBlock[] = [];
  const seen = new Set<PlacedBlock>();
  for (let at: PlacedBlock | undefined = longest; at !== undefined && !seen.has(at);) {
    seen.add(at);
    chain.push(at);
    at = byName.get(at.parent);
  }
  chain.reverse();
  return {
    ms: lengths.get(longest)!,
    length: chain.length,
    blocks: chain.slice(0, MOST_SHOWN),
  };
}

/** How long a block and those before it took; noted for all of them. */
function chainMs(
  block: PlacedBlock,
  byName: ReadonlyMap<string, PlacedBlock>,
  lengths: Map<PlacedBlock, number>,
): number {
  const way: PlacedBlock[] = [];
  const onWay = new Set<PlacedBlock>();
  let at: PlacedBlock | undefined = block;
  // What a process tells may be anything, a circle included.
  while (at !== undefined && !lengths.has(at) && !onWay.has(at)) {
    way.push(at);
    onWay.add(at);
    at = byName.get(at.parent);
  }
  let ms = at === undefined ? 0 : lengths.get(at) ?? 0;
  for (const next of way.reverse()) {
    ms += longestTaskOf(next);
    lengths.set(next, ms);
  }
  return lengths.get(block)!;
}

/** Of tasks in one block, none was spawned by another. */
function longestTaskOf({ ms, tasks }: PlacedBlock): number {
  return ms / Math.max(1, tasks);
}

/** The tasks that held their processors the longest, the slowest first. */
export function slowestTasks(blocks: readonly PlacedBlock[], most: number): PlacedBlock[] {
  const slowest: PlacedBlock[] = [];
  for (const block of blocks) {
    if (block.tasks !== 1) continue;
    if (slowest.length === most && block.ms <= slowest.at(-1)!.ms) continue;
    const at = slowest.findIndex(({ ms }) => ms < block.ms);
    slowest.splice(at < 0 ? slowest.length : at, 0, block);
    if (slowest.length > most) slowest.pop();
  }
  return slowest;
}
