/**
 * The behaviour of the API in every further way of running; and beside two foreign busy processes,
 * where each program runs in one way, another than its neighbours; `deno task soak` has all.
 */

import { besideBusyProcesses, checkProgram, PROGRAMS, WAYS } from "./ways.ts";
import type { WayName } from "./ways.ts";

/** What `programs_test.ts` does. */
const ELSEWHERE: readonly WayName[] = ["-n 3"];

for (const way of WAYS.filter((way) => !ELSEWHERE.includes(way.name))) {
  for (const name of Object.keys(PROGRAMS)) {
    Deno.test(`api: ${name}, ${way.name}`, () => checkProgram(way, name));
  }
}

for (const [i, name] of Object.keys(PROGRAMS).entries()) {
  const way = WAYS[i % WAYS.length]!;
  Deno.test(
    `api, beside busy processes: ${name}, ${way.name}`,
    () => besideBusyProcesses(() => checkProgram(way, name)),
  );
}
