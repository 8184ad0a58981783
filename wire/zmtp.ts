/**
 * ZeroMQ's protocol on a connection, ZMTP 3.1 without encryption (https://rfc.zeromq.org/spec/23),
 * as libzmq speaks it: what is written, and a reader of what has come. No connection in here. What
 * libzmq does only when told to, as heartbeats, is not in here either.
 *
 * @module
 */

import type { Frames } from "./receiver.ts";

/** The kinds of sockets at the two ends of a connection of ours. */
export type PeerKind = "DEALER" | "ROUTER";

/** What a reader hands out. */
export interface ZmtpEvents {
  /** The other side has introduced itself. */
  peer(identity: Uint8Array): void;
  message(frames: Frames): void;
}

/** The other side does not keep to the protocol, or to what was agreed on. */
export class ZmtpError extends Error {
  override name = "ZmtpError";
}

const GREETING_BYTES = 64, MECHANISM_AT = 12, MECHANISM_BYTES = 20;
const MORE_FOLLOWS = 1, LONG = 2, COMMAND = 4;
/** Of a frame's flags, and of the length after them. */
const SHORT_HEAD = 2, LONG_HEAD = 9;

/** Bytes that are read at once. What does not fit into half of them is read into its own memory. */
const READ_BYTES = 32 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What each side begins with: that it speaks ZMTP 3.1 and wants no encryption, and who it is. */
export function introduction(kind: PeerKind, identity: Uint8Array): Uint8Array<ArrayBuffer> {
  return joined([greeting(), ready(kind, identity)]);
}

function greeting(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(GREETING_BYTES);
  bytes.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1]);
  bytes.set(encoder.encode("NULL"), MECHANISM_AT);
  return bytes;
}

function ready(kind: PeerKind, identity: Uint8Array): Uint8Array<ArrayBuffer> {
  return command("READY", [
    property("Socket-Type", encoder.encode(kind)),
    property("Identity", identity),
  ]);
}

function command(name: string, parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = joined([new Uint8Array([name.length]), encoder.encode(name), ...parts]);
  const bytes = new Uint8Array(LONG_HEAD + body.length);
  const at = writeHead(bytes, 0, COMMAND, body.length);
  bytes.set(body, at);
  return bytes.subarray(0, at + body.length);
}

