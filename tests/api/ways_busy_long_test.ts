/**
 * The behaviour of the API beside two foreign busy processes, where each program runs in one way,
 * another than its neighbours; `deno task soak` has all.
 */

import { besideBusyProcesses, checkProgram, PROGRAMS, WAYS } from "./ways.ts";

for (const [i, name] of Object.keys(PROGRAMS).entries()) {
  const way = WAYS[i % WAYS.length]!;
  Deno.test(
    `api, beside busy processes: ${name}, ${way.name}`,
    () => besideBusyProcesses(() => checkProgram(way, name)),
  );
}
