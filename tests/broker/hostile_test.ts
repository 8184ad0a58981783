/** Whatever the grammar of messages allows, said to a dispatcher. */

import fc from "../fast_check.ts";
import { endure, hostilities } from "./hostile.ts";

Deno.test("hostile: a dispatcher endures whatever can be said", () => {
  fc.assert(fc.property(hostilities, endure), { numRuns: 100 });
});
