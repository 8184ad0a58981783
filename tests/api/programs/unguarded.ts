/** A program that forgets to say what only the origin is to do. */

import { map } from "../../../mod.ts";

export async function double(x: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return 2 * x;
}

const results = await map(double, Array(100).fill(1));
console.log(`${results.length} results`);
