/**
 * The behaviour of the API, by programs that check themselves: here in the way that matters most.
 * `ways_long_test.ts` has the others, and what else may be on the machine.
 */

import { checkProgram, PROGRAMS, WAYS } from "./ways.ts";
import type { WayName } from "./ways.ts";

const FIRST: readonly WayName[] = ["-n 3"];

for (const name of Object.keys(PROGRAMS)) {
  for (const way of WAYS.filter((way) => FIRST.includes(way.name))) {
    Deno.test(`api: ${name}, ${way.name}`, () => checkProgram(way, name));
  }
}
