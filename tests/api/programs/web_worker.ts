/** A Web Worker of the user's that uses the API; the program starts it and prints what it says. */

import { Executor, map, mapReduce, submit } from "../../../mod.ts";

export const cube = (x: number): number => x ** 3;
export function add(a: number, b: number): number {
  return a + b;
}

/** What the calls give in a Web Worker. */
async function results(): Promise<unknown[]> {
  await using pool = new Executor({ workers: 2 });
  return [
    await map(cube, [1, 2, 3]),
    await submit(add, 4, 5),
    await mapReduce(cube, add, [1, 2, 3]),
    await pool.map(cube, [4, 5]),
  ];
}

// In a Web Worker import.meta.main is true as well.
if ("WorkerGlobalScope" in globalThis) {
  const scope = globalThis as unknown as Worker;
  scope.onmessage = async () => scope.postMessage(await results());
} else if (import.meta.main) {
  const worker = new Worker(import.meta.url, { type: "module" });
  worker.onmessage = ({ data }) => {
    console.log(JSON.stringify(data));
    worker.terminate();
  };
  worker.postMessage("begin");
}
