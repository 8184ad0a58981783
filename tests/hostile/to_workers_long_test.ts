/** Whatever can be said over real sockets by a broker that is hostile. */

import { canFindProcesses } from "../faults/running.ts";
import { besiegeBorrower, besiegeOrigin, besiegeWorkers } from "./siege_of_workers.ts";

const ignore = !canFindProcesses;

Deno.test({
  name: "hostile: the broker of workers, which go on doing what they should",
  ignore,
  fn: () => besiegeWorkers({ count: 2000, seed: 1 }),
});

Deno.test({
  name: "hostile: the broker of an origin, whose program goes on without it",
  ignore,
  fn: () => besiegeOrigin({ count: 1000, seed: 1 }),
});

Deno.test({
  name: "hostile: a broker of the federation, beside a run whose results are all right",
  ignore,
  fn: () => besiegeBorrower({ count: 2000, seed: 1 }),
});
