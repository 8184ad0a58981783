/**
 * A broker between an origin and workers that only answer: how many bundles pass through it.
 *
 * Arguments: the workload, and the module to start instead of the broker, if any.
 *
 * @module
 */

import { decodeEach, encodeEach } from "../../wire/codec.ts";
import type { ResultMessage } from "../../wire/messages.ts";
import { processorSeconds } from "../process_figures.ts";
import { startBrokerProcess } from "./broker_process.ts";
import { answer, readWorkload } from "./report.ts";
import { bundleMessage, type Client, connect, connectWorker } from "./simulated.ts";

/** Bundles that the origin has under way: enough that no worker ever waits for it. */
const UNDER_WAY = 256;

/** Sends so many bundles, and waits for all results. */
type SendAll = (bundles: number) => Promise<{ right: boolean; seconds: number }>;

/** An origin, and what makes it send. */
function connectOrigin(address: string, underWay: number): { client: Client; sendAll: SendAll } {
  let onResult: (message: ResultMessage) => void = () => {};
  const client = connect(address, "origin", true, (message) => {
    if (message.type === "result") onResult(message);
  });
  const sendAll: SendAll = (bundles) => {
    const start = performance.now();
    const { promise, resolve } = Promise.withResolvers<{ right: boolean; seconds: number }>();
    const seen = new Uint8Array(bundles);
    let sent = 0;
    let back = 0;
    let right = true;
    const send = () => {
      client.say(bundleMessage("origin", sent, 1, encodeEach([[sent]])));
      sent++;
    };
    onResult = ({ result: { id }, payload }) => {
      const [[value]] = decodeEach(payload.body) as [[number]];
      right &&= value === id && seen[id]!++ === 0;
      if (sent < bundles) send();
      if (++back === bundles) resolve({ right, seconds: (performance.now() - start) / 1000 });
    };
    while (sent < Math.min(underWay, bundles)) send();
    return promise;
  };
  return { client, sendAll };
}

if (import.meta.main) {
  const { workers, bundles } = readWorkload("dispatch");
  const module = Deno.args[1];
  const broker = startBrokerProcess(module ? new URL(module) : undefined);
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
