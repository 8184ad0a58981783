/**
 * What sockets take at once, from strangers and from each other.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { LIMITS } from "../../wire/limits.ts";
import {
  DealerSocket,
  drainSockets,
  MetaPublisher,
  MetaSubscriber,
  RouterSocket,
} from "../../wire/socket.ts";
import { freeAddresses, pause, start, until } from "./programs.ts";

const ANYWHERE = "tcp://127.0.0.1:*";
const bytes = (...values: number[]) => Uint8Array.from(values);

function hold(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

for (const [kind, address] of Object.entries(await freeAddresses())) {
  Deno.test(`${kind}: frames of any size arrive whole, both ways`, async () => {
    const router: RouterSocket = new RouterSocket({
      onMessage: (identity, frames) => router.send(identity, frames),
    });
    await router.bind(address);
    const received: Uint8Array[][] = [];
    const socket = new DealerSocket({
      identity: "a",
      onMessage: (frames) => received.push(frames),
    });
    socket.connect(address);
    const large = new Uint8Array(2 * LIMITS.frameBytes + 7).map((_, i) => i * 7);
    const exact = new Uint8Array(LIMITS.frameBytes).fill(5);
    const sent = [[bytes(1), large, bytes(), exact], [bytes(0xc1, 0x91, 1)], [bytes(0xc1)]];
    for (const frames of sent) socket.send(frames);
    await until("all came back", () => received.length === sent.length);
    for (const [i, frames] of sent.entries()) {
      assert.equal(received[i]!.length, frames.length);
      // Not deepEqual, which takes minutes for so many bytes.
      frames.forEach((frame, j) => assert.equal(Buffer.compare(frame, received[i]![j]!), 0));
    }
    await Promise.all([socket.close(), router.close()]);
  });
}

Deno.test("who claims a frame that is too large is cut off before it has sent it", async () => {
  const received: number[] = [];
  const gone: string[] = [];
  const router = new RouterSocket({
    onMessage: (_identity, [frame]) => received.push(frame!.length),
    onGone: (identity) => gone.push(identity),
  });
  const address = await router.bind(ANYWHERE);
  using stranger = await Deno.connect({ port: Number(address.split(":").at(-1)) });
  const greeting = new Uint8Array(64);
  greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]);
  greeting.set(new TextEncoder().encode("NULL"), 12);
  const property = [11, ...new TextEncoder().encode("Socket-Type"), 0, 0, 0, 6];
  const ready = [5, ...new TextEncoder().encode("READY"), ...property];
  const command = [...ready, ...new TextEncoder().encode("DEALER")];
  await stranger.write(bytes(...greeting, 4, command.length, ...command));
  // Its greeting, and that it is ready.
  const answer = new Uint8Array(1000);
  for (let read = 0; read < 70;) read += (await stranger.read(answer))!;
  await stranger.write(bytes(0, 3, 1, 2, 3));
  await until("it came in", () => received.length === 1);
  assert.deepEqual(received, [3]);
  const header = new DataView(new ArrayBuffer(9));
  header.setUint8(0, 2);
  header.setBigUint64(1, BigInt(LIMITS.frameBytes + 1));
  await stranger.write(new Uint8Array(header.buffer));
  await until("it was cut off", () => gone.length === 1);
  await router.close();
});

Deno.test("what has arrived is delivered to a process that only computes", async () => {
  const order: number[] = [];
  const router = new RouterSocket({
    onMessage: (_identity, [frame]) => order.push(frame![0]! * 256 + frame![1]!),
  });
  const socket = new DealerSocket({ identity: "a", onMessage() {} });
  socket.connect(await router.bind(ANYWHERE));
  socket.send([bytes(0, 0)]);
  await until("it is there", () => order.length === 1);
  for (let i = 1; i < 100; i++) socket.send([bytes(0, i)]);
  hold(200);
  assert.equal(order.length, 1);
  await drainSockets();
  assert.ok(order.length > 1, "a turn was taken");
  // A turn may end before all are taken, where the processor was given to others meanwhile.
  for (let i = 0; i < 100 && order.length < 100; i++) await drainSockets();
  assert.equal(order.length, 100);

  for (let i = 100; i < 20_000; i++) {
    socket.send([bytes(i >> 8, i & 255)]);
    if (i % 50 === 0) void drainSockets();
    if (i % 5000 === 0) await Promise.all([drainSockets(), pause(1), drainSockets()]);
  }
  await until("all arrived", async () => {
    await drainSockets();
    return order.length === 20_000;
  });
  assert.ok(order.every((value, i) => value === i));
  await Promise.all([socket.close(), router.close()]);
  await drainSockets();
});

Deno.test("of the messages of a topic that wait together, only the last is delivered", async () => {
  const subscribed: string[] = [];
  const publisher = new MetaPublisher({
    topics: ["load", "shutdown"],
    onSubscribe: (topic) => subscribed.push(topic),
  });
  const received: string[] = [];
  const subscriber = new MetaSubscriber({
    topics: ["load", "shutdown"],
    latestOnly: ["load"],
    onMessage: (topic, [frame]) => received.push(topic + frame![0]),
  });
  subscriber.connect(await publisher.bind(ANYWHERE));
  await until("it has subscribed", () => subscribed.length === 2);
  for (let i = 0; i < 50; i++) publisher.publish("load", [bytes(i)]);
  for (let i = 50; i < 60; i++) publisher.publish("shutdown", [bytes(i)]);
  publisher.publish("load", [bytes(60)]);
  // All of them are to have come when somebody looks, on a busy machine as well.
  hold(1_500);
  try {
    await until("the last arrived", () => received.includes("load60"));
    const all = Array.from({ length: 10 }, (_, i) => `shutdown${50 + i}`);
    assert.deepEqual(received, ["load49", ...all, "load60"]);
  } finally {
    await Promise.all([subscriber.close(), publisher.close()]);
  }
});

/** Subscribes to a hundred thousand topics, over one connection, and prints when it has. */
const FLOOD = `
for (let round = 0; round < 100; round++) {
  const topics = Array.from({ length: 1000 }, () => crypto.randomUUID().repeat(6));
  const socket = globalThis.subscriber ??= new wire.MetaSubscriber({ topics: [], onMessage() {} });
  if (round === 0) socket.connect(address);
  for (const topic of topics) socket.post([topic]);
  await pause(1);
}
console.log("sent");
`;

