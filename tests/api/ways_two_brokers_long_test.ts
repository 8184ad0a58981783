/** The behaviour of the API with -n 4 -b 2. */

import { testWay } from "./ways.ts";

testWay("-n 4 -b 2");
