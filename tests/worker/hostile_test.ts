/** Whatever the grammar of messages allows, said to a worker. */

import fc from "../fast_check.ts";
import { endure, hostilities } from "./hostile.ts";

Deno.test("hostile: a worker endures whatever can be said", () => {
  fc.assert(fc.property(hostilities, endure), { numRuns: 100 });
});
