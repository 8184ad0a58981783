/**
 * `mapReduce` and `mapScan`: both fold while the values are still where they were made.
 *
 * The inputs are cut into consecutive blocks. A block is one task: it calls the map function for
 * each of its inputs and folds the values there; only the fold travels. Folds are then folded two
 * by two, again as tasks, so the whole is a tree (or, for a scan, the two sweeps over blocks of
 * Blelloch, "Prefix Sums and Their Applications", 1990). The order of the operands is kept, so the
 * reduce function has to be associative but need not be commutative.
 *
 * @module
 */

import { handleOf } from "./function_handle.ts";
import { lookup } from "./function_lookup.ts";
import type { FunctionRef } from "./function_ref.ts";
import { inputsOf } from "./inputs.ts";
import type { Inputs } from "./inputs.ts";
import { mapWith } from "./map.ts";
import type { IterablesOf } from "./map.ts";
import type { SpawnOptions } from "./options.ts";
import { task } from "./registry.ts";
import { runtime } from "./runtime.ts";
import { submitWith } from "./submit.ts";

/** Inputs in one block, at most. */
const MOST_INPUTS = 1024;
/** Milliseconds of work a block should bring. */
const BLOCK_TIME = 10;
/** Blocks in flight for each worker. */
const BLOCKS_PER_WORKER = 4;

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => any;

async function callable(ref: FunctionRef): Promise<AnyFunction> {
  return await lookup(ref) as AnyFunction;
}

/** Maps a block and folds it: one value. */
const foldBlock = task(
  async (mapRef: FunctionRef, reduceRef: FunctionRef, inputs: unknown[][]) => {
    const values = await scan(mapRef, reduceRef, inputs);
    return values[values.length - 1];
  },
  { name: "@scoop/foldBlock" },
);

/** Maps a block and folds it from its beginning up to each of its elements. */
const scanBlock = task(scan, { name: "@scoop/scanBlock" });

async function scan(mapRef: FunctionRef, reduceRef: FunctionRef, inputs: unknown[][]) {
  const mapFn = await callable(mapRef);
  const reduceFn = await callable(reduceRef);
  const values: unknown[] = [];
  for (const args of inputs) {
    const value = await mapFn(...args);
    const last = values[values.length - 1];
    values.push(values.length === 0 ? value : await reduceFn(last, value));
  }
  return values;
}

/** Folds what came before a block into each of its elements. */
const shiftBlock = task(
  async (reduceRef: FunctionRef, before: unknown, values: unknown[]) => {
    const reduceFn = await callable(reduceRef);
    const shifted: unknown[] = [];
    for (const value of values) shifted.push(await reduceFn(before, value));
    return shifted;
  },
  { name: "@scoop/shiftBlock" },
);

/**
 * Maps and reduces on all workers: `reduceFn(… reduceFn(mapFn(x0), mapFn(x1)) …, mapFn(xn))`.
 *
 * @param mapFn called with the elements of `iterables`, as in {@link map}.
 * @param reduceFn folds two neighbours into one; it must be associative.
 * @returns the fold of all values.
 * @throws {TypeError} when the iterables are empty: there is no value then.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mapReduce } from "@scoop/futures";
 *
 * const add = (a: number, b: number) => a + b;
 * assert(await mapReduce(Math.sqrt, add, [1, 4, 9]) === 6);
 * ```
 */
export function mapReduce<A extends unknown[], R>(
  mapFn: (...args: A) => R,
  reduceFn: (a: Awaited<R>, b: Awaited<R>) => Awaited<R> | PromiseLike<Awaited<R>>,
  ...iterables: IterablesOf<A>
): Promise<Awaited<R>> {
  return mapReduceWith(undefined, mapFn, reduceFn, iterables);
}

/** `mapReduce` with options. */
export async function mapReduceWith<A extends unknown[], R>(
  options: SpawnOptions | undefined,
  mapFn: (...args: A) => R,
  reduceFn: (a: Awaited<R>, b: Awaited<R>) => Awaited<R> | PromiseLike<Awaited<R>>,
  iterables: readonly unknown[],
): Promise<Awaited<R>> {
  const plan = planBlocks(options, "mapReduce()", mapFn, reduceFn, iterables, foldBlock);
  const folds = plan.map(foldBlock) as AsyncIterable<Awaited<R>>;
  // Neighbours whose trees have the same height are folded at once, as in a binary counter, so
  // the tree grows while blocks still arrive.
  const trees: { height: number; value: PromiseLike<Awaited<R>> | Awaited<R> }[] = [];
  const merge = () => {
    const right = trees.pop()!;
    const left = trees.pop()!;
    const value = Promise.all([left.value, right.value]).then(([a, b]) =>
      submitWith(options, reduceFn, [a, b]) as PromiseLike<Awaited<R>>
    );
    // It is awaited with the whole tree; until then nobody may call it unhandled.
    value.catch(() => {});
    trees.push({ height: left.height + 1, value });
  };
  for await (const value of folds) {
    trees.push({ height: 0, value });
    while (trees.length > 1 && trees.at(-1)!.height === trees.at(-2)!.height) merge();
  }
  if (trees.length === 0) throw new TypeError("mapReduce() of nothing has no value");
  while (trees.length > 1) merge();
  return await trees[0]!.value;
}

