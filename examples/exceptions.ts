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

export async function sleep(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** One of the tasks fails; its siblings do not notice. */
async function failing(): Promise<void> {
  for (const future of [4, 2, 0, 1].map((n) => submit(invert, n))) {
    try {
      console.log(`result: ${await future}`);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      console.log(`${error.name}: ${error.message}; its cause:`, error.cause);
      // The stack goes on from the task's own frames with where it ran.
      console.log(error.stack!.split("\n").at(-1)!.trim());
    }
  }
}

/** An error can be asked for without being thrown. */
async function asking(): Promise<void> {
  console.log("exception of invert(0):", String(await submit(invert, 0).exception()));
  console.log("exception of invert(1):", String(await submit(invert, 1).exception()));
}

/** A task that has not begun can be cancelled, and waiting for it is an error then. */
async function cancelling(): Promise<void> {
  const future = submit(invert, 1);
  console.log(`cancelled: ${future.cancel()}`);
  await future.catch((error) => console.log(String(error), error instanceof CancelledError));
}

/** A limit for the time a task may run, and one for how long this program waits. */
async function hurrying(): Promise<void> {
  const limited = withOptions({ timeout: 50 }).submit(sleep, 500);
  await limited.catch((error) => console.log(String(error), error instanceof TimeoutError));
  const patient = submit(sleep, 500);
  await patient.result({ timeout: 50 }).catch((error) => console.log(String(error)));
  await patient;
  console.log("it was only a matter of patience");
}

if (import.meta.main) {
  await failing();
  await asking();
  await cancelling();
  await hurrying();
}
