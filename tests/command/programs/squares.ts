/** A program by itself, wherever it is started. */

import { map, scoop } from "../../../mod.ts";

export function square(x: number): number {
  return x * x;
}

if (import.meta.main) console.log(JSON.stringify(await map(square, [1, 2, 3])), scoop.size);
