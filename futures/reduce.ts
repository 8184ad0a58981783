/**
 * `mapReduce` and `mapScan`: both fold while the values are still where they were made.
 *
 * The inputs are cut into consecutive blocks. A block is one task: it calls the map function for
 * each of its inputs and folds the values there; only the fold travels. Folds are then folded two
 * by two, again as tasks, so the whole is a tree (or, for a scan, the two sweeps over blocks of
 * Blelloch, "Prefix Sums and Their Applications", 1990). The order of the operands is kept, so the
 * reduce function has to be associative but need not be commutative.
 *
 * Calls that are to be treated each by itself, with a timeout for example, are tasks of a `map`; then
 * the blocks fold its results.
 *
 * @module
 */

import { clone } from "../wire/codec.ts";
import { examine } from "./changed_variables.ts";
import { handleOf } from "./function_handle.ts";
import { lookup } from "./function_lookup.ts";
import type { FunctionRef } from "./function_ref.ts";
import { inputsOf } from "./inputs.ts";
import type { Inputs } from "./inputs.ts";
import { beginMap, mapInputs } from "./map.ts";
import type { IterablesOf } from "./map.ts";
import { Failed, InOrder } from "./map_results.ts";
import type { MapRun } from "./map_run.ts";
import { callOptions } from "./options.ts";
import type { SpawnOptions } from "./options.ts";
import { task, taskOptions } from "./registry.ts";
import { lostRetries } from "./retry.ts";
import { callingTurn, runtimeOf } from "./runtime.ts";
import { submitWith } from "./submit.ts";
import type { Turn } from "./turn.ts";
import { wrongArgument } from "../wire/user_stack.ts";

/** Inputs in one block, at most. */
const MOST_INPUTS = 1024;
/** Milliseconds of work a block should bring. */
const BLOCK_TIME = 10;
/** Blocks in flight for each worker. */
const BLOCKS_PER_WORKER = 4;

/** Blocks are others in every run, so that nothing of them would be found again. */
const UNKEPT = { key: false } as const;

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => any;

async function callable(ref: FunctionRef): Promise<AnyFunction> {
  return await lookup(ref) as AnyFunction;
}

/** In the place of the map function, where the inputs are its results. */
const same = task((value: unknown) => value, { name: "@scoop/an input" });

/** Maps a block and folds it: one value. */
const foldBlock = task(
  async (mapRef: FunctionRef, reduceRef: FunctionRef, inputs: unknown[][]) => {
    const folded: unknown[] = [];
    await fold(mapRef, reduceRef, inputs, (value) => folded[0] = value);
    return folded[0];
  },
  { name: "@scoop/a block of mapReduce" },
);

/** Maps a block and folds it from its beginning up to each of its elements. */
const scanBlock = task(
  async (mapRef: FunctionRef, reduceRef: FunctionRef, inputs: unknown[][]) => {
    const values: unknown[] = [];
    await fold(mapRef, reduceRef, inputs, (value) => values.push(clone(value)));
    return values;
  },
  { name: "@scoop/a block of mapScan" },
);

/**
 * Maps and folds, and tells the fold after each element. Arguments and values are copied as if every
 * call were a task: what a function does to them must not depend on where a block begins.
 */
async function fold(
  mapRef: FunctionRef,
  reduceRef: FunctionRef,
  inputs: unknown[][],
  tell: (value: unknown) => void,
): Promise<void> {
  const mapFn = await callable(mapRef);
  const reduceFn = await callable(reduceRef);
  let folded: unknown;
  for (const [i, args] of inputs.entries()) {
    const value = clone(await mapFn(...clone(args)), "result");
    folded = i === 0 ? value : clone(await reduceFn(folded, value), "result");
    tell(folded);
  }
}

