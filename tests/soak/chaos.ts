/** Rounds of chaos with real processes, none of which may grow. */

import { missingForHosts } from "../clusters/ssh_hosts.ts";
import { chaos } from "../chaos/chaos.ts";
import { inWords, MemoryWatch } from "./memory.ts";
import type { Context } from "./round.ts";

/** Milliseconds of a round when nobody says how long. */
const LASTS = 60_000;
const HOSTS = 2;

/** Chaos on this machine, and then, where that is possible, on several hosts. */
export async function chaosRound({ goesOn, share, seed, how }: Context & { how?: string }) {
  const missing = missingForHosts();
  if (missing) console.log(`chaos: no other hosts: ${missing}`);
  const places = missing ? [undefined] : [undefined, HOSTS];
  const lasts = share === undefined ? LASTS : share / places.length;
  let failures = 0;
  for (const hosts of places) {
    if (!goesOn()) break;
    const where = hosts === undefined ? "on this machine" : `on ${hosts} other hosts`;
    console.log(`chaos ${where}, seed ${seed}, ${Math.round(lasts / 1000)} s`);
    let memory: MemoryWatch | undefined;
    try {
      await chaos({
        ...{ lasts, seed },
        ...hosts !== undefined && { hosts },
        ...how !== undefined && { how },
        tell: (text) => console.log(text),
        watch: (run) => memory = new MemoryWatch(() => run.processes()),
      });
    } catch (error) {
      failures++;
      const again = `again with --only chaos --seed ${seed}`;
      console.log(`chaos ${where} went wrong, ${again}: ${(error as Error).message}`);
    }
    for (const { name, trend } of memory?.trends() ?? []) {
      if (trend.grows) failures++;
      console.log(`memory ${where}: ${name}: ${inWords(trend)}`);
    }
  }
  return failures;
}
