/**
 * The values MessagePack has no form for, as bytes.
 *
 * | type | what | data |
 * |---|---|---|
 * | -1 | a valid Date | the timestamp of the MessagePack specification |
 * | 0 | `undefined` | none |
 * | 1 | -0 | none |
 * | 2 | an invalid Date | none |
 * | 3 | bigint | 8 bytes: two's complement, big-endian; else: a sign byte (1 is minus), then the magnitude, big-endian |
 * | 4 | a string that UTF-8 or a decoder would change | its UTF-16 code units, little-endian |
 * | 5 | ArrayBuffer, DataView or typed array | its index in {@link BINARY_KINDS} (1 byte), then its memory |
 * | 6 | the same, over 64 KiB | that index (1 byte), the frame's index (4 bytes), its length in bytes (8 bytes, a float), big-endian |
 * | 7 | a mark | its {@link MarkKind} (1 byte), and for a reference the index it means (4 bytes, big-endian) |
 *
 * A plain Uint8Array up to 64 KiB is MessagePack's own binary. Multi-byte numbers in the memory of
 * a typed array travel little-endian, which is the order of every processor Deno runs on.
 *
 * A mark stands at the head of an array and says what the array means:
 *
 * | kind | array |
 * |---|---|
 * | graph | mark, the value, then the objects that references in it mean (index 0 onwards) |
 * | map | mark, key, value, key, value, … |
 * | set | mark, element, element, … |
 * | error | mark, class, name or nil, message or nil, number of hidden properties, key, value, … (hidden ones first) |
 * | record | mark, key, value, …: an object with keys that a MessagePack map may not carry |
 * | regexp | mark, source, flags |
 * | url | mark, address |
 * | scattered | mark, the name of a scattered value |
 * | withdrawn | mark, whether the task had begun: no outcome, see {@link Withdrawn} |
 * | bare | mark, key, value, …: an object without a prototype |
 * | sparse | mark, length, index, element, …: an array with holes |
 * | extended | mark, n, how many of them are hidden, n times key and value, then the elements of an array, which is one of these forms or just an array: an object that has further properties |
 * | extendedLeaf | the same, then one value: binary data or a Date |
 *
 * A reference is a mark by itself and stands where the object would stand.
 *
 * @module
 */

import { isBareView } from "./own_properties.ts";
import { noteGiven } from "./given.ts";
import { isReference, sharedMemory } from "./shared_memory.ts";
import type { Use } from "./shared_memory.ts";

/** Extension type numbers; the table is at the head of this file. */
export const ExtensionType = {
  undefined: 0,
  negativeZero: 1,
  invalidDate: 2,
  bigint: 3,
  text: 4,
  binary: 5,
  frame: 6,
  mark: 7,
} as const;

/** What a mark says about the array it heads. */
export const MarkKind = {
  graph: 0,
  map: 1,
  set: 2,
  error: 3,
  record: 4,
  regexp: 5,
  url: 6,
  reference: 7,
  scattered: 8,
  bare: 9,
  sparse: 10,
  extended: 11,
  extendedLeaf: 12,
  withdrawn: 13,
} as const;

/** Those that are nothing but their kind. */
const MARKS: ReadonlySet<number> = new Set(
  Object.values(MarkKind).filter((kind) => kind !== MarkKind.reference),
);

/** Binary data longer than this, in bytes, travels as a frame of its own. */
export const FRAME_THRESHOLD = 64 * 1024;

/** An extension to be written. */
export class Extension {
  /** @param type One of {@link ExtensionType}. @param data The bytes after the type. */
  constructor(readonly type: number, readonly data: Uint8Array) {}
}

/** A mark that was read. It never reaches a user: it is resolved, or is an error. */
export class Mark {
  /** @param kind One of {@link MarkKind}. @param index What a reference means. */
  constructor(readonly kind: number, readonly index: number) {}
}

type BinaryClass = new (buffer: ArrayBuffer) => ArrayBufferView<ArrayBuffer>;

/** Names of the binary classes, in the order of their numbers on the wire. Append only. */
const BINARY_KINDS = [
  "ArrayBuffer",
  "DataView",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int8Array",
  "Uint16Array",
  "Int16Array",
  "Uint32Array",
  "Int32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigUint64Array",
  "BigInt64Array",
];
const UINT8 = BINARY_KINDS.indexOf("Uint8Array");
const BINARY_CLASSES = BINARY_KINDS.map((name) =>
  (globalThis as Record<string, unknown>)[name] as BinaryClass | undefined
);
const KIND_OF = new Map<unknown, number>(
  BINARY_CLASSES.flatMap((known, kind) => known === undefined ? [] : [[known.prototype, kind]]),
);
// What node:fs and node:crypto hand out; it arrives as the Uint8Array it is.
const BUFFER_PROTOTYPE = (globalThis as { Buffer?: { prototype: object } }).Buffer?.prototype;
if (BUFFER_PROTOTYPE !== undefined) KIND_OF.set(BUFFER_PROTOTYPE, UINT8);

