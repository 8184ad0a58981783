/** The behaviour of the API with an Executor. */

import { testWay } from "./ways.ts";

testWay("with an Executor");
