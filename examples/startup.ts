// deno run -A cli.ts -n 4 examples/startup.ts [n]
/**
 * A program whose every process is started the same way. `startup` calls `main` on the origin and
 * serves tasks elsewhere, as the environment says; that is what a program needs which is started by
 * hand or compiled to one binary. By hand, each line in a terminal of its own:
 *
 * ```sh
 * deno run -A broker/main.ts
 * IS_ORIGIN=0 deno run -A examples/startup.ts
 * IS_ORIGIN=1 deno run -A examples/startup.ts
 * ```
 *
 * @module
 */

import { map, scoop, startup } from "../mod.ts";

export function cube(n: number): number {
  return n ** 3;
}

async function main(n: number): Promise<void> {
  const cubes = await map(cube, Array.from({ length: n }, (_, i) => i + 1));
  console.log(`sum of the cubes of 1 to ${n}: ${cubes.reduce((a, b) => a + b)}`);
  console.log(scoop.isRunning ? "launched with workers" : "run by itself");
}

await startup(main, Number(Deno.args[0] ?? 100));
