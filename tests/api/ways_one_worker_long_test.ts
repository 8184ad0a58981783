/** The behaviour of the API with -n 1. */

import { testWay } from "./ways.ts";

testWay("-n 1");
