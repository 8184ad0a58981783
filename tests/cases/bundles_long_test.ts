/** The same as `bundles_test.ts` in further places and ways. */

import { exits, sixOf } from "./bundles.ts";

const WAYS = [["-n", "2"], ["-n", "3"], ["-n", "4", "-b", "2"], ["-n", "6", "-b", "3"]];

for (const flags of WAYS) {
  for (const how of ["sync", "async"] as const) {
    Deno.test(`cases: the third of a bundle of six is stuck (${how}), ${flags.join(" ")}`, () =>
      sixOf(flags, 2, how));
  }
}

for (const stuck of [0, 1, 5]) {
  Deno.test(`cases: number ${stuck} of a bundle of six is stuck, -n 3`, () =>
    sixOf(["-n", "3"], stuck, "sync"));
}

Deno.test("cases: Deno.exit on the origin, amid a bundle, costs one attempt, -n 4 -b 2", () =>
  exits(["-n", "4", "-b", "2"], "once"));

Deno.test("cases: Deno.exit on the origin, amid a bundle, loses that task without retries", () =>
  exits(["-n", "2"], "always"));