const NO_BYTES = new Uint8Array(0);
/** `undefined`, ready to be written. */
export const UNDEFINED = new Extension(ExtensionType.undefined, NO_BYTES);
/** -0, ready to be written. */
export const NEGATIVE_ZERO = new Extension(ExtensionType.negativeZero, NO_BYTES);
/** A Date that means no time, ready to be written. */
export const INVALID_DATE = new Extension(ExtensionType.invalidDate, NO_BYTES);

/** A mark of one of {@link MarkKind}, ready to be written. */
export function writeMark(kind: number): Extension {
  return new Extension(ExtensionType.mark, Uint8Array.of(kind));
}

/** A reference to the object at `index` of the graph, ready to be written. */
export function writeReference(index: number): Extension {
  const data = new Uint8Array(5);
  data[0] = MarkKind.reference;
  new DataView(data.buffer).setUint32(1, index);
  return new Extension(ExtensionType.mark, data);
}

/** True when UTF-8, or a decoder that drops a leading byte order mark, would change `text`. */
export function isOddText(text: string): boolean {
  const { length } = text;
  if (length > 24) return !text.isWellFormed() || (length > 60 && text.charCodeAt(0) === 0xfeff);
  // For short text, which is most of it, a loop takes half the time of the call.
  for (let i = 0; i < length; i++) {
    if (text.charCodeAt(i) >= 0xd800) return !text.isWellFormed();
  }
  return false;
}

/** `text`, exactly, ready to be written. */
export function writeText(text: string): string | Extension {
  if (!isOddText(text)) return text;
  const data = new Uint8Array(2 * text.length);
  const view = new DataView(data.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), true);
  return new Extension(ExtensionType.text, data);
}

function readText(data: Uint8Array): string {
  if (data.length % 2 !== 0) throw new Error("a text extension of odd length");
  const view = viewOf(data);
  const pieces: string[] = [];
  for (let start = 0; start < data.length; start += 8192) {
    const end = Math.min(start + 8192, data.length);
    const units: number[] = [];
    for (let at = start; at < end; at += 2) units.push(view.getUint16(at, true));
    pieces.push(String.fromCharCode(...units));
  }
  return pieces.join("");
}

/** `value`, of any size, ready to be written. */
export function writeBigint(value: bigint): Extension {
  if (BigInt.asIntN(64, value) === value) {
    const data = new Uint8Array(8);
    new DataView(data.buffer).setBigInt64(0, value);
    return new Extension(ExtensionType.bigint, data);
  }
  const digits = (value < 0n ? -value : value).toString(16);
  const even = digits.length % 2 === 0 ? digits : "0" + digits;
  const data = new Uint8Array(1 + even.length / 2);
  data[0] = value < 0n ? 1 : 0;
  for (let i = 1; i < data.length; i++) data[i] = parseInt(even.slice(2 * i - 2, 2 * i), 16);
  return new Extension(ExtensionType.bigint, data);
}

function readBigint(data: Uint8Array): bigint {
  if (data.length === 8) return viewOf(data).getBigInt64(0);
  if (data.length < 9 || data[0]! > 1) throw new Error("a malformed bigint extension");
  const digits: string[] = [];
  for (let i = 1; i < data.length; i++) digits.push((data[i]! + 0x100).toString(16).slice(1));
  const magnitude = BigInt("0x" + digits.join(""));
  return data[0] === 1 ? -magnitude : magnitude;
}

/** The number of an ArrayBuffer's, DataView's or typed array's class; undefined for anything else. */
export function binaryKind(value: object): number | undefined {
  return KIND_OF.get(Object.getPrototypeOf(value));
}

/** True for a Uint8Array that MessagePack's own binary can carry. */
export function isPlainBytes(value: object): boolean {
  return binaryKind(value) === UINT8 && (value as Uint8Array).byteLength <= FRAME_THRESHOLD &&
    isOwnMemory((value as Uint8Array).buffer) && isBareView(value as Uint8Array);
}

/** True for memory that is neither shared with other threads nor transferred away. */
function isOwnMemory(buffer: ArrayBufferLike): buffer is ArrayBuffer {
  return buffer instanceof ArrayBuffer && !buffer.detached;
}

/**
 * Binary data of class number `kind`, ready to be written. What is over the threshold is copied
 * here and now into a frame: frames leave later and without another copy, and the caller may
 * change the memory in the meantime.
 *
 * @throws {TypeError} when the memory is shared with other threads, or detached.
 */
