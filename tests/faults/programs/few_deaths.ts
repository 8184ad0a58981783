/** A thousand tasks, of which ten kill their worker when they are tried for the first time. */

import { map } from "../../../mod.ts";
import { attempt, die } from "./deadly.ts";

export function square(x: number, folder: string): number {
  if (x % 100 === 37 && attempt(folder, x) === 1) die(x % 200 === 37 ? "exit" : "kill");
  // Long enough for every worker to get its share.
  for (const until = performance.now() + 2; performance.now() < until;);
  return x * x;
}

if (import.meta.main) {
  const folder = Deno.args[0]!;
  const xs = Array.from({ length: 1000 }, (_, i) => i);
  const squares = await map(square, xs, xs.map(() => folder));
  console.log(squares.length, xs.every((x) => squares[x] === x * x));
}
