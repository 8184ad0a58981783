/** A result of a gigabyte, made elsewhere, and an argument of one. */

import { Executor, scoop, withOptions } from "../../../mod.ts";
import type { Future } from "../../../mod.ts";

const SIZE = 1_000_000_000;

export function make(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 4096) bytes[i] = i / 4096 % 251;
  return bytes;
}

export function check(bytes: Uint8Array): string {
  for (let i = 0; i < bytes.length; i += 4096) if (bytes[i] !== i / 4096 % 251) return "wrong";
  return `${bytes.length} ${scoop.workerName}`;
}

if (import.meta.main) {
  const { submit } = withOptions({ retries: 0 });
  // While the program awaits something else, the other worker takes the task first.
  const elsewhere = async <T>(future: Future<T>): Promise<T> => {
    for (let i = 0; i < 1000 && !future.running() && !future.done(); i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return await future;
  };
  const bytes = await elsewhere(submit(make, SIZE));
  console.log(check(bytes));
  // A program with an Executor executes nothing itself, so the argument has to travel.
  await using pool = new Executor({ workers: 1 });
  console.log(await pool.withOptions({ retries: 0 }).submit(check, bytes));
}
