/**
 * What becomes of connections: whose other end is killed, that are cut, or whose other end is
 * stopped for a while.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DealerSocket, RouterSocket } from "../../wire/socket.ts";
import { freeAddresses, pause, start, until } from "./programs.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

/** Listens, answers every message with its own, and prints its first byte. */
const ECHO = `
const router = new wire.RouterSocket({
  onMessage(identity, frames) {
    console.log(frames[0][0]);
    router.send(identity, frames);
  },
});
await router.bind(address);
`;

/** The numbers that a program has printed when it is killed. */
async function killed(process: Deno.ChildProcess): Promise<number[]> {
  process.kill("SIGKILL");
  const { stdout } = await process.output();
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean).map(Number);
}

for (const [kind, address] of Object.entries(await freeAddresses())) {
  Deno.test(`${kind}: a killed listener is missed at once, and the next one found`, async () => {
    let gone = 0;
    const received: number[] = [];
    const socket = new DealerSocket({
      identity: "a",
      onMessage: ([frame]) => received.push(frame![0]!),
      onGone: () => gone++,
    });
    socket.connect(address);
    const first = await start(ECHO, address);
    socket.send([bytes(1)]);
    await until("it answers", () => received.length === 1);
    assert.equal(gone, 0);
    assert.deepEqual(await killed(first), [1]);
    await until("it was missed", () => gone === 1);
    socket.send([bytes(2)]);
    await pause(100);
    socket.send([bytes(3)]);
    const second = await start(ECHO, address);
    await until("what waited is answered", () => received.length === 3);
    socket.send([bytes(4)]);
    await until("what came later is answered", () => received.length === 4);
    assert.deepEqual(received, [1, 2, 3, 4]);
    assert.equal(gone, 1);
    assert.deepEqual(await killed(second), [2, 3, 4]);
    await socket.close();
  });

  Deno.test(`${kind}: a process that is stopped for a while keeps its connection`, async () => {
    const gone: string[] = [];
    let answered = 0;
    const router = new RouterSocket({
      onMessage: () => answered++,
      onGone: (identity) => gone.push(identity),
    });
    await router.bind(address);
    const process = await start(
      `const dealer = new wire.DealerSocket({
        identity: "stopped",
        onMessage: (frames) => dealer.send([frames[0].subarray(0, 1)]),
        onGone: () => console.log("gone"),
      });
      dealer.connect(address);
      dealer.send([new Uint8Array(1)]);`,
      address,
    );
    try {
      await until("it is there", () => answered === 1);
      process.kill("SIGSTOP");
      for (let i = 0; i < 50; i++) router.send("stopped", [new Uint8Array(1_000_000)]);
      // The limits of a link to another host would have cut it off after four seconds.
      await pause(6000);
      assert.equal(await router.reach("stopped", [bytes(1)]), true);
      process.kill("SIGCONT");
      await until("it has answered all", () => answered === 52);
      assert.deepEqual(gone, []);
    } finally {
      assert.deepEqual(await killed(process), []);
      await router.close();
    }
  });
}

/** Has the kernel cut a connection, where it does so and there is a program to ask it. */
async function cut(address: string): Promise<boolean> {
  const port = address.slice(address.lastIndexOf(":") + 1);
  try {
    const command = new Deno.Command("ss", {
      args: ["-K", "dst", "127.0.0.1", "dport", "=", port],
    });
    const { success, stdout } = await command.output();
    return success && new TextDecoder().decode(stdout).includes(`:${port}`);
  } catch {
    return false;
  }
}

Deno.test("a connection that is cut comes back, and both sides know", async () => {
  let dealerGone = 0, routerGone = 0;
  const atDealer: number[] = [], atRouter: number[] = [];
  const router = new RouterSocket({
    onMessage: (_identity, [frame]) => atRouter.push(frame![0]!),
    onGone: () => routerGone++,
  });
  const address = await router.bind("tcp://127.0.0.1:*");
  const socket = new DealerSocket({
    identity: "a",
    onMessage: ([frame]) => atDealer.push(frame![0]!),
    onGone: () => dealerGone++,
  });
  socket.connect(address);
  socket.send([bytes(1)]);
  await until("it is there", () => atRouter.length === 1);
  if (await cut(address)) {
    await until("both know", () => dealerGone > 0 && routerGone > 0);
    await until("it is back", () => router.reach("a", [bytes(2)]));
    socket.send([bytes(3)]);
    await until("both hear again", () => atDealer.includes(2) && atRouter.includes(3));
    assert.deepEqual([dealerGone, routerGone], [1, 1]);
  } else console.log("this system does not cut connections");
  await Promise.all([socket.close(), router.close()]);
});