function property(name: string, value: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, value.length);
  return joined([new Uint8Array([name.length]), encoder.encode(name), length, value]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Bytes that a message takes on a connection. */
export function messageBytes(frames: Frames): number {
  let bytes = 0;
  for (let i = 0; i < frames.length; i++) {
    const { length } = frames[i]!;
    bytes += length + (length > 255 ? LONG_HEAD : SHORT_HEAD);
  }
  return bytes;
}

/** Writes a message, for which there must be room, and returns where it ends. */
export function writeMessage(into: Uint8Array, at: number, frames: Frames): number {
  const last = frames.length - 1;
  for (let i = 0; i <= last; i++) {
    const frame = frames[i]!;
    at = writeHead(into, at, i < last ? MORE_FOLLOWS : 0, frame.length);
    into.set(frame, at);
    at += frame.length;
  }
  return at;
}

/** What stands before a frame, in memory of its own. */
export function frameHead(length: number, isLast: boolean): Uint8Array {
  const bytes = new Uint8Array(LONG_HEAD);
  return bytes.subarray(0, writeHead(bytes, 0, isLast ? 0 : MORE_FOLLOWS, length));
}

function writeHead(into: Uint8Array, at: number, flags: number, length: number): number {
  if (length <= 255) {
    into[at] = flags;
    into[at + 1] = length;
    return at + SHORT_HEAD;
  }
  into[at] = flags | LONG;
  // No array has so many bytes that the upper two would be needed.
  const high = Math.floor(length / 2 ** 32);
  into[at + 1] = into[at + 2] = 0;
  into[at + 3] = high >>> 8;
  into[at + 4] = high;
  into[at + 5] = length >>> 24;
  into[at + 6] = length >>> 16;
  into[at + 7] = length >>> 8;
  into[at + 8] = length;
  return at + LONG_HEAD;
}

/** Where a reader is: what comes next, or a frame that is read into its own memory. */
type State =
  | { readonly kind: "greeting" }
  | { readonly kind: "introduction" }
  | { readonly kind: "frames" }
  | { readonly kind: "large"; readonly frame: Uint8Array; readonly isLast: boolean; at: number };

const GREETING: State = { kind: "greeting" };
const INTRODUCTION: State = { kind: "introduction" };
const FRAMES: State = { kind: "frames" };

/** Reads what comes on a connection: bytes are put into {@link space}, and {@link filled} tells so. */
export class ZmtpReader {
  readonly #events: ZmtpEvents;
  readonly #mostBytes: number;
  #state: State = GREETING;
  #buffer = new Uint8Array(READ_BYTES);
  /** What has come and is not yet read. */
  #start = 0;
  #end = 0;
  /** The frames of the message that has begun to come. */
  #frames: Frames = [];

  /** @param mostBytes of a frame; one with more is an error */
  constructor(events: ZmtpEvents, mostBytes: number) {
    this.#events = events;
    this.#mostBytes = mostBytes;
  }

  /** Where the next bytes belong; at least one. */
  get space(): Uint8Array<ArrayBuffer> {
    const state = this.#state;
    if (state.kind === "large") {
      return state.frame.subarray(state.at) as Uint8Array<ArrayBuffer>;
    }
    if (this.#start === this.#end) this.#start = this.#end = 0;
    else if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    return this.#end === 0 ? this.#buffer : this.#buffer.subarray(this.#end);
  }

  /**
   * So many bytes have been put into {@link space}.
   *
   * @throws {ZmtpError} when the other side does not keep to the protocol: nothing more can be read
   */
  filled(count: number): void {
    const state = this.#state;
    if (state.kind === "large") {
      state.at += count;
      if (state.at < state.frame.length) return;
      this.#state = FRAMES;
      this.#take(state.frame, state.isLast);
      return;
    }
    this.#end += count;
    if (state.kind === "greeting" && !this.#readGreeting()) return;
    while (this.#readFrame());
  }

  #readGreeting(): boolean {
    const bytes = this.#buffer;
    if (bytes[0] !== 0xff) throw new ZmtpError("does not speak ZMTP");
    if (this.#end < GREETING_BYTES) return false;
    if (bytes[9] !== 0x7f || bytes[10]! < 3) throw new ZmtpError("does not speak ZMTP 3");
    const mechanism = decoder.decode(bytes.subarray(MECHANISM_AT, MECHANISM_AT + MECHANISM_BYTES));
    if (mechanism.replace(/\0+$/, "") !== "NULL") {
      throw new ZmtpError(`wants security of a kind that is not used here`);
    }
    this.#start = GREETING_BYTES;
    this.#state = INTRODUCTION;
    return true;
  }

  /** Reads the next frame, and tells whether another one may be there. */
  #readFrame(): boolean {
    const bytes = this.#buffer, start = this.#start, here = this.#end - start;
    if (here < SHORT_HEAD) return false;
    const flags = bytes[start]!;
    const isLong = (flags & LONG) !== 0;
    if (isLong && here < LONG_HEAD) return false;
    const length = isLong ? longLength(bytes, start + 1) : bytes[start + 1]!;
    if (length > this.#mostBytes) {
      throw new ZmtpError(`sends a frame of ${length} bytes, over ${this.#mostBytes}`);
    }
    const body = start + (isLong ? LONG_HEAD : SHORT_HEAD), end = body + length;
    if (end <= this.#end) {
      this.#start = end;
      if ((flags & COMMAND) !== 0) this.#obey(bytes.subarray(body, end));
      else this.#take(bytes.slice(body, end), (flags & MORE_FOLLOWS) === 0);
      return true;
    }
    if (length <= READ_BYTES / 2) return false;
    if ((flags & COMMAND) !== 0) throw new ZmtpError("sends a command of unheard-of size");
    const frame = new Uint8Array(length);
    frame.set(bytes.subarray(body, this.#end));
    const isLast = (flags & MORE_FOLLOWS) === 0;
    this.#state = { kind: "large", frame, isLast, at: this.#end - body };
    this.#start = this.#end = 0;
    return false;
  }

  #take(frame: Uint8Array, isLast: boolean): void {
    if (this.#state.kind !== "frames") throw new ZmtpError("does not introduce itself");
    this.#frames.push(frame);
    if (!isLast) return;
    const frames = this.#frames;
    this.#frames = [];
    this.#events.message(frames);
  }

  #obey(body: Uint8Array): void {
    const length = body[0] ?? 0;
    const name = decoder.decode(body.subarray(1, 1 + length));
    if (name === "READY" && this.#state.kind === "introduction") {
      this.#state = FRAMES;
      this.#events.peer(identityIn(body.subarray(1 + length)));
    } else if (name === "ERROR") throw new ZmtpError("turns this side away");
  }
}

/** The identity that an introduction brings along; empty where there is none. */
function identityIn(properties: Uint8Array): Uint8Array {
  const view = new DataView(properties.buffer, properties.byteOffset, properties.length);
  for (let at = 0; at < properties.length;) {
    const nameEnd = at + 1 + properties[at]!;
    if (nameEnd + 4 > properties.length) throw new ZmtpError("introduces itself in part");
    const name = decoder.decode(properties.subarray(at + 1, nameEnd)).toLowerCase();
    const end = nameEnd + 4 + view.getUint32(nameEnd);
    if (end > properties.length) throw new ZmtpError("introduces itself in part");
    if (name === "identity") return properties.slice(nameEnd + 4, end);
    at = end;
  }
  return new Uint8Array(0);
}

function longLength(bytes: Uint8Array, at: number): number {
  let length = 0;
  for (let i = 0; i < 8; i++) length = length * 256 + bytes[at + i]!;
  return length;
}
