/**
 * The handle of a large value that travels to each worker once.
 *
 * It lives down here because the codec has to know it: a handle travels as its name, wherever it
 * stands inside other values. `futures/scatter.ts` has the rest.
 *
 * @module
 */

/** How this process gets at scattered values. */
export interface ScatteredStore {
  /** The value, if it is in this process. */
  peek(id: string): { value: unknown } | undefined;
  /** Brings the value into this process. */
  load(id: string): Promise<unknown>;
  /** Nobody needs the value any more. */
  release(id: string): void;
}

let store: ScatteredStore | undefined;

/** Says how this process gets at scattered values. */
export function setScatteredStore(use: ScatteredStore): void {
  store = use;
}

/**
 * A handle of a value given to {@link scatter}. Pass it anywhere in arguments; a task that gets it
 * finds the value in {@link Scattered.value}. The value is shared by all tasks of a worker and is
 * for reading only.
 */
export class Scattered<T> {
  #released = false;

  /** Handles come from `scatter`. */
  constructor(
    /** The value's name in the run. */
    readonly id: string,
  ) {}

  /**
   * The value.
   *
   * @throws {Error} when it is not in this process: handles among a task's arguments always are,
   * one that came with a result has to be {@link load}ed first.
   */
  get value(): T {
    const found = store?.peek(this.id);
    if (found !== undefined) return found.value as T;
    if (this.#released) throw new Error("this scattered value was released");
    throw new Error(
      "a scattered value is not in this process: await its load() first, unless it was released",
    );
  }

  /** Brings the value into this process if it is not here yet. */
  async load(): Promise<T> {
    return (store?.peek(this.id)?.value ?? await store?.load(this.id)) as T;
  }

  /** Frees the memory it takes on the broker and the workers. Tasks that still need it fail. */
  release(): void {
    this.#released = true;
    store?.release(this.id);
  }

  /** The same, at the end of a `using` declaration. */
  [Symbol.dispose](): void {
    this.release();
  }
}