/**
 * Maps and folds up to each element: element i is the {@link mapReduce} of the inputs 0 … i.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mapScan } from "@scoop/futures";
 *
 * const add = (a: number, b: number) => a + b;
 * assert((await mapScan(Math.sqrt, add, [1, 4, 9])).join() === "1,3,6");
 * ```
 */
export function mapScan<A extends unknown[], R>(
  mapFn: (...args: A) => R,
  reduceFn: (a: Awaited<R>, b: Awaited<R>) => Awaited<R> | PromiseLike<Awaited<R>>,
  ...iterables: IterablesOf<A>
): Promise<Awaited<R>[]> {
  return mapScanWith(undefined, mapFn, reduceFn, iterables);
}

/** `mapScan` with options. */
export async function mapScanWith<A extends unknown[], R>(
  options: SpawnOptions | undefined,
  mapFn: (...args: A) => R,
  reduceFn: (a: Awaited<R>, b: Awaited<R>) => Awaited<R> | PromiseLike<Awaited<R>>,
  iterables: readonly unknown[],
): Promise<Awaited<R>[]> {
  const plan = planBlocks(options, "mapScan()", mapFn, reduceFn, iterables, scanBlock);
  const blocks: Awaited<R>[][] = [];
  for await (const block of plan.map(scanBlock) as AsyncIterable<Awaited<R>[]>) blocks.push(block);
  const shifted: PromiseLike<Awaited<R>[]>[] = [];
  let before: Awaited<R> | undefined;
  for (const [i, block] of blocks.entries()) {
    if (i === 0) {
      shifted.push(Promise.resolve(block));
      before = block.at(-1);
      continue;
    }
    const args: [FunctionRef, unknown, unknown[]] = [plan.reduceRef, before, block];
    const future = submitWith(options, shiftBlock, args);
    shifted.push(future as PromiseLike<Awaited<R>[]>);
    // The last element of this block, all before it included, is what the next one needs.
    if (i < blocks.length - 1) {
      before = await submitWith(options, reduceFn, [before!, block.at(-1)!]) as Awaited<R>;
    }
  }
  return (await Promise.all(shifted)).flat() as Awaited<R>[];
}

interface Blocks {
  readonly reduceRef: FunctionRef;
  map(fn: AnyFunction): AsyncIterable<unknown>;
}

function planBlocks(
  options: SpawnOptions | undefined,
  call: string,
  mapFn: AnyFunction,
  reduceFn: AnyFunction,
  iterables: readonly unknown[],
  blockFn: AnyFunction,
): Blocks {
  const mapRef = handleOf(mapFn).ref;
  const reduceRef = handleOf(reduceFn).ref;
  const inputs = inputsOf(iterables, call);
  const size = blockSizer(blockFn, inputs, options?.chunkSize);
  const blocks = inputs.async ? asyncBlocks(inputs, size) : syncBlocks(inputs, size);
  return {
    reduceRef,
    map: (fn) =>
      mapWith(
        { ...options, chunkSize: 1 },
        fn as (mapRef: FunctionRef, reduceRef: FunctionRef, inputs: unknown[][]) => unknown,
        [forever(mapRef), forever(reduceRef), blocks],
        BLOCKS_PER_WORKER * runtime().info.size,
      ),
  };
}

/** Blocks begin with one input and grow while they take less time than they should. */
function blockSizer(fn: AnyFunction, inputs: Inputs, chunkSize: number | undefined) {
  const handle = handleOf(fn);
  const workers = runtime().info.size;
  let size = 1;
  let taken = 0;
  return () => {
    if (chunkSize !== undefined) return chunkSize;
    const fair = inputs.size === Infinity
      ? MOST_INPUTS
      : Math.ceil((inputs.size - taken) / (2 * workers));
    const now = Math.max(1, Math.min(size, MOST_INPUTS, fair));
    if (!handle.known || handle.mean < BLOCK_TIME) size = Math.min(size * 2, MOST_INPUTS);
    else size = Math.max(1, Math.round(size / 2));
    taken += now;
    return now;
  };
}

function* syncBlocks(inputs: Inputs, size: () => number): Generator<unknown[][]> {
  try {
    for (;;) {
      const block: unknown[][] = [];
      for (let left = size(); left > 0; left--) {
        const step = inputs.nextNow();
        if (step === undefined) break;
        block.push(step);
      }
      if (block.length === 0) return;
      yield block;
    }
  } finally {
    inputs.close();
  }
}

async function* asyncBlocks(inputs: Inputs, size: () => number): AsyncGenerator<unknown[][]> {
  try {
    for (;;) {
      const block: unknown[][] = [];
      for (let left = size(); left > 0; left--) {
        const step = await inputs.next();
        if (step === undefined) break;
        block.push(step);
      }
      if (block.length === 0) return;
      yield block;
    }
  } finally {
    inputs.close();
  }
}

function* forever<T>(value: T): Generator<T> {
  for (;;) yield value;
}
