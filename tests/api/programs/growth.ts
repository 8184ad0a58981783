/** What could grow without bound does not. The first argument says what is tried; prints the result. */

import { map, submit, withOptions } from "../../../mod.ts";

export function same(x: number): number {
  return x;
}

/** Megabytes of values in use; the program is run with `--expose-gc`. */
function heap(): number {
  (globalThis as unknown as { gc(): void }).gc();
  return Deno.memoryUsage().heapUsed / 1e6;
}

function made(i: number): (x: number) => number {
  return new Function("x", `return x + ${i};`) as (x: number) => number;
}

/** A function made at run time for each task: V8 itself keeps something of each of them. */
async function functions(count: number): Promise<unknown> {
  const growth = async (first: number, use: (fn: (x: number) => number) => unknown) => {
    const before = heap();
    for (let i = first; i < first + count; i += 1_000) {
      const futures = Array.from({ length: 1_000 }, (_, k) => use(made(i + k)));
      for (const [k, future] of futures.entries()) {
        if (await future !== i + k + 1) throw new Error(`the result of function ${i + k} is wrong`);
      }
    }
    return heap() - before;
  };
  // What is bounded is full after this.
  await growth(0, (fn) => submit(fn, 1));
  const alone = await growth(count, (fn) => fn(1));
  return { alone, submitted: await growth(2 * count, (fn) => submit(fn, 1)) };
}

/** A priority of its own for each task, in an order in which each goes before all others. */
async function priorities(count: number): Promise<unknown> {
  const futures = Array.from(
    { length: count },
    (_, i) => withOptions({ priority: -i }).submit(same, i),
  );
  const before = heap();
  let sum = 0;
  for (const future of futures.splice(0)) sum += await future;
  return { sum, before, after: heap() };
}

/** A reader that is slower than the workers. */
async function reader(count: number): Promise<unknown> {
  const memory: number[] = [];
  let read = 0;
  let sum = 0;
  const inputs = (function* () {
    for (let i = 0; i < count; i++) yield i;
  })();
  for await (const y of map(same, inputs)) {
    sum += y;
    if (++read % 1_000 === 0) await new Promise((resolve) => setTimeout(resolve, 4));
    if (read % (count / 5) === 0) memory.push(heap());
  }
  return { sum, memory };
}

if (import.meta.main) {
  const [what, count] = Deno.args;
  const tried = { functions, priorities, reader }[what!]!;
  console.log(JSON.stringify(await tried(Number(count))));
}
