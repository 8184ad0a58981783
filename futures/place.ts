/**
 * Where an error is told that was made far from the user's code.
 *
 * A timeout, a lost worker, an input that cannot travel: nobody of the user's is on the stack when
 * they are found. To keep the place of each call would cost five times what a `submit` costs
 * (20 µs; measured, Deno 2.9.6). But V8 knows who awaits a promise: what looks at the stack in a
 * step of a promise that is about to reject sees there the functions that await it. So the error
 * takes one more step, and only errors do.
 *
 * @module
 */

import { setStack, UserFacingError, userFrames } from "../wire/user_stack.ts";

/** Rejects a promise; an error of ours that has no line of the user's gets the line that awaits it. */
export function rejectWhereAwaited(
  error: unknown,
  resolve: (value: never) => void,
  reject: (error: unknown) => void,
): void {
  if (error instanceof UserFacingError && !hasPlace(error)) resolve(rejection(error) as never);
  else reject(error);
}

/** A promise that is rejected so. */
export function rejectedWhereAwaited(error: unknown): Promise<never> {
  return new Promise((resolve, reject) => rejectWhereAwaited(error, resolve, reject));
}

function hasPlace({ stack }: UserFacingError): boolean {
  return typeof stack !== "string" || stack.includes("\n    at ");
}

function rejection(error: UserFacingError): Promise<never> {
  // By the second step, those who wait for the promise that this one settles are known to V8.
  return Promise.resolve().then(nothing).then(() => {
    place(error);
    throw error;
  });
}

function nothing(): void {}

/** Gives an error the lines of one that was made where the user called. */
export function takePlaceOf(error: UserFacingError, called: UserFacingError): void {
  const lines = (called.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  setStack(error, [`${error.name}: ${error.message}`, ...lines].join("\n"));
}

/** Gives an error the lines of the user's code that lead here. */
export function place(error: UserFacingError): void {
  if (hasPlace(error)) return;
  const [head = "", ...rest] = splitHead(error);
  setStack(error, [head, ...userFrames(), ...rest].join("\n"));
}

/** The error's name and message, which may have several lines, and the lines on its tasks. */
function splitHead({ stack = "" }: UserFacingError): string[] {
  const at = stack.search(/\n {4}in task /);
  return at < 0 ? [stack] : [stack.slice(0, at), stack.slice(at + 1)];
}
