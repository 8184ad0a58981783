/**
 * Frames too large for a socket that strangers can reach. Such a socket is told the largest frame
 * that may come, as it would otherwise set aside memory for whatever size a peer claims; so what is
 * larger travels in pieces.
 *
 * A message in pieces begins with a frame that says so: the byte 0xc1, which no MessagePack begins
 * with, then the lengths of the frames as they were.
 *
 * @module
 */

import { decodeHeader, encodeHeader } from "./codec.ts";
import { LIMITS } from "./limits.ts";

type Frames = Uint8Array[];

const MARK = 0xc1;

/** Bytes of a piece; encryption makes it a little larger on its way. */
const PIECE = LIMITS.frameBytes - 64;

/** The largest frame that fits into an array here. */
const MOST_BYTES = 2 ** 32;

/**
 * A message as it travels: the frames themselves where they are small enough, otherwise views of
 * them. Nothing is copied.
 *
 * @param piece bytes of the largest frame that may be sent
 */
export function cutFrames(frames: Frames, piece = PIECE): Frames {
  // A message that only looks as if it came in pieces must not be taken for one.
  const fits = frames.every(({ length }) => length <= piece);
  if (fits && frames[0]?.[0] !== MARK) return frames;
  const lengths = encodeHeader(frames.map(({ length }) => length));
  const mark = new Uint8Array(1 + lengths.length);
  mark[0] = MARK;
  mark.set(lengths, 1);
  const pieces: Frames = [mark];
  for (const frame of frames) {
    let at = 0;
    do pieces.push(frame.subarray(at, at + piece)); while ((at += piece) < frame.length);
  }
  return pieces;
}

/**
 * The message as it was. It takes no more memory than the pieces that have come.
 *
 * @throws {Error} when the lengths are not those of the pieces
 */
export function joinFrames(pieces: Frames): Frames {
  if (pieces[0]?.[0] !== MARK) return pieces;
  let at = 1;
  const frames = readLengths(pieces).map((length) => {
    const parts: Frames = [];
    let have = 0;
    do {
      const part = pieces[at++];
      // An empty piece would have to be all of an empty frame.
      if (part === undefined || (part.length === 0 && length > 0)) throw lie();
      parts.push(part);
      have += part.length;
    } while (have < length);
    if (have > length) throw lie();
    return parts.length === 1 ? parts[0]! : joined(parts, length);
  });
  if (at !== pieces.length) throw lie();
  return frames;
}

function readLengths(pieces: Frames): number[] {
  const lengths = decodeHeader(pieces[0]!.subarray(1));
  if (!Array.isArray(lengths) || lengths.length >= pieces.length) throw lie();
  for (const length of lengths) {
    if (!Number.isSafeInteger(length) || length < 0 || length > MOST_BYTES) throw lie();
  }
  return lengths;
}

function joined(parts: Frames, length: number): Uint8Array {
  const frame = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}

function lie(): Error {
  return new Error("a message in pieces whose lengths are not those of its pieces");
}
