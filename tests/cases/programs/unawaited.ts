/** Maps that nobody awaits, and, with the argument "awaited", only ones that somebody does. */

import { map, mapAsCompleted } from "../../../mod.ts";

export function square(x: number): number {
  return x * x;
}

if (import.meta.main) {
  console.log(await map(square, [1, 2, 3]));
  for await (const _ of map(square, [1, 2, 3])) break;
  for await (const _ of mapAsCompleted(square, [1, 2, 3])) break;
  if (Deno.args[0] !== "awaited") map(square, [4, 5, 6]);
}
