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

/** Bundles sent without a sign that the broker has read the last ones. */
const BATCH = 2_000;
/** Milliseconds that the broker has to come to rest. */
const REST = 1_000;

if (import.meta.main) {
  const { tasks, perBundle } = readWorkload("queue");
  const bundles = Math.ceil(tasks / perBundle);
  const broker = startBrokerProcess();
  let read = () => {};
  const origin = connect(broker.taskAddress, "origin", true, ({ type }) => {
    if (type === "pong") read();
  });
  const allQueued = Promise.withResolvers<void>();
  const meta = new MetaSubscriber({
    topics: ["load"],
    onMessage(_topic, frames) {
      const message = readMessage(frames);
      if (message.type === "load" && message.queued === bundles) allQueued.resolve();
    },
  });
  meta.connect(broker.metaAddress);
  await origin.welcome;
  const before = await residentBytes(broker.pid);
  for (let sent = 0; sent < bundles;) {
    const { promise, resolve } = Promise.withResolvers<void>();
    read = resolve;
    for (const end = Math.min(bundles, sent + BATCH); sent < end; sent++) {
      const inputs = numbers(perBundle).map((i) => [sent * perBundle + i]);
      origin.send(bundleMessage("origin", sent, perBundle, encodeEach(inputs)));
    }
    // Messages of one sender stay in order, so the answer comes when the bundles have been read.
    origin.send({ type: "ping" });
    await promise;
  }
  await allQueued.promise;
  await new Promise((resolve) => setTimeout(resolve, REST));
  const bytes = await residentBytes(broker.pid);
  origin.send({ type: "goodbye" });
  await broker.ended();
  await Promise.all([origin.close(), meta.close()]);
  const empty = Math.round(before / 1e6);
  answer({ right: true, bytes, note: `an idle broker has ${empty} MB` });
}
