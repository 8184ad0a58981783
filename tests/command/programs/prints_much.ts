/** Tasks print so many long lines on stdout and short ones on stderr; then the program exits. */

import { map } from "../../../mod.ts";

export function say(i: number): void {
  console.log(`${i} ${"x".repeat(1_000)}`);
  console.error(`error ${i}`);
}

if (import.meta.main) {
  const [lines = "0", code = "0"] = Deno.args;
  await Array.fromAsync(map(say, Array.from({ length: Number(lines) }, (_, i) => i)));
  console.error("the end");
  Deno.exit(Number(code));
}
