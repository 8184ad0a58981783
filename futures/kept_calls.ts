/**
 * The calls of one `map`, or one `submit`, of which results are kept beyond the end of the run: a
 * result that is there already is not computed again.
 *
 * @module
 */

import { nodeModule } from "../wire/node_builtins.ts";
import { decode, encode, encodeCalls } from "../wire/codec.ts";
import type { Encoded } from "../wire/codec.ts";
import { Withdrawn } from "../wire/withdrawn.ts";
import { dataOf } from "../wire/shared_memory.ts";
import type { FunctionHandle } from "./function_handle.ts";
import { functionDigest, functionName } from "./function_text.ts";
import type { ResultStore } from "./result_store.ts";
import { runtimeOf } from "./runtime.ts";
import { payloadOf } from "./scatter.ts";
import type { Turn } from "./turn.ts";

/** See the module's text. */
export class KeptCalls {
  readonly #store: ResultStore;
  #fn: number | undefined;
  /** What tells calls apart whose results are to come, by index. */
  readonly #coming = new Map<number, Uint8Array>();

  constructor(
    store: ResultStore,
    private readonly handle: FunctionHandle,
    private readonly turn: Turn,
    /** What the user calls it. */
    private readonly key: string | undefined,
  ) {
    this.#store = store;
  }

  /** The result of a call, if it was kept; from now on the result is awaited otherwise. */
  find(index: number, args: readonly unknown[] | Encoded): { readonly value: unknown } | undefined {
    const call = this.#digest(index, args);
    if (call === undefined) return undefined;
    const result = this.#store.lookup(this.#number, call);
    if (result !== undefined) {
      try {
        return { value: decode(result.body, result.frames) };
      } catch {
        // It was written by a version that had other forms for values.
      }
    }
    this.#coming.set(index, call);
    return undefined;
  }

  /** The result of a call that was not kept has come. */
  arrived(index: number, value: unknown): void {
    const call = this.#coming.get(index);
    if (call === undefined) return;
    this.#coming.delete(index);
    if (value instanceof Withdrawn) return;
    try {
      const result = encode(value);
      // Handles of scattered values mean nothing to another run.
      if (result.handles === undefined) this.#store.keep(this.#number, call, result);
    } catch {
      // Whoever waits for the result gets it all the same.
    }
  }

  /** There will be none. */
  failed(index: number): void {
    this.#coming.delete(index);
  }

  get #number(): number {
    return this.#fn ??= this.#store.functionOf(this.#described(), (results) => {
      const it = this.key === undefined ? this.handle.label : `"${this.key}"`;
      runtimeOf(this.turn).report(
        `the code of ${it} has changed since ${
          results === 1 ? "its result was" : `its ${results} ` +
            "results were"
        } kept: it is computed anew`,
      );
    });
  }

  #described() {
    const { key = "", handle } = this;
    return { key, name: functionName(handle), code: functionDigest(handle) };
  }

  /** Undefined for arguments that cannot be compared with those of another run. */
  #digest(index: number, args: readonly unknown[] | Encoded): Uint8Array | undefined {
    let encoded: Encoded;
    try {
      encoded = "body" in args ? args : encodeCalls([args]);
    } catch {
      // They cannot travel either, and whoever sends them says so.
      return undefined;
    }
    const { body, frames, handles = [] } = encoded;
    if (this.key === undefined && frames.length === 0 && handles.length === 0) {
      // Two thirds of the time that it takes otherwise.
      return nodeModule("node:crypto").hash("sha256", body, "buffer");
    }
    const digest = nodeModule("node:crypto").createHash("sha256");
    if (this.key !== undefined) digest.update(`${index}:`);
    for (const id of handles) {
      const content = contentOf(id);
      if (content === undefined) return undefined;
      digest.update(content);
    }
    digest.update(handles.length === 0 ? body : withoutNames(encoded));
    for (const data of frames.map(dataOf)) digest.update(`:${data.length}:`).update(data);
    return digest.digest();
  }
}

/** Scattered values have a new name in each run, and the same contents. */
function withoutNames({ body, handles = [] }: Encoded): Uint8Array {
  let text = new TextDecoder("latin1").decode(body);
  for (const [i, id] of handles.entries()) text = text.replaceAll(id, `scattered #${i}`);
  return new TextEncoder().encode(text);
}

const contents = new Map<string, string>();

/** The SHA-256 of a scattered value; undefined when it is not in this process. */
function contentOf(id: string): string | undefined {
  let content = contents.get(id);
  if (content === undefined) {
    const payload = payloadOf(id);
    if (payload === undefined || payload.handles !== undefined) return undefined;
    const hash = nodeModule("node:crypto").createHash("sha256").update(payload.body);
    for (const frame of payload.frames) hash.update(`:${frame.length}:`).update(frame);
    contents.set(id, content = hash.digest("hex"));
  }
  return content;
}

/**
 * The calls of a `map` or a `submit` whose results are kept, or undefined when they are not: unless
 * the run has a file of results and it is the program itself that calls.
 *
 * @param key what the user calls it; false for not to be kept
 */
export function keptCalls(
  handle: FunctionHandle,
  turn: Turn,
  key: string | false | undefined,
): KeptCalls | undefined {
  const { results, program } = runtimeOf(turn);
  if (results === undefined || turn !== program || key === false) return undefined;
  return new KeptCalls(results, handle, turn, key);
}
