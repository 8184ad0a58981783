/**
 * The inputs of a `map`: several iterables walked side by side, as far as the shortest goes.
 *
 * @module
 */

import { clone } from "../wire/codec.ts";
import { wrongArgument } from "../wire/user_stack.ts";

/** What `map` walks. */
export type AnyIterable<T> = Iterable<T> | AsyncIterable<T>;

/** Arguments of one call, or undefined at the end. */
type Step = unknown[] | undefined;

/** Several iterables side by side, each step as it was when it was taken. */
export interface Inputs {
  /** True when a step may take time. */
  readonly async: boolean;
  /** Number of steps when known beforehand, else Infinity. */
  readonly size: number;
  /** The next step; only for inputs that are not async. */
  nextNow(): Step;
  /** The next step, for either kind. */
  next(): Promise<Step>;
  /** Lets the iterators clean up. */
  close(): void;
}

/**
 * Walks `iterables` side by side.
 *
 * @throws {TypeError} when there are none, or one of them is not iterable.
 */
export function inputsOf(iterables: readonly unknown[], call: string): Inputs {
  if (iterables.length === 0) throw wrongArgument(`${call} needs at least one iterable`);
  const iterators = iterables.map((iterable, i) => iteratorOf(iterable, i, call));
  const isAsync = iterables.some((iterable) => !isSync(iterable));
  // A generator may go on changing what it yielded before that has left. Nobody runs between two
  // elements of an array, unless somebody is awaited.
  const changing = iterables.map((iterable) => isAsync || sizeOf(iterable) === Infinity);
  let ended = false;

  function close(except?: unknown): void {
    if (ended) return;
    ended = true;
    for (const iterator of iterators) {
      if (iterator === except) continue;
      try {
        // A rejection here has nobody who could act on it.
        Promise.resolve(iterator.return?.()).catch(() => {});
      } catch {
        // Likewise.
      }
    }
  }

  function nextNow(): Step {
    if (ended) return undefined;
    const step = new Array<unknown>(iterators.length);
    for (let i = 0; i < iterators.length; i++) {
      const iterator = iterators[i] as Iterator<unknown>;
      let result: IteratorResult<unknown>;
      try {
        result = iterator.next();
      } catch (error) {
        close(iterator);
        throw error;
      }
      if (result.done) return void close(iterator);
      step[i] = changing[i] ? snapshot(result.value) : result.value;
    }
    return step;
  }

  async function next(): Promise<Step> {
    if (ended) return undefined;
    try {
      const results = await Promise.all(iterators.map((iterator) => iterator.next()));
      if (results.some((result) => result.done)) return void close();
      // Iterators of promises count as iterators of their values, as in `for await`.
      return (await Promise.all(results.map((result) => result.value))).map(snapshot);
    } catch (error) {
      close();
      throw error;
    }
  }

  const size = Math.min(...iterables.map(sizeOf));
  return { async: isAsync, size, nextNow, next, close };
}

function snapshot(value: unknown): unknown {
  try {
    return clone(value);
  } catch {
    // What cannot travel is refused later, where its place among the arguments is known.
    return value;
  }
}

function isSync(iterable: unknown): iterable is Iterable<unknown> {
  return typeof (iterable as Iterable<unknown>)[Symbol.iterator] === "function";
}

function iteratorOf(
  iterable: unknown,
  position: number,
  call: string,
): Iterator<unknown> | AsyncIterator<unknown> {
  if (typeof iterable === "string") {
    throw wrongArgument(
      `${call}: argument ${position + 2} is a text, which is hardly meant letter by letter: give ` +
        "an array of texts, or [...text] for its letters",
    );
  }
  if (iterable !== null && iterable !== undefined) {
    if (isSync(iterable)) return iterable[Symbol.iterator]();
    const candidate = iterable as AsyncIterable<unknown>;
    if (typeof candidate[Symbol.asyncIterator] === "function") {
      return candidate[Symbol.asyncIterator]();
    }
  }
  throw wrongArgument(`${call}: argument ${position + 2} is not iterable`);
}

/** The number of elements where it is known beforehand, else Infinity. */
function sizeOf(iterable: unknown): number {
  if (Array.isArray(iterable) || ArrayBuffer.isView(iterable)) {
    return (iterable as unknown as ArrayLike<unknown>).length ?? Infinity;
  }
  if (iterable instanceof Set || iterable instanceof Map) return iterable.size;
  return Infinity;
}
