/**
 * The bundles this worker has spawned that are with its broker or with other workers.
 *
 * @module
 */

import { decodeEach } from "../wire/codec.ts";
import type { Encoded } from "../wire/codec.ts";
import type { BundleHeader, Cancel, Moved, ResultMessage } from "../wire/messages.ts";
import type { Started, Stop } from "../wire/messages.ts";
import { cutArray } from "../wire/split.ts";
import { gapsIn } from "../wire/stretches.ts";
import type { LocalWork } from "../futures/work.ts";

interface Bundle {
  readonly work: LocalWork;
  /** Index, in `work`, of the bundle's first task. */
  readonly offset: number;
  readonly count: number;
  readonly expected: number;
  open: number;
  /** Stretches of tasks whose outcomes have come while others were still open. */
  readonly arrived: Stretch[];
  /** When it left; -1 once it is known how long it waited. */
  leftAt: number;
  /** For another broker, should this one be lost; undefined where there is no other. */
  readonly kept: Kept | undefined;
}

/** How a bundle leaves. */
export interface Departure {
  readonly owner: string;
  /** As in the header. */
  readonly parent: string;
  readonly now: number;
}

/** What another broker has to be told of a bundle. */
interface Kept {
  readonly header: BundleHeader;
  readonly payload: Encoded;
  /** Tasks that are known to have begun. */
  readonly begun: Set<number>;
  /** What was said of it since. */
  readonly withdrawn: (Cancel | Stop)[];
}

/** Consecutive tasks of a bundle. */
type Stretch = readonly [first: number, end: number];

/** Outcomes that have come, for tasks of `work` from `first` on. */
export interface Arrived {
  readonly work: LocalWork;
  readonly first: number;
  readonly values: readonly unknown[];
  /** Indices in `values` of errors. */
  readonly failed: ReadonlySet<number>;
  /** The milliseconds the bundle was expected to take if it is complete now, else undefined. */
  readonly expected: number | undefined;
  /** How long the bundle waited and travelled, in milliseconds; -1 when that was told before. */
  readonly waitedMs: number;
}

/** Hands outcomes to those who wait for them. */
export function handOver({ work, first, values, failed }: Arrived): void {
  for (let i = 0; i < values.length; i++) {
    if (failed.size > 0 && failed.has(i)) work.failed(first + i, values[i]);
    else work.arrived(first + i, values[i]);
  }
}

/** Outcomes come mostly in order: most stretches only make the last one longer. */
function addStretch(arrived: Stretch[], first: number, end: number): void {
  const last = arrived.at(-1);
  if (last?.[1] === first) arrived[arrived.length - 1] = [last[0], end];
  else arrived.push([first, end]);
}

/** The arguments of some of the tasks. */
function someOf(payload: Encoded, count: number, first: number, end: number): Encoded {
  if (first === 0 && end === count) return payload;
  const { body, frames } = payload;
  return { body: cutArray(body, first, end), frames };
}

/** See the module's text. */
export class Away {
  #bundles = new Map<number, Bundle>();
  #lastId = 0;

  /** @param keeps what was given away, until its outcomes are there: another broker may want it */
  constructor(private readonly keeps = false) {}

  /** Number of bundles. */
  get size(): number {
    return this.#bundles.size;
  }

  /** The numbers of all bundles. */
  ids(): Iterable<number> {
    return this.#bundles.keys();
  }

  /** Registers what leaves and makes out its header. */
  add(
    work: LocalWork,
    expected: number,
    { owner, parent, now }: Departure,
    payload: Encoded,
  ): BundleHeader {
    const id = ++this.#lastId;
    const { handle, options } = work;
    const count = work.count - work.next;
    const header: BundleHeader = {
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
      needs: [...payload.handles ?? []],
      parent,
    };
    const kept = this.keeps
      ? { header, payload, begun: new Set<number>(), withdrawn: [] }
      : undefined;
    const [offset, open] = [work.next, count];
    this.#bundles.set(id, { work, offset, count, expected, open, arrived: [], kept, leftAt: now });
    return header;
  }

  /** Something of a bundle is not wanted any more. */
  withdraw(message: Cancel | Stop): void {
    this.#bundles.get(message.id)?.kept?.withdrawn.push(message);
  }

  /** All that another broker has to be told. */
  *again(): Generator<Moved | Cancel | Stop> {
    for (const { count, arrived, kept } of this.#bundles.values()) {
      if (kept === undefined) continue;
      const { header, payload, begun, withdrawn } = kept;
      const there = arrived.map(([base, end]) => ({ base, count: end - base }));
      for (const { base: first, count: open } of gapsIn({ base: 0, count }, there)) {
        const end = first + open;
        const known = [...begun].filter((index) => index >= first && index < end);
        yield {
          type: "moved",
          bundle: { ...header, base: first, count: open, begun: known },
          payload: someOf(payload, count, first, end),
        };
      }
      yield* withdrawn;
    }
  }

  /**
   * Takes in outcomes.
   *
   * @returns to whom they belong; undefined when nobody waits for them, as for what has come before.
   */
  settle({ result, payload }: ResultMessage, now: number): Arrived | undefined {
    const bundle = this.#bundles.get(result.id);
    if (bundle === undefined) return undefined;
    const { work, offset } = bundle;
    const [first, end] = [result.base, result.base + result.count];
    if (end > bundle.count) return undefined;
    if (bundle.arrived.some(([from, to]) => from < end && first < to)) return undefined;
    let values: readonly unknown[];
    let failed: ReadonlySet<number> = new Set(result.failed);
    try {
      values = decodeEach(payload.body, payload.frames);
      if (values.length !== result.count) throw new Error("some of the results are missing");
    } catch (error) {
      values = new Array(result.count).fill(error);
      failed = new Set(values.keys());
    }
    if (result.elapsed > 0) work.handle.observe(result.elapsed, result.count);
    bundle.open -= result.count;
    if (bundle.open > 0) addStretch(bundle.arrived, first, end);
    else this.#bundles.delete(result.id);
    const expected = bundle.open > 0 ? undefined : bundle.expected;
    const waitedMs = bundle.leftAt < 0 ? -1 : Math.max(0, now - bundle.leftAt - result.elapsed);
    bundle.leftAt = -1;
    return { work, first: offset + first, values, failed, expected, waitedMs };
  }

  /** Which tasks of ours are known to run elsewhere. */
  *started({ id, base, count }: Started): Generator<{ work: LocalWork; index: number }> {
    const bundle = this.#bundles.get(id);
    if (bundle === undefined) return;
    const end = Math.min(base + count, bundle.count);
    for (let index = base; index < end; index++) {
      bundle.kept?.begun.add(index);
      yield { work: bundle.work, index: bundle.offset + index };
    }
  }

  /** Nothing will come back any more: who waits for what. */
  takeAll(): { work: LocalWork; index: number }[] {
    const open: { work: LocalWork; index: number }[] = [];
    for (const { work, offset, count, arrived } of this.#bundles.values()) {
      for (let i = 0; i < count; i++) {
        if (!arrived.some(([from, to]) => from <= i && i < to)) {
          open.push({ work, index: offset + i });
        }
      }
    }
    this.#bundles.clear();
    return open;
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    for (const [id, { count, open, arrived }] of this.#bundles) {
      const there = arrived.reduce((sum, [from, to]) => sum + to - from, 0);
      if (open <= 0 || open + there !== count) {
        throw new Error(`bundle ${id} has ${open} open and ${there} arrived tasks of ${count}`);
      }
    }
  }
}
