/** A broker with its sockets, and somebody who speaks to it by hand. */

import assert from "node:assert/strict";
import { startBroker } from "../../broker/broker.ts";
import { readSettings } from "../../broker/settings.ts";
import { encodeEach } from "../../wire/codec.ts";
import { LIMITS } from "../../wire/limits.ts";
import { readMessage, writeMessage } from "../../wire/messages.ts";
import type { Message } from "../../wire/messages.ts";
import { Session } from "../../wire/session.ts";
import { DealerSocket } from "../../wire/socket.ts";
import { until } from "../launch/processes.ts";
import { functionTally, tally } from "../telemetry/tallies.ts";
import { bundle, credit, hello, result } from "./messages.ts";

/** A worker's connection, whose owner says everything itself. */
function connect(address: string, name: string) {
  const session = new Session(`session of ${name}`);
  const waiting: Message[] = [];
  let look = () => {};
  const socket = new DealerSocket({
    identity: name,
    onMessage(frames) {
      const numbered = readMessage(frames);
      if (session.arrive(numbered) === "new") waiting.push(numbered.message);
      look();
    },
  });
  socket.connect(address);
  const say = (message: Message) => socket.send(writeMessage(message, session.number(message)));
  say(hello(name));
  return {
    say,
    /** The next message of a type. */
    async hear<Type extends Message["type"]>(type: Type): Promise<Message & { type: Type }> {
      while (true) {
        const at = waiting.findIndex((message) => message.type === type);
        if (at >= 0) return waiting.splice(at, 1)[0] as Message & { type: Type };
        await new Promise<void>((resolve) => look = resolve);
      }
    },
    close: () => socket.close(),
  };
}

for (const kind of ["tcp", "ipc"]) {
  Deno.test(`broker: a task there and its outcome back, over ${kind}`, async () => {
    const folder = await Deno.makeTempDir();
    const [task, meta] = kind === "tcp"
      ? ["tcp://127.0.0.1:*", "tcp://127.0.0.1:*"]
      : [`ipc://${folder}/task`, `ipc://${folder}/task-meta`];
    const ended = Promise.withResolvers<string>();
    const broker = await startBroker({
      ...{ name: "broker", taskAddress: task, metaAddress: meta, size: 2 },
      onEnd: ended.resolve,
    });
    const origin = connect(broker.taskAddress, "origin");
    const worker = connect(broker.taskAddress, "a");
    try {
      assert.equal((await worker.hear("welcome")).broker, "broker");
      worker.say(credit(1));
      origin.say(bundle(1, { count: 2 }));
      assert.equal((await worker.hear("bundle")).bundle.count, 2);
      worker.say(result(1, 0, 2));
      assert.equal((await origin.hear("result")).result.count, 2);
      // Signs of life come by themselves, and say what has come.
      assert.equal((await origin.hear("sync")).received, 1);
      origin.say({ type: "goodbye" });
      assert.equal(await ended.promise, "the program ended");
    } finally {
      await Promise.all([origin.close(), worker.close()]);
      await broker.close("over");
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("broker: a worker whose connection is closed is lost after its grace", async () => {
  const lost = Promise.withResolvers<string>();
  const broker = await startBroker({
    ...{ name: "broker", taskAddress: "tcp://127.0.0.1:*", metaAddress: "tcp://127.0.0.1:*" },
    size: 2,
    onWorkerLost: (name, reason) => lost.resolve(`${name}: ${reason}`),
  });
  const worker = connect(broker.taskAddress, "a");
  try {
    await worker.hear("welcome");
    assert.equal(broker.workers, 0, "it may be importing the program");
    worker.say({ type: "credit", bundles: 1, ahead: 0, idle: true });
    await until(() => broker.workers === 1);
    await worker.close();
    assert.equal(await lost.promise, "a: its connection broke");
    assert.equal(broker.workers, 0);
  } finally {
    await broker.close("over");
  }
});

Deno.test("broker: what workers have done is heard to the end, and not waited for without end", async () => {
  const done: number[] = [];
  const lines: string[] = [];
  const broker = await startBroker({
    ...{ name: "broker", taskAddress: "tcp://127.0.0.1:*", metaAddress: "tcp://127.0.0.1:*" },
    ...{ size: 3, watched: true },
    onEvent(event) {
      if (event.kind !== "tally") return;
      for (const { ran } of event.tally.functions) done.push(ran);
    },
    onWorkerLost: (name) => lines.push(name),
  });
  const [quick, stuck] = ["quick", "stuck"].map((name) => connect(broker.taskAddress, name));
  await Promise.all([quick!.hear("welcome"), stuck!.hear("welcome")]);
  const began = performance.now();
  const closed = broker.close("over");
  await quick!.hear("shutdown");
  const functions = [functionTally({ ran: 7 })];
  quick!.say({ type: "tally", payload: encodeEach([tally({ functions })]) });
  quick!.say({ type: "goodbye" });
  await closed;
  assert.deepEqual([done, lines], [[7], []]);
  assert.ok(performance.now() - began < 20 * LIMITS.lastWordsMs, "one says nothing");
  await Promise.all([quick!.close(), stuck!.close()]);
});

Deno.test("broker: settings by hand know sockets with paths, and replacements", () => {
  const settings = readSettings(
    ["--address", "ipc:///run/scoop/task", "--peers", "ipc:///run/scoop/other", "--replaces"],
    () => undefined,
  );
  assert(typeof settings === "object");
  assert.equal(settings.metaAddress, "ipc:///run/scoop/task-meta");
  assert.deepEqual(settings.peers, [
    { task: "ipc:///run/scoop/other", meta: "ipc:///run/scoop/other-meta" },
  ]);
  assert.equal(settings.replaces, true);
});
