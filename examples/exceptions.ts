// deno run -A cli.ts -n 4 examples/exceptions.ts
/**
 * What becomes of errors: a task's error reaches whoever waits for its result, with its class,
 * message, cause and stack, and the other tasks go on.
 *
 * @module
 */

import { CancelledError, submit, TimeoutError, withOptions } from "../mod.ts";

export function invert(n: number): number {
  if (n === 0) throw new RangeError("0 has no inverse", { cause: { n } });
  return 1 / n;
}

export async function sleep(milliseconds: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return "slept well";
}

/** One of the tasks fails; its siblings do not notice. */
async function failing(): Promise<void> {
  for (const future of [4, 2, 0, 1].map((n) => submit(invert, n))) {
    try {
      console.log(`result: ${await future}`);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      console.log(`caught ${error}; its cause:`, error.cause);
      // The stack ends with where it ran.
      console.log(error.stack!.split("\n").at(-1)!.trim());
    }
  }
}

/** An error can be asked for without being thrown. */
async function asking(): Promise<void> {
  console.log(`exception of invert(0): ${await submit(invert, 0).exception()}`);
  console.log(`exception of invert(1): ${await submit(invert, 1).exception()}`);
}

/** A task that has not begun can be cancelled; whoever waits for it all the same gets an error. */
async function cancelling(): Promise<void> {
  const future = submit(invert, 1);
  console.log(`cancelled: ${future.cancel()}`);
  try {
    await future;
  } catch (error) {
    if (error instanceof CancelledError) console.log(`caught ${error}`);
  }
}

/** A limit for the time a task may run, and another for how long the program waits. */
async function hurrying(): Promise<void> {
  try {
    await withOptions({ timeout: 50 }).submit(sleep, 500);
  } catch (error) {
    if (error instanceof TimeoutError) console.log(`caught ${error}`);
  }
  const future = submit(sleep, 500);
  try {
    await future.result({ timeout: 50 });
  } catch (error) {
    if (error instanceof TimeoutError) console.log(`caught ${error}`);
  }
  console.log(`with more patience: ${await future}`);
}

if (import.meta.main) {
  await failing();
  await asking();
  await cancelling();
  await hurrying();
}
