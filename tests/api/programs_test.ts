/**
 * The behaviour of the API, by programs that check themselves: here in the way that matters most.
 * `ways_*_long_test.ts` have the others, and what else may be on the machine.
 */

import { testWay } from "./ways.ts";

testWay("-n 3");
