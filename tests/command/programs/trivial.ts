/** As little as a program can do. */

import { map } from "../../../mod.ts";

export function square(x: number): number {
  return x * x;
}

if (import.meta.main) {
  console.log(`launch ${Deno.args[0]}`);
  console.log(await map(square, [1, 2, 3, 4]));
}
