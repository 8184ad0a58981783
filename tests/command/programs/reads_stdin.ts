/** Passes on what it reads, in upper case, by way of tasks. */

import { submit } from "../../../mod.ts";

export function upper(text: string): string {
  return text.toUpperCase();
}

if (import.meta.main) {
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    for (const line of text.trimEnd().split("\n")) console.log(await submit(upper, line));
  }
}
