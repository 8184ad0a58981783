/**
 * The bundles this worker has spawned that are with its broker or with other workers.
 *
 * @module
 */

import { decodeEach } from "../wire/codec.ts";
import type { BundleHeader, ResultMessage, Started } from "../wire/messages.ts";
import type { LocalWork } from "../futures/work.ts";

interface Bundle {
  readonly work: LocalWork;
  /** Index, in `work`, of the bundle's first task. */
  readonly offset: number;
  readonly expected: number;
  open: number;
  /** Stretches of tasks whose outcomes have come while others were still open. */
  readonly arrived: [first: number, end: number][];
}

/** See the module's text. */
export class Away {
  #bundles = new Map<number, Bundle>();
  #lastId = 0;

  /** Number of bundles. */
  get size(): number {
    return this.#bundles.size;
  }

  /** Registers what leaves and makes out its header. */
  add(
    work: LocalWork,
    expected: number,
    owner: string,
    needs: readonly string[] = [],
  ): BundleHeader {
    const id = ++this.#lastId;
    const { handle, options } = work;
    const count = work.count - work.next;
    this.#bundles.set(id, { work, offset: work.next, expected, open: count, arrived: [] });
    return {
      owner,
      id,
      base: 0,
      count,
      fn: handle.ref,
      label: handle.label,
      attempt: 0,
      retries: options.retries,
      priority: options.priority,
      timeout: options.timeout,
      estimate: handle.mean,
      needs: [...needs],
    };
  }

  /**
   * Hands outcomes to whom they belong.
   *
   * @returns the milliseconds the bundle was expected to take if it is complete now, else undefined.
   */
  settle({ result, payload }: ResultMessage): number | undefined {
    const bundle = this.#bundles.get(result.id);
    if (bundle === undefined) return undefined;
    const { work, offset } = bundle;
    let values: unknown[];
    let failed = new Set(result.failed);
    try {
      values = decodeEach(payload.body, payload.frames);
      if (values.length !== result.count) throw new Error("some of the results are missing");
    } catch (error) {
      values = new Array(result.count).fill(error);
      failed = new Set(values.keys());
    }
    if (result.elapsed > 0) work.handle.observe(result.elapsed, result.count);
    const first = offset + result.base;
    for (let i = 0; i < values.length; i++) {
      if (failed.size > 0 && failed.has(i)) work.failed(first + i, values[i]);
      else work.arrived(first + i, values[i]);
    }
    bundle.open -= result.count;
    if (bundle.open > 0) {
      bundle.arrived.push([first, first + values.length]);
      return undefined;
    }
    this.#bundles.delete(result.id);
    return bundle.expected;
  }

  /** A task is known to run elsewhere. */
  started({ id, base, index }: Started): void {
    const bundle = this.#bundles.get(id);
    bundle?.work.started(bundle.offset + base + index);
  }

  /** Nothing will come back any more. */
  failAll(error: Error): void {
    const bundles = [...this.#bundles.values()];
    this.#bundles.clear();
    for (const { work, offset, arrived } of bundles) {
      for (let i = offset; i < work.count; i++) {
        if (!arrived.some(([first, end]) => first <= i && i < end)) work.failed(i, error);
      }
    }
  }
}
