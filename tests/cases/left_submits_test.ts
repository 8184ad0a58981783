/** A program ends with unawaited submits: what ran and what did not is told. */

import { checkLeft, LEFT_WAYS } from "./left_submits.ts";

for (const name of ["plainly", "-n 3", "an Executor"]) {
  Deno.test(`left submits: ${name}`, () => checkLeft(LEFT_WAYS[name]!, 0));
}