/** Folds what came before a block into each of its elements. */
const shiftBlock = task(
  async (reduceRef: FunctionRef, before: unknown, values: unknown[]) => {
    const reduceFn = await callable(reduceRef);
    const shifted: unknown[] = [];
    for (const value of values) {
      shifted.push(clone(await reduceFn(clone(before), value), "result"));
    }
    return shifted;
  },
  { name: "@scoop/the second pass over a block of mapScan" },
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
  given: SpawnOptions | undefined,
  mapFn: (...args: A) => R,
  reduceFn: (a: Awaited<R>, b: Awaited<R>) => Awaited<R> | PromiseLike<Awaited<R>>,
  iterables: readonly unknown[],
  turn?: Turn,
): Promise<Awaited<R>> {
  const options = { ...given, ...UNKEPT };
  const addressing = addressed(mapFn, reduceFn);
  if (addressing !== undefined) await addressing;
  const call = { options, name: "mapReduce()", mapFn, reduceFn, iterables, turn };
  const { results } = planBlocks(call, foldBlock);
  // Neighbours whose trees have the same height are folded at once, as in a binary counter, so
  // the tree grows while blocks still arrive.
  const trees: { height: number; value: PromiseLike<Awaited<R>> | Awaited<R> }[] = [];
  const merge = () => {
    const right = trees.pop()!;
    const left = trees.pop()!;
    const value = Promise.all([left.value, right.value]).then(([a, b]) =>
      submitWith(options, reduceFn, [a, b], turn) as PromiseLike<Awaited<R>>
    );
    // It is awaited with the whole tree; until then nobody may call it unhandled.
    value.catch(() => {});
    trees.push({ height: left.height + 1, value });
  };
  for await (const value of results as AsyncIterable<Awaited<R>>) {
    trees.push({ height: 0, value });
    while (trees.length > 1 && trees.at(-1)!.height === trees.at(-2)!.height) merge();
  }
  if (trees.length === 0) throw wrongArgument("mapReduce() of nothing has no value");
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
  given: SpawnOptions | undefined,
  mapFn: (...args: A) => R,
  reduceFn: (a: Awaited<R>, b: Awaited<R>) => Awaited<R> | PromiseLike<Awaited<R>>,
  iterables: readonly unknown[],
  turn?: Turn,
): Promise<Awaited<R>[]> {
  const options = { ...given, ...UNKEPT };
  const addressing = addressed(mapFn, reduceFn);
  if (addressing !== undefined) await addressing;
  const call = { options, name: "mapScan()", mapFn, reduceFn, iterables, turn };
  const plan = planBlocks(call, scanBlock);
  const blocks: Awaited<R>[][] = [];
  for await (const block of plan.results as AsyncIterable<Awaited<R>[]>) blocks.push(block);
  const shifted: PromiseLike<Awaited<R>[]>[] = [];
  let before: Awaited<R> | undefined;
  for (const [i, block] of blocks.entries()) {
    if (i === 0) {
      shifted.push(Promise.resolve(block));
      before = block.at(-1);
      continue;
    }
    const args: [FunctionRef, unknown, unknown[]] = [plan.reduceRef, before, block];
    const future = submitWith(ofBlocks(options), shiftBlock, args, turn);
    // It is awaited with the others; until then nobody may call it unhandled.
    future.catch(() => {});
    shifted.push(future as PromiseLike<Awaited<R>[]>);
    // The last element of this block, all before it included, is what the next one needs.
    if (i < blocks.length - 1) {
      before = await submitWith(options, reduceFn, [before!, block.at(-1)!], turn) as Awaited<R>;
    }
  }
  return (await Promise.all(shifted)).flat() as Awaited<R>[];
}

/** The addresses of functions travel as arguments, so they have to be known; undefined if they are. */
function addressed(...fns: AnyFunction[]): Promise<unknown> | undefined {
  const coming = fns.map((fn) => handleOf(fn).addressing).filter((one) => one !== undefined);
  return coming.length === 0 ? undefined : Promise.all(coming);
}

interface Blocks {
  readonly reduceRef: FunctionRef;
  /** What `blockFn` makes of each block, up to the first failure, which ends them all. */
  readonly results: AsyncIterable<unknown>;
}

/** A call of `mapReduce` or `mapScan`. */
interface Call {
  readonly options: SpawnOptions;
  readonly name: string;
  readonly mapFn: AnyFunction;
  readonly reduceFn: AnyFunction;
  readonly iterables: readonly unknown[];
  readonly turn: Turn | undefined;
}

