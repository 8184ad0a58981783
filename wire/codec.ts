/**
 * Values as bytes, and back.
 *
 * Everything is MessagePack. Plain values (null, booleans, numbers, strings, arrays, objects, byte
 * arrays, dates) can be read by any implementation of it. Also `undefined`, -0, bigint, Map, Set,
 * RegExp, URL, ArrayBuffer, DataView, every typed array, Error, holes in arrays, objects without a
 * prototype, further properties of all of these (the `index` of a RegExp's match), and shared and
 * cyclic references travel, as extensions whose table is in extensions.ts. The rest, symbols as
 * keys included, is a SerializationError that says where it sits.
 *
 * A value arrives as it looks: getters are read, and what they give is an ordinary property, as is
 * what was frozen; a Buffer is a Uint8Array; typed arrays that looked at one buffer have one each.
 * Properties of arrays and typed arrays count when they are enumerable.
 *
 * @module
 */

import {
  Decoder,
  decodeTimestampExtension,
  Encoder,
  encodeTimestampExtension,
  EXT_TIMESTAMP,
  ExtData,
} from "npm:@msgpack/msgpack@^3.1/dist.esm/index.mjs";
import { SerializationError } from "./errors.ts";
import { Extension, ExtensionType, readExtension, sharing } from "./extensions.ts";
import { giving } from "./given.ts";
import { isBareArray } from "./own_properties.ts";
import { isPlain, isPlainCall, MAX_DEPTH } from "./plain_values.ts";
import { restore } from "./restore.ts";
import { Sheet } from "./sheet.ts";
import { checkValue } from "./split.ts";
import { prepare } from "./values.ts";

/** An encoded value, ready to be sent: nobody else holds or changes this memory. */
export interface Encoded {
  /** The value in MessagePack. */
  body: Uint8Array;
  /** Its binary data over 64 KiB, one element each, to which the body refers by index. */
  frames: Uint8Array[];
  /** Names of the scattered values that stand inside; undefined when there are none. */
  handles?: string[];
}

/** An encoder or decoder that has worked on more bytes than this is not kept, nor its memory. */
const KEPT_BYTES = 1024 * 1024;
const NO_FRAMES: readonly Uint8Array[] = [];

/** What the decoding under way has to look at, and whether marks turned up. */
let reading = { frames: NO_FRAMES, marked: false };

const extensions = {
  tryToEncode(value: unknown): ExtData | null {
    if (value instanceof Extension) return value;
    if (!(value instanceof Date)) return null;
    return new ExtData(EXT_TIMESTAMP, encodeTimestampExtension(value)!);
  },
  decode(data: Uint8Array, type: number): unknown {
    if (type === EXT_TIMESTAMP) return decodeTimestampExtension(data);
    if (type === ExtensionType.mark) reading.marked = true;
    return readExtension(type, data, reading.frames);
  },
};
const noExtensions = {
  tryToEncode: () => null,
  decode(): never {
    throw new Error("a header may not hold extensions");
  },
};

let encoder = newEncoder();
let decoder = newDecoder();
const headerDecoder = new Decoder({ extensionCodec: noExtensions });

function newEncoder() {
  // The walk sees to the depth; graph, list and marks need a few levels more.
  return new Encoder({ extensionCodec: extensions, maxDepth: 2 * MAX_DEPTH });
}

function newDecoder() {
  return new Decoder({ extensionCodec: extensions });
}

/**
 * Encodes one value, as it is at this moment. `path` names it in errors.
 *
 * @throws {SerializationError} when something inside cannot travel; the message says where it sits
 * and what it is: `cannot send args[0].user.onSave: it is a function (…)`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { decode, encode } from "./codec.ts";
 * const { body, frames } = encode({ seen: new Set([1, 2]), at: new Date(0) });
 * const back = decode(body, frames) as { seen: Set<number> };
 * assert(back.seen.has(2));
 * ```
 */
export function encode(value: unknown, path = "value"): Encoded {
  const frames: Uint8Array[] = [];
  if (isSafelyPlain(value)) return { body: write(value, path), frames };
  const handles = new Set<string>();
  const body = write(prepare(value, frames, handles, () => path), path);
  return handles.size === 0 ? { body, frames } : { body, frames, handles: [...handles] };
}

/**
 * Encodes a list whose elements stand alone: no reference crosses from one to another, so that
 * `splitArray` may cut the body between them. `pathOf(i)` names element `i` in errors.
 *
 * @throws {SerializationError} when something inside an element cannot travel.
 */
export function encodeEach(
  values: readonly unknown[],
  pathOf: (index: number) => string = (index) => `[${index}]`,
): Encoded {
  return encodeList(values, pathOf, isSafelyPlain);
}

/**
 * The same for the arguments of calls: arrays of ours, which have no properties to look for. Large
 * binary data may lie in shared memory, until it is dropped there.
 *
 * @param gives whether it is given away, see `wire/given.ts`
 */