export function writeBinary(
  value: ArrayBuffer | ArrayBufferView,
  kind: number,
  frames: Uint8Array[],
): Extension | Uint8Array {
  const bytes = memoryOf(value);
  if (bytes.length > FRAME_THRESHOLD) {
    const data = new Uint8Array(13);
    const view = new DataView(data.buffer);
    view.setUint8(0, kind);
    view.setUint32(1, frames.length);
    view.setFloat64(5, bytes.length);
    frames.push(keep(bytes));
    return new Extension(ExtensionType.frame, data);
  }
  if (kind === UINT8) return bytes;
  const data = new Uint8Array(1 + bytes.length);
  data[0] = kind;
  data.set(bytes, 1);
  return new Extension(ExtensionType.binary, data);
}

/** Of what the present values are a part, if they may lie in shared memory. */
let use: Use | undefined;

/** Large binary data that is written meanwhile may lie in shared memory. */
export function sharing<T>(as: Use, writes: () => T): T {
  const outer = use;
  use = as;
  try {
    return writes();
  } finally {
    use = outer;
  }
}

function keep(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  const frame = use === undefined ? undefined : sharedMemory()?.put(bytes, use);
  const isGiven = noteGiven(bytes.buffer);
  return frame ?? (isGiven ? bytes : bytes.slice());
}

function memoryOf(value: ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  const isView = ArrayBuffer.isView(value);
  const buffer = isView ? value.buffer : value;
  if (!(buffer instanceof ArrayBuffer)) {
    throw new TypeError("its memory is a SharedArrayBuffer (send a copy of it: .slice())");
  }
  if (buffer.detached) throw new TypeError("its memory was transferred away");
  return isView
    ? new Uint8Array(buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(buffer);
}

function readBinary(data: Uint8Array): unknown {
  if (data.length === 0) throw new Error("an empty binary extension");
  const name = BINARY_KINDS[data[0]!];
  return buildBinary(data[0]!, name, new Uint8Array(data.subarray(1)));
}

/** The data behind a frame extension: a view of the frame where that is aligned, else a copy. */
function readFrame(data: Uint8Array, frames: readonly Uint8Array[]): unknown {
  if (data.length !== 13) throw new Error("a malformed frame extension");
  const view = viewOf(data);
  let frame = frames[view.getUint32(1)];
  if (frame !== undefined && frame.byteLength !== view.getFloat64(5) && isReference(frame)) {
    const memory = sharedMemory();
    if (memory === undefined) throw new Error("no memory is shared with this process");
    frame = memory.take(frame);
  }
  if (frame === undefined) throw new Error(`frame ${view.getUint32(1)} is missing`);
  if (frame.byteLength !== view.getFloat64(5)) {
    throw new Error(
      `frame ${view.getUint32(1)} has ${frame.byteLength} bytes instead of ${view.getFloat64(5)}`,
    );
  }
  return buildBinary(data[0]!, BINARY_KINDS[data[0]!], frame);
}

function buildBinary(kind: number, name: string | undefined, bytes: Uint8Array): unknown {
  if (name === "ArrayBuffer") return exactBuffer(bytes);
  const known = BINARY_CLASSES[kind];
  if (known === undefined) throw new Error(`no binary class ${name ?? kind} here`);
  const width = (known as unknown as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  if (bytes.byteLength % width !== 0) throw new Error(`${bytes.byteLength} bytes are no ${name}`);
  if (bytes.byteOffset % width !== 0 || !(bytes.buffer instanceof ArrayBuffer)) {
    return new known(exactBuffer(new Uint8Array(bytes)));
  }
  const View = known as unknown as new (b: ArrayBuffer, at: number, length: number) => unknown;
  return new View(bytes.buffer, bytes.byteOffset, bytes.byteLength / width);
}

function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) return buffer;
  return new Uint8Array(bytes).buffer;
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * What an extension means. `data` is a view of the body; nothing that is returned shares its
 * memory.
 *
 * @throws {Error} when the extension is unknown or malformed, or its frame is missing.
 */
export function readExtension(
  type: number,
  data: Uint8Array,
  frames: readonly Uint8Array[],
): unknown {
  switch (type) {
    case ExtensionType.undefined:
      return undefined;
    case ExtensionType.negativeZero:
      return -0;
    case ExtensionType.invalidDate:
      return new Date(NaN);
    case ExtensionType.bigint:
      return readBigint(data);
    case ExtensionType.text:
      return readText(data);
    case ExtensionType.binary:
      return readBinary(data);
    case ExtensionType.frame:
      return readFrame(data, frames);
    case ExtensionType.mark:
      return readMark(data);
    default:
      throw new Error(`unknown extension type ${type}`);
  }
}

function readMark(data: Uint8Array): Mark {
  const kind = data[0];
  if (kind === MarkKind.reference && data.length === 5) {
    return new Mark(kind, viewOf(data).getUint32(1));
  }
  if (kind === undefined || !MARKS.has(kind) || data.length !== 1) {
    throw new Error("a malformed mark");
  }
  return new Mark(kind, 0);
}
