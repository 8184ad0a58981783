/**
 * A broker between an origin and workers that only answer: how many bundles pass through it.
 *
 * Arguments: the workload, and the module to start instead of the broker, if any.
 *
 * @module
 */

import { processorSeconds } from "../process_figures.ts";
import { startBrokerProcess } from "./broker_process.ts";
import { answer, readWorkload } from "./report.ts";
import { connectWorker } from "./simulated.ts";
import { connectOrigin } from "./simulated_origin.ts";

/** Bundles that the origin has under way: enough that no worker ever waits for it. */
const UNDER_WAY = 256;

if (import.meta.main) {
  const { workers, bundles } = readWorkload("dispatch");
  const module = Deno.args[1];
  const broker = startBrokerProcess(module ? { module: new URL(module) } : {});
  const { client: origin, sendAll } = connectOrigin(broker.taskAddress, UNDER_WAY + 32 * workers);
  const clients = [origin];
  for (let i = 1; i <= workers; i++) clients.push(connectWorker(broker.taskAddress, `worker-${i}`));
  await Promise.all(clients.map((client) => client.welcome));
  await sendAll(Math.ceil(bundles / 5));
  const before = await processorSeconds(broker.pid);
  const { right, seconds } = await sendAll(bundles);
  const brokerSeconds = await processorSeconds(broker.pid) - before;
  for (const client of clients.reverse()) client.leave();
  await broker.ended();
  await Promise.all(clients.map((client) => client.close()));
  answer({ right, seconds, brokerSeconds });
}
