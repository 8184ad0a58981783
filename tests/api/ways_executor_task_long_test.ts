/** The behaviour of the API in a task of an Executor. */

import { testWay } from "./ways.ts";

testWay("in a task of an Executor");
