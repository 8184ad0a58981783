/** Rounds of whatever can be said: to state machines, and over real sockets. */

import fc from "../fast_check.ts";
import * as toBroker from "../broker/hostile.ts";
import * as toWorker from "../worker/hostile.ts";
import { besiegeByHand, besiegeCommand } from "../hostile/siege.ts";
import { besiegeBorrower, besiegeOrigin, besiegeWorkers } from "../hostile/siege_of_workers.ts";
import { inWords, MemoryWatch } from "./memory.ts";
import type { Context } from "./round.ts";

/** Messages said to state machines by whoever says anything: some 40 to each. */
const MESSAGES = 1_000_000;
const TO_EACH = 40;
/** Machines of each kind that get theirs before another seed. */
const RUNS = 500;
/** Messages over real sockets, of each kind of siege. */
const OVER_SOCKETS = 20_000;
const STRANGERS = 500;

/** Whatever can be said, said to brokers and workers. */
export async function hostileRound(context: Context): Promise<number> {
  return await toMachines(context) + await overSockets(context);
}

async function toMachines({ goesOn, seed }: Context): Promise<number> {
  let said = 0;
  for (let at = seed; said < MESSAGES && goesOn(); at++) {
    try {
      fc.assert(fc.property(toBroker.hostilities, toBroker.endure), { numRuns: RUNS, seed: at });
      fc.assert(fc.property(toWorker.hostilities, toWorker.endure), { numRuns: RUNS, seed: at });
    } catch (error) {
      console.log(`hostile, again with --only hostile --seed ${at}: ${(error as Error).message}`);
      console.log((error as Error).cause);
      return 1;
    }
    said += 2 * RUNS * TO_EACH;
    await Promise.resolve();
  }
  const { heapUsed } = Deno.memoryUsage();
  console.log(`hostile: ${said} messages to machines, heap of ${heapUsed >> 20} MiB`);
  return 0;
}

async function overSockets({ goesOn, seed }: Context): Promise<number> {
  const count = OVER_SOCKETS;
  const sieges: Record<string, () => Promise<unknown>> = {};
  for (const takes of [false, true]) {
    const how = takes ? "that take tasks" : "that take none";
    const siege = { count, strangers: STRANGERS, seed, takes };
    sieges[`peers ${how}, the command`] = () =>
      watched((watch) => besiegeCommand({ ...siege, watch }));
    sieges[`peers ${how}, by hand`] = () => watched((watch) => besiegeByHand({ ...siege, watch }));
  }
  sieges["the broker of workers"] = () => besiegeWorkers({ count, seed });
  sieges["the broker of an origin"] = () => besiegeOrigin({ count, seed });
  sieges["a broker of the federation"] = () => besiegeBorrower({ count, seed });
  let failures = 0;
  for (const [what, siege] of Object.entries(sieges)) {
    if (!goesOn()) return failures;
    try {
      await siege();
      console.log(`hostile: ${what}, ${count} messages over sockets`);
    } catch (error) {
      failures++;
      const again = `again with --only hostile --seed ${seed}`;
      console.log(`hostile: ${what}, ${again}: ${(error as Error).stack}`);
    }
  }
  return failures;
}

/** Sees to it that nobody grows meanwhile. */
async function watched(
  use: (
    watch: (run: { processes(): Iterable<{ pid: number; name: string }> }) => Disposable,
  ) => Promise<void>,
): Promise<void> {
  let memory: MemoryWatch | undefined;
  await use((run) => memory = new MemoryWatch(() => run.processes()));
  for (const { name, trend } of memory?.trends() ?? []) {
    console.log(`${name}: ${inWords(trend)}`);
    if (trend.grows) throw new Error(`${name} grows: ${inWords(trend)}`);
  }
}