function planBlocks(call: Call, blockFn: AnyFunction): Blocks {
  const { options, name, reduceFn, turn = callingTurn(name) } = call;
  const process = runtimeOf(turn);
  const single = isSingle(call);
  const mapFn = single ? same : call.mapFn;
  const [mapRef, reduceRef] = [mapFn, reduceFn].map((fn) => {
    const handle = handleOf(fn);
    examine(handle, process);
    return handle.ref;
  }) as [FunctionRef, FunctionRef];
  const inputs = single ? resultsOf(call, turn) : inputsOf(call.iterables, name);
  const { size } = process.info;
  const sizer = blockSizer(blockFn, inputs, size, options.chunkSize);
  const blocks = blocksOf(inputs, sizer, [mapRef, reduceRef]);
  const { retries } = callOptions(mapFn, ofBlocks(options));
  const own = { ...ofBlocks(options), retries, chunkSize: 1 };
  const run = mapInputs(own, blockFn, blocks, BLOCKS_PER_WORKER * size, turn);
  async function* results() {
    try {
      yield* run.results;
    } finally {
      run.abandon();
    }
  }
  return { reduceRef, results: results() };
}

/** Whether the calls of the map function are to be treated each by itself: a block is none of them. */
function isSingle({ mapFn, options }: Call): boolean {
  const { timeout, retries, thrown } = callOptions(mapFn, options);
  const overlaps = (taskOptions(mapFn)?.concurrency ?? 1) > 1;
  // Of a block that may not be begun twice all would be lost with one.
  return timeout > 0 || thrown !== undefined || retries === 0 || overlaps;
}

/** The results of the map function, each of a task of its own, as inputs. */
function resultsOf({ options, name, mapFn, iterables }: Call, turn: Turn): Inputs {
  const inputs = inputsOf(iterables, name);
  const run = beginMap({ turn, options, fn: mapFn, inputs, results: new InOrder() });
  return inputsOf([read(run)], name);
}

/**
 * Reads the results of a map for who reads on: a failure is told as it is, since where it is awaited
 * is not here.
 */
function read(run: MapRun): AsyncIterableIterator<unknown> {
  let wake = () => {};
  run.onProgress = () => wake();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      run.offer();
      while (!run.ready) {
        if (run.finished || run.closed) return { value: undefined, done: true };
        await new Promise<void>((resolve) => wake = resolve);
      }
      const slot = run.takeResult();
      if (slot instanceof Failed) throw slot.error;
      return { value: slot, done: false };
    },
    return() {
      run.abandon();
      wake();
      return Promise.resolve({ value: undefined, done: true });
    },
  };
}

/** Of the options those that are not about single calls: a block is lost with its worker as well. */
function ofBlocks({ timeout: _, retries, ...options }: SpawnOptions): SpawnOptions {
  const lost = lostRetries(retries);
  return lost === undefined ? options : { ...options, retries: lost };
}

/** Blocks begin with one input and grow while they take less time than they should. */
function blockSizer(
  fn: AnyFunction,
  inputs: Inputs,
  workers: number,
  chunkSize: number | undefined,
) {
  const handle = handleOf(fn);
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

/** Inputs cut into blocks; each step is `first` and a block. */
function blocksOf(inputs: Inputs, size: () => number, first: readonly unknown[]): Inputs {
  const stepOf = (block: unknown[][]) => block.length === 0 ? undefined : [...first, block];
  return {
    async: inputs.async,
    size: Infinity,
    nextNow() {
      const block: unknown[][] = [];
      for (let left = size(); left > 0; left--) {
        const step = inputs.nextNow();
        if (step === undefined) break;
        block.push(step);
      }
      return stepOf(block);
    },
    async next() {
      const block: unknown[][] = [];
      for (let left = size(); left > 0; left--) {
        const step = await inputs.next();
        if (step === undefined) break;
        block.push(step);
      }
      return stepOf(block);
    },
    close: inputs.close,
  };
}
