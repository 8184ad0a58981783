/**
 * Several brokers, one origin at the first of them, and workers at all that only answer: what the
 * brokers do for a bundle, those together that lend and those that borrow.
 *
 * @module
 */

import { processorSeconds } from "../process_figures.ts";
import { type BrokerProcess, freePlaces, startBrokerProcess } from "./broker_process.ts";
import { answer, readWorkload } from "./report.ts";
import { connectWorker } from "./simulated.ts";
import { connectOrigin } from "./simulated_origin.ts";

/** Bundles that the origin has under way for each worker. */
const UNDER_WAY = 40;

/** Brokers that know of each other. */
function startBrokers(count: number): BrokerProcess[] {
  const places = freePlaces(count);
  return places.map((place, i) => {
    const others = places.filter((other) => other !== place);
    const peers = others.length === 0 ? [] : [
      ...["--peers", others.map(({ task }) => task).join()],
      ...["--meta-peers", others.map(({ meta }) => meta).join()],
    ];
    return startBrokerProcess({ place, args: ["--name", `broker-${i + 1}`, ...peers] });
  });
}

async function processorOf(brokers: readonly BrokerProcess[]): Promise<number> {
  const all = await Promise.all(brokers.map(({ pid }) => processorSeconds(pid)));
  return all.reduce((a, b) => a + b);
}

if (import.meta.main) {
  const { brokers: count, workers, bundles } = readWorkload("federation");
  const brokers = startBrokers(count);
  const { client: origin, sendAll } = connectOrigin(brokers[0]!.taskAddress, UNDER_WAY * workers);
  await origin.welcome;
  let away = 0;
  const clients = Array.from({ length: workers }, (_, i) => {
    const home = i % count;
    const onBundle = home === 0 ? undefined : () => away++;
    return connectWorker(brokers[home]!.taskAddress, `worker-${i + 1}`, onBundle);
  });
  await Promise.all(clients.map((client) => client.welcome));
  await sendAll(Math.ceil(bundles / 2));
  away = 0;
  const before = await processorOf(brokers);
  const { right, seconds } = await sendAll(bundles);
  const brokerSeconds = await processorOf(brokers) - before;
  for (const client of [...clients, origin]) client.leave();
  await Promise.all(brokers.map((broker) => broker.ended()));
  await Promise.all([...clients, origin].map((client) => client.close()));
  const note = `${(100 * away / bundles).toFixed(0)} % of the bundles were lent`;
  answer({ right, seconds, brokerSeconds, note });
}
