/** The behaviour of the API in a task, -n 3. */

import { testWay } from "./ways.ts";

testWay("in a task, -n 3");