Deno.test("a flood of subscriptions costs no memory, and keeps nobody from being answered", async () => {
  const publisher = new MetaPublisher({ topics: ["load"] });
  const router: RouterSocket = new RouterSocket({
    onMessage: (identity, frames) => router.send(identity, frames),
  });
  const metaAddress = await publisher.bind(ANYWHERE);
  let sentAt = 0;
  let worst = 0;
  const socket = new DealerSocket({
    identity: "a",
    onMessage() {
      worst = Math.max(worst, performance.now() - sentAt);
      sentAt = 0;
    },
  });
  socket.connect(await router.bind(ANYWHERE));
  const heard: number[] = [];
  const subscriber = new MetaSubscriber({
    topics: ["load"],
    onMessage: (_topic, [frame]) => heard.push(frame![0]!),
  });
  subscriber.connect(metaAddress);
  const before = Deno.memoryUsage().rss;
  const process = await start(FLOOD, metaAddress);
  try {
    await until("all have been looked at", async () => {
      if (sentAt === 0) {
        sentAt = performance.now();
        socket.send([bytes(1)]);
      }
      await pause(1);
      return publisher.ignored === 100_000;
    });
    publisher.publish("load", [bytes(7)]);
    await until("subscribers hear", () => heard.length > 0);
    const grown = (Deno.memoryUsage().rss - before) / 1e6;
    console.log(`${grown.toFixed(0)} MB more, the slowest answer took ${worst.toFixed(0)} ms`);
    // What they are is twenty megabytes; an XPUB makes over a gigabyte and eight seconds of them.
    assert.ok(grown < 150, `${grown} MB`);
    assert.ok(worst < 2000, `${worst} ms`);
  } finally {
    process.kill("SIGKILL");
    await process.output();
    await Promise.all([publisher.close(), router.close(), socket.close(), subscriber.close()]);
  }
});
