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

/** A peer's identity as text. Those that libzmq made up are no UTF-8; they begin with a zero byte. */
export function readIdentity(frame: Uint8Array): string {
  return frame[0] === 0 ? `\0${frame.toHex()}` : text(frame);
}

/** The opposite of {@link readIdentity}. */
export function writeIdentity(identity: string): string | Uint8Array {
  return identity[0] === "\0" ? Uint8Array.fromHex(identity.slice(1)) : identity;
}
