/** A program ends with unawaited submits: nothing of them is dropped by chance, in ten runs of each. */

import { checkLeft, LEFT_WAYS } from "./left_submits.ts";

/** Milliseconds from the submits to the program's end. */
const PAUSES = [0, 0, 5, 15, 30, 60, 90, 110, 150, 250];

for (const [name, way] of Object.entries(LEFT_WAYS)) {
  Deno.test(`left submits: ${name}, ten times`, async () => {
    for (const pause of PAUSES) await checkLeft(way, pause);
  });
}