export function encodeCalls(
  calls: readonly (readonly unknown[])[],
  pathOf: (index: number) => string = () => "args",
  gives = false,
): Encoded {
  const encode = () => sharing("call", () => encodeList(calls, pathOf, isSafelyPlainCall));
  return gives ? giving(encode) : encode();
}

/** A list of one result, whose large binary data may lie in shared memory until it is decoded. */
export function encodeResult(value: unknown): Encoded {
  return sharing("result", () => encodeList([value], () => "result", isSafelyPlain));
}

function encodeList<T>(
  values: readonly T[],
  pathOf: (index: number) => string,
  isReady: (value: T) => boolean,
): Encoded {
  const frames: Uint8Array[] = [];
  const handles = new Set<string>();
  let trees: unknown[] | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (isReady(value)) {
      if (trees !== undefined) trees.push(value);
    } else {
      trees ??= values.slice(0, i);
      trees.push(prepare(value, frames, handles, () => pathOf(i)));
    }
  }
  const body = write(trees ?? values, "the list");
  return handles.size === 0 ? { body, frames } : { body, frames, handles: [...handles] };
}

/** Looks a value over; what cannot even be looked at is left to the walk that knows its path. */
function isSafelyPlain(value: unknown): boolean {
  try {
    return isPlain(value);
  } catch {
    return false;
  }
}

function isSafelyPlainCall(args: readonly unknown[]): boolean {
  try {
    return isPlainCall(args);
  } catch {
    return false;
  }
}

function write(tree: unknown, path: string): Uint8Array {
  try {
    const body = encoder.encode(tree);
    if (body.length > KEPT_BYTES) encoder = newEncoder();
    return body;
  } catch (error) {
    encoder = newEncoder();
    const why = error instanceof Error ? error.message : String(error);
    throw new SerializationError(`cannot send ${path}: encoding it failed: ${why}`, {
      cause: error,
    });
  }
}

/**
 * The value that was encoded. Its big typed arrays are views of the frames where alignment allows,
 * so the frames belong to the value from now on: decode them once.
 *
 * @throws {Error} when the bytes are malformed, refer to a missing frame, or hold something unknown.
 * The time and memory that takes are in proportion to the bytes.
 */
export function decode(body: Uint8Array, frames: readonly Uint8Array[] = NO_FRAMES): unknown {
  const bytes = plainView(body);
  const { binaries } = checkValue(bytes);
  const outer = reading;
  reading = { frames, marked: false };
  try {
    const tree = decoder.decode(bytes);
    return reading.marked || binaries > 0 ? restore(tree, bytes.buffer) : tree;
  } finally {
    reading = outer;
    // A decoder holds on to the last bytes it was given.
    if (bytes.length > KEPT_BYTES) decoder = newDecoder();
  }
}

/**
 * The elements that {@link encodeEach} encoded.
 *
 * @throws {Error} as {@link decode}, and when the body is not a list.
 */
export function decodeEach(body: Uint8Array, frames?: readonly Uint8Array[]): unknown[] {
  const values = decode(body, frames);
  if (!Array.isArray(values)) throw new Error("a list was expected");
  return values;
}

/** Zeromq hands out Buffers, whose parts would be Buffers, and are slower to cut. */
function plainView(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const headers = new Sheet();

/**
 * Encodes a protocol header: small arrays and objects of numbers, strings, booleans, null and
 * Uint8Array. It is trusted to hold nothing else. Who keeps the bytes for long should copy them
 * (see {@link Sheet}).
 */
export function encodeHeader(value: unknown): Uint8Array {
  return headers.copy(encoder.encodeSharedRef(value));
}

/**
 * The header in `bytes`. A Uint8Array inside is a view of them.
 *
 * @throws {Error} when they are not exactly one plain MessagePack value.
 */
export function decodeHeader(bytes: Uint8Array): unknown {
  const view = plainView(bytes);
  checkValue(view);
  return headerDecoder.decode(view);
}

/** True for values that need no copy: string, number, boolean, bigint, null and undefined. */
export function isPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case "object":
      return value === null;
    case "function":
    case "symbol":
      return false;
    default:
      return true;
  }
}

/**
 * What `value` looks like after it has travelled; primitives are returned as they are.
 *
 * @throws {SerializationError} when something inside cannot travel.
 */
export function clone<T>(value: T, path = "value"): T {
  if (isPrimitive(value)) return value;
  if (isFlatArray(value)) return value.slice() as T;
  const { body, frames } = encode(value, path);
  return decode(body, frames) as T;
}

/** True for an array of primitives. A hole looks like `undefined`, so neither may be inside. */
function isFlatArray(value: unknown): value is unknown[] {
  if (!Array.isArray(value) || Object.getPrototypeOf(value) !== Array.prototype) return false;
  for (let i = 0; i < value.length; i++) {
    if (value[i] === undefined || !isPrimitive(value[i])) return false;
  }
  return isBareArray(value);
}
