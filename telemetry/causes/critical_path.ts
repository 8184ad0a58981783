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
  if (blocks.length === 0) return undefined;
  const parents = parentsOf(blocks);
  const lengths = new Float64Array(blocks.length).fill(-1);
  let longest = 0;
  for (let i = 0; i < blocks.length; i++) {
    measure(i, blocks, parents, lengths);
    if (lengths[i]! > lengths[longest]!) longest = i;
  }
  const chain: PlacedBlock[] = [];
  for (let at = longest; at >= 0 && chain.length < blocks.length; at = parents[at]!) {
    chain.push(blocks[at]!);
  }
  chain.reverse();
  return {
    ms: lengths[longest]!,
    length: chain.length,
    blocks: chain.slice(0, MOST_SHOWN),
  };
}

/** How a block is named by those that were spawned from it. */
export function nameOf({ worker, id }: PlacedBlock): string {
  return `${worker}:${id}`;
}

/** Where the block is from which each was spawned; -1 for none that is known. */
function parentsOf(blocks: readonly PlacedBlock[]): Int32Array {
  const byWorker = new Map<string, Map<number, number>>();
  const parents = new Int32Array(blocks.length).fill(-1);
  if (!blocks.some(({ parent }) => parent !== "")) return parents;
  blocks.forEach(({ worker, id }, i) => {
    let its = byWorker.get(worker);
    if (its === undefined) byWorker.set(worker, its = new Map());
    its.set(id, i);
  });
  blocks.forEach(({ parent }, i) => {
    if (parent === "") return;
    const end = parent.lastIndexOf(":");
    const id = Number(parent.slice(end + 1));
    parents[i] = byWorker.get(parent.slice(0, end))?.get(id) ?? -1;
  });
  return parents;
}

/** How long a block and those before it took; noted for all of them. */
function measure(
  block: number,
  blocks: readonly PlacedBlock[],
  parents: Int32Array,
  lengths: Float64Array,
): void {
  const way: number[] = [];
  let at = block;
  while (at >= 0 && lengths[at]! < 0) {
    way.push(at);
    // What a process tells may be anything, a circle included: it ends where it began.
    lengths[at] = 0;
    at = parents[at]!;
  }
  let ms = at < 0 ? 0 : lengths[at]!;
  if (at >= 0 && way.includes(at)) parents[way.at(-1)!] = -1;
  for (const next of way.reverse()) lengths[next] = ms += longestTaskOf(blocks[next]!);
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
