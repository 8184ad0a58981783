/** Where the last broker was. */

import assert from "node:assert/strict";
import { tellNoneLeft } from "../../broker/none_left.ts";
import { makeRunKeys } from "../../wire/keys.ts";
import { PROTOCOL, readMessage, writeMessage } from "../../wire/messages.ts";
import type { Message } from "../../wire/messages.ts";
import { DealerSocket, loadSockets, RouterSocket } from "../../wire/socket.ts";

const HELLO: Message = {
  ...{ type: "hello", protocol: PROTOCOL, name: "w", origin: true, key: "k", pid: 1, host: "h" },
  ...{ session: "s+1", received: 0 },
};

for (const keyed of [false, true]) {
  Deno.test(`none left: whoever says hello is told, ${keyed ? "with" : "without"} keys`, async () => {
    await loadSockets();
    const keys = keyed ? await makeRunKeys() : undefined;
    // A port that was another's, as the lost broker's was.
    const broker = new RouterSocket({ onMessage() {} });
    const address = await broker.bind("tcp://127.0.0.1:*");
    await broker.close();
    const end = await tellNoneLeft(address, keys);
    const heard = Promise.withResolvers<Message>();
    const worker = new DealerSocket({
      identity: "w#1",
      ...keys && { curve: keys.worker.curve },
      onMessage: (frames) => heard.resolve(readMessage(frames).message),
    });
    worker.connect(address);
    // To nothing else there is an answer.
    worker.send(writeMessage({ type: "probe", number: 1 }, 0));
    worker.send([new Uint8Array([0xc1])]);
    worker.send(writeMessage(HELLO, 0));
    assert.deepEqual(await heard.promise, { type: "noneLeft", session: "s+1" });
    await worker.close();
    await end();
  });
}

Deno.test("none left: an address that is taken is an error, and nothing is left open", async () => {
  await loadSockets();
  const broker = new RouterSocket({ onMessage() {} });
  const address = await broker.bind("tcp://127.0.0.1:*");
  await assert.rejects(tellNoneLeft(address, undefined), /in use/i);
  await broker.close();
});
