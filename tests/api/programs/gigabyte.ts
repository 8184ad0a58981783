/** A result of a gigabyte, made elsewhere, and an argument of one. */

import { scoop, withOptions } from "../../../mod.ts";
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
  // As long as the program awaits something else, only the other worker can take a task.
  const elsewhere = async <T>(future: Future<T>): Promise<T> => {
    for (let i = 0; i < 1000 && !future.running() && !future.done(); i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return await future;
  };
  const bytes = await elsewhere(submit(make, SIZE));
  console.log(check(bytes));
  console.log(await elsewhere(submit(check, bytes)));
}
