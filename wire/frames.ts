/**
 * Frames as zeromq hands them out, and as everybody else wants them.
 *
 * @module
 */

import type { Frames } from "./receiver.ts";

/** Whether a message is one that libzmq puts in between, which nobody else can know. */
export function isNotice(frames: Frames, at: number, secret: Uint8Array): boolean {
  if (frames.length !== at + 1 || frames[at]!.length !== secret.length) return false;
  return secret.every((byte, i) => frames[at]![i] === byte);
}

const decoder = new TextDecoder();

/** A frame as text. */
export function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** As many identities are kept as bytes; more are written anew, each as often as it is sent to. */
const MOST_WRITTEN = 4_096;
const written = new Map<string, Uint8Array>();
const encoder = new TextEncoder();

/** A peer's identity as text. Those that libzmq made up are no UTF-8; they begin with a zero byte. */
export function readIdentity(frame: Uint8Array): string {
  return frame[0] === 0 ? `\0${frame.toHex()}` : text(frame);
}

/** The opposite of {@link readIdentity}. The bytes must not be changed. */
export function writeIdentity(identity: string): Uint8Array {
  const known = written.get(identity);
  if (known !== undefined) return known;
  const bytes = identity[0] === "\0"
    ? Uint8Array.fromHex(identity.slice(1))
    : encoder.encode(identity);
  if (written.size < MOST_WRITTEN) written.set(identity, bytes);
  return bytes;
}
