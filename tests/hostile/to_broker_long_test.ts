/** Whatever can be said to a broker over its real sockets, beside a run whose results are counted. */

import { canFindProcesses } from "../faults/running.ts";
import { besiegeByHand, besiegeCommand } from "./siege.ts";

const ignore = !canFindProcesses;

for (const takes of [false, true]) {
  const how = takes ? "that take tasks" : "that take none: all results are right";
  for (
    const [where, siege] of [["the command", besiegeCommand], ["by hand", besiegeByHand]] as const
  ) {
    Deno.test({
      name: `hostile: peers of the brokers, ${how}, ${where}`,
      ignore,
      fn: () => siege({ count: 1500, strangers: 40, seed: 1, takes }),
    });
  }
}
