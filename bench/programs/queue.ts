/**
 * A broker with many tasks queued and nobody to execute them: the memory it takes.
 *
 * @module
 */

import { encodeEach } from "../../wire/codec.ts";
import { readMessage } from "../../wire/messages.ts";
import { MetaSubscriber } from "../../wire/socket.ts";
import { residentBytes } from "../process_figures.ts";
import { startBrokerProcess } from "./broker_process.ts";
import { answer, numbers, readWorkload } from "./report.ts";
import { bundleMessage, connect } from "./simulated.ts";

/** Bundles that may be under way to the broker. */
const UNDER_WAY = 2_000;
/** Milliseconds that the broker has to come to rest. */
const REST = 1_000;

if (import.meta.main) {
  const { tasks, perBundle } = readWorkload("queue");
  const bundles = Math.ceil(tasks / perBundle);
  const broker = startBrokerProcess();
  const origin = connect(broker.taskAddress, "origin", true, () => {});
  const allQueued = Promise.withResolvers<void>();
  const meta = new MetaSubscriber({
    topics: ["load"],
    onMessage(_topic, frames) {
      const { message } = readMessage(frames);
      if (message.type === "load" && message.queued === bundles) allQueued.resolve();
    },
  });
  meta.connect(broker.metaAddress);
  await origin.welcome;
  const before = await residentBytes(broker.pid);
  for (let sent = 0; sent < bundles; sent++) {
    const inputs = numbers(perBundle).map((i) => [sent * perBundle + i]);
    origin.say(bundleMessage("origin", sent, perBundle, encodeEach(inputs)));
    await origin.untilRead(UNDER_WAY);
  }
  await allQueued.promise;
  await new Promise((resolve) => setTimeout(resolve, REST));
  const bytes = await residentBytes(broker.pid);
  origin.leave();
  await broker.ended();
  await Promise.all([origin.close(), meta.close()]);
  const empty = Math.round(before / 1e6);
  answer({ right: true, bytes, note: `an idle broker has ${empty} MB` });
}
