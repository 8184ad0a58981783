/** The behaviour of the API run plainly. */

import { testWay } from "./ways.ts";

testWay("plainly");
