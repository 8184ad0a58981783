/**
 * Cutting and joining encoded lists without decoding their elements.
 *
 * A broker halves bundles whose values it must never open. MessagePack says at each value's head
 * how long the value is, so the walk here reads heads and lengths only. The same walk is the
 * codec's guard: it proves that a body is whole, and that no array claims more elements than there
 * are bytes, before a decoder sets memory aside for them.
 *
 * An extension that points at a frame (binary data over 64 KiB) points at a frame of the body it
 * was encoded in. So every part of a cut body needs all of that body's frames, and parts may be
 * joined only when they come from one body, or point at no frames.
 *
 * @module
 */

const VARIABLE = 255;

/** Bytes that follow each head byte, where the head alone tells. */
const FIXED = fixedLengths();
/** Bytes of the length field that follows the head bytes 0xc0 to 0xdf, 0 where there is none. */
const LENGTH_BYTES = lengthBytes();

function fixedLengths(): Uint8Array {
  const table = new Uint8Array(256);
  table.fill(VARIABLE, 0x80, 0xa0); // maps and arrays of up to 15 elements
  for (let head = 0xa0; head < 0xc0; head++) table[head] = head - 0xa0; // short strings
  table.fill(VARIABLE, 0xc1, 0xe0);
  table.set([0, 0], 0xc2); // false, true
  table.set([4, 8, 1, 2, 4, 8, 1, 2, 4, 8], 0xca); // floats, unsigned and signed integers
  table.set([2, 3, 5, 9, 17], 0xd4); // extensions of 1, 2, 4, 8 and 16 bytes
  return table;
}

function lengthBytes(): Uint8Array {
  const table = new Uint8Array(32);
  table.set([1, 2, 4, 1, 2, 4], 0xc4 - 0xc0); // binary, extension
  table.set([1, 2, 4, 2, 4, 2, 4], 0xd9 - 0xc0); // string, array, map
  return table;
}

/** What {@link checkValue} noticed on its way. */
export interface Shape {
  /** How many plain byte arrays the value holds. */
  binaries: number;
}

/**
 * Reads heads and lengths from `start` over one value and gives the index just after it. The work
 * is in proportion to the bytes, whatever lengths they claim.
 */
function endOf(bytes: Uint8Array, start: number, shape?: Shape): number {
  const size = bytes.length;
  let at = start;
  let pending = 1;
  while (pending > 0) {
    // Each value still to come takes at least a byte, so a claimed length proves itself here.
    if (pending > size - at) throw malformed("it ends too early");
    const head = bytes[at++]!;
    pending--;
    const fixed = FIXED[head]!;
    if (fixed !== VARIABLE) {
      at += fixed;
    } else if (head < 0xa0) {
      pending += head < 0x90 ? 2 * (head - 0x80) : head - 0x90;
    } else {
      const width = LENGTH_BYTES[head - 0xc0]!;
      const length = readLength(bytes, at, width);
      at += width;
      if (head >= 0xde) pending += 2 * length;
      else if (head >= 0xdc) pending += length;
      else {
        at += length;
        if (head <= 0xc6) shape !== undefined && shape.binaries++;
        else if (head <= 0xc9) at++; // the extension's type
      }
    }
  }
  if (at > size) throw malformed("it ends too early");
  return at;
}

function readLength(bytes: Uint8Array, at: number, width: number): number {
  if (width === 0) throw malformed("0xc1 begins no value");
  if (at + width > bytes.length) throw malformed("it ends too early");
  let length = 0;
  for (let i = 0; i < width; i++) length = length * 256 + bytes[at + i]!;
  return length;
}

function malformed(why: string): Error {
  return new Error(`malformed MessagePack: ${why}`);
}

/**
 * Checks that `bytes` are exactly one MessagePack value, whole and with nothing behind it.
 *
 * @throws {Error} when they are not.
 */
export function checkValue(bytes: Uint8Array): Shape {
  const shape: Shape = { binaries: 0 };
  if (endOf(bytes, 0, shape) !== bytes.length) throw malformed("bytes are left over");
  return shape;
}

/** The number of elements that the array at the head of `body` claims, and where they begin. */
function arrayHead(body: Uint8Array): [count: number, start: number] {
  const head = body[0];
  if (head !== undefined && head >= 0x90 && head < 0xa0) return claim(body, head - 0x90, 1);
  if (head === 0xdc) return claim(body, readLength(body, 1, 2), 3);
  if (head === 0xdd) return claim(body, readLength(body, 1, 4), 5);
  throw malformed("it is not an array");
}

function claim(body: Uint8Array, count: number, start: number): [number, number] {
  if (count > body.length - start) throw malformed("it ends too early");
  return [count, start];
}

/**
 * How many elements an encoded array has, told from its head alone; the elements themselves are
 * not checked.
 *
 * @throws {Error} when `body` does not begin with an array, or is too short for that many.
 */
export function arrayLength(body: Uint8Array): number {
  return arrayHead(body)[0];
}

/**
 * The encoded elements of an encoded array, as views of `body`.
 *
 * Elements written by `encodeEach` stand alone, so that each can be decoded, or put into another
 * list with {@link joinArray}, without the others.
 *
 * @throws {Error} when `body` is not exactly one well-formed array.
 */
export function splitArray(body: Uint8Array): Uint8Array[] {
  // A view of the plain class: a Buffer would give Buffers, and cut them more slowly.
  const bytes = new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  const [count, start] = arrayHead(bytes);
  const parts: Uint8Array[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const end = endOf(bytes, at);
    parts.push(bytes.subarray(at, end));
    at = end;
  }
  if (at !== bytes.length) throw malformed("bytes are left over");
  return parts;
}

/**
 * The elements of a list from `from` up to `to`, as a list.
 *
 * @throws {Error} when it is no well-formed list
 */
export function cutArray(body: Uint8Array, from: number, to: number): Uint8Array {
  return joinArray(splitArray(body).slice(from, to));
}

/** One encoded array with the encoded values `parts` as its elements. The parts are not checked. */
export function joinArray(parts: readonly Uint8Array[]): Uint8Array {
  const head = writeArrayHead(parts.length);
  let size = head.length;
  for (const part of parts) size += part.length;
  const body = new Uint8Array(size);
  body.set(head);
  let at = head.length;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}

function writeArrayHead(count: number): number[] {
  if (count < 16) return [0x90 + count];
  if (count < 0x10000) return [0xdc, count >> 8, count & 0xff];
  return [0xdd, count >>> 24, (count >> 16) & 0xff, (count >> 8) & 0xff, count & 0xff];
}
