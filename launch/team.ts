/**
 * A broker in this process and workers beside it, for a program that owns them.
 *
 * @module
 */

import { getLogger } from "../telemetry/logging.ts";
import type { LateBroker } from "../worker/network_options.ts";
import { startFirstBroker } from "./brokers.ts";
import { createCrew } from "./crew.ts";
import { parseArguments } from "./options.ts";
import { placeHere } from "./place.ts";
import { makePlan } from "./plan.ts";
import { endAll } from "./process.ts";
import type { RunningProcess } from "./process.ts";
import { startReaper } from "./reaper.ts";
import { prepare } from "./setup.ts";
import { createStarter } from "./starter.ts";

/** See the module's text. */
export interface Team {
  readonly broker: LateBroker;
  /** True when the broker has ended the run by itself. */
  readonly over: boolean;
  /** Ends the workers and the broker. */
  end(): Promise<void>;
}

/** Milliseconds that workers have to leave by themselves, and after SIGTERM. */
const LEAVE = 1000;
const TERMINATE = 500;

/**
 * Starts workers for this program.
 *
 * @param flags of the command
 * @throws {Error} when they cannot be started; the message says why
 */
export async function startTeam(workers: number, flags: readonly string[]): Promise<Team> {
  const request = parseArguments([...flags, "-n", String(workers), "--", Deno.mainModule]);
  if (request.kind !== "run") throw new Error("an Executor has no use for --help and --version");
  const setup = await prepare(request.options);
  const log = getLogger("launch");
  const host = "127.0.0.1";
  // The owner is the run's origin, and executes nothing.
  const plan = makePlan([{ host, workers: workers + 1 }]);
  const key = crypto.getRandomValues(new Uint8Array(16)).toHex();
  let over = false;
  const crew = createCrew({
    start: (name): RunningProcess => start(name),
    onLost: (name, reason) => broker.workerExited(name, reason),
    log,
  });
  const facts = {
    plan: { ...plan, size: workers },
    key,
    keys: undefined,
    events: {
      onWorkerLost: (name: string, reason: string) => crew.giveUp(name, reason, 1000),
      onWorkerStuck: (name: string, reason: string) => crew.giveUp(name, reason, 0),
      onEnd() {
        over = true;
        crew.dismiss();
      },
    },
  };
  const broker = await startFirstBroker(setup, facts);
  const reaper = startReaper();
  const places = [placeHere(setup, host, reaper)];
  const start = createStarter({ setup, plan, places, brokers: [broker], facts });
  // One after the other: were this process killed meanwhile, the reaper would know of all but one.
  for (const { name } of plan.processes.slice(1)) {
    crew.begin([name]);
    await reaper.told();
  }
  return {
    broker: { brokerAddress: broker.addresses.task, metaAddress: broker.addresses.meta, key },
    get over() {
      return over;
    },
    async end() {
      crew.dismiss();
      const living = crew.living();
      const printing = crew.everyone().map((process) => process.drained);
      await broker.close("the executor was shut down");
      await endAll(living, LEAVE, TERMINATE);
      await Promise.all(printing);
      await reaper.close();
    },
  };
}
