/** The behaviour of the API on other hosts. */

import { testWay } from "./ways.ts";

testWay("on other hosts");
