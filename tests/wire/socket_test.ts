import assert from "node:assert/strict";
import { admitPeers } from "../../wire/admission.ts";
import {
  curveKeyPair,
  DealerSocket,
  type Frames,
  MetaPublisher,
  MetaSubscriber,
  RouterSocket,
} from "../../wire/socket.ts";

const ANYWHERE = "tcp://127.0.0.1:*";

/** Resolves when the condition holds; fails after ten seconds. */
async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    assert.ok(performance.now() < end, `waited in vain until ${what}`);
    await pause(5);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const bytes = (...values: number[]) => Uint8Array.from(values);
const utf8 = (text: string) => new TextEncoder().encode(text);
const asText = (frames: Frames) => frames.map((frame) => new TextDecoder().decode(frame));

/** A router that answers everything with the same frames. */
async function echoRouter(options: Partial<ConstructorParameters<typeof RouterSocket>[0]> = {}) {
  const router: RouterSocket = new RouterSocket({
    onMessage: (identity, frames) => router.send(identity, frames),
    ...options,
  });
  return { router, address: await router.bind(ANYWHERE) };
}

/** A dealer and what it received. */
function dealer(
  identity: string,
  address: string,
  options: Partial<ConstructorParameters<typeof DealerSocket>[0]> = {},
) {
  const received: Frames[] = [];
  const socket = new DealerSocket({
    identity,
    onMessage: (frames) => received.push(frames),
    ...options,
  });
  socket.connect(address);
  return { socket, received };
}

Deno.test("what leaves together arrives one by one, in order, beside what is large", async () => {
  const { router, address } = await echoRouter();
  const errors: unknown[] = [];
  const { socket, received } = dealer("a", address, { onError: (error) => errors.push(error) });
  const { socket: other, received: others } = dealer("b", address);
  const sent = Array.from({ length: 600 }, (_, i) => {
    const length = i % 50 === 7 ? 100_000 : i % 9;
    return [bytes(i >> 8, i & 255), new Uint8Array(length).fill(i), bytes(0xc1, 0xc1, 1)];
  });
  // What looks like such a frame itself is taken for what it is.
  sent.push([bytes(0xc1, 0xc1, 1, 0, 0)], [bytes(0xc1)], [bytes()]);
  for (let at = 0; at < sent.length; at += 100) {
    socket.together(() => {
      for (const frames of sent.slice(at, at + 100)) socket.send(frames);
      socket.together(() => other.send([bytes(at / 100)]));
    });
  }
  await until("all came back", () => received.length === sent.length && others.length === 7);
  assert.deepEqual(received, sent);
  assert.deepEqual(others.map(([frame]) => frame![0]), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(errors, []);
  await Promise.all([socket.close(), other.close(), router.close()]);
});

Deno.test("a message of several that cannot be handled keeps no other from it", async () => {
  const errors: string[] = [];
  const received: number[] = [];
  const router = new RouterSocket({
    onMessage(_, [frame]) {
      if (frame![0]! % 3 === 0) throw new Error(`no ${frame![0]}`);
      received.push(frame![0]!);
    },
    onError: (error) => errors.push((error as Error).message),
  });
  const { socket } = dealer("a", await router.bind(ANYWHERE));
  socket.together(() => {
    for (let i = 0; i < 7; i++) socket.send([bytes(i)]);
  });
  await until("all came", () => received.length === 4);
  assert.deepEqual([received, errors], [[1, 2, 4, 5], ["no 0", "no 3", "no 6"]]);
  await Promise.all([socket.close(), router.close()]);
});

Deno.test("what is sent before a socket is closed leaves, together or not", async () => {
  const seen: number[] = [];
  const listener = new RouterSocket({ onMessage: (_, [frame]) => seen.push(frame![0]!) });
  const { socket: leaving } = dealer("a", await listener.bind(ANYWHERE));
  let closed: Promise<void> | undefined;
  leaving.together(() => {
    for (let i = 0; i < 5; i++) leaving.send([bytes(i)]);
    closed = leaving.close();
  });
  await closed;
  await until("all came", () => seen.length === 5);
  await listener.close();
});

Deno.test("messages of all sizes travel there and back, in order and unchanged", async () => {
  const { router, address } = await echoRouter();
  const { socket, received } = dealer("wörker 1", address);
  const whole = Uint8Array.from({ length: 1000 }, (_, i) => i);
  const large = Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 7);
  const sent = [
    [bytes(1, 2, 3)],
    [bytes(), bytes(), bytes(9)],
    [whole.subarray(2, 5), whole.subarray(100, 900)],
    [large, bytes(1)],
  ];
  for (const frames of sent) socket.send(frames);
  await until("all came back", () => received.length === sent.length);
  assert.deepEqual(received, sent);
  for (const frame of received.flat()) assert.equal(frame.constructor, Uint8Array);
  await Promise.all([socket.close(), router.close()]);
});

Deno.test("a flood of messages lets timers run, and keeps its order", async () => {
  const { router, address } = await echoRouter();
  const order: number[] = [];
  let ticks = 0;
  const { socket } = dealer("a", address, {
    onMessage: ([frame]) => order.push(new DataView(frame!.buffer, frame!.byteOffset).getUint32(0)),
  });
  const timer = setInterval(() => ticks++, 1);
  for (let i = 0; i < 20_000; i++) {
    const frame = new Uint8Array(4);
    new DataView(frame.buffer).setUint32(0, i);
    socket.send([frame]);
  }
  await until("all came back", () => order.length === 20_000);
  clearInterval(timer);
  assert.ok(order.every((value, i) => value === i));
  assert.ok(ticks > 3, `${ticks} ticks`);
  await Promise.all([socket.close(), router.close()]);
});

Deno.test("what is sent before anything listens arrives later", async () => {
  const probe = new RouterSocket({ onMessage() {} });
  const address = await probe.bind(ANYWHERE);
  await probe.close();
  const { socket, received } = dealer("early", address);
  socket.send([utf8("hello")]);
  await pause(50);
  const router = new RouterSocket({
    onMessage: (identity, frames) => router.send(identity, frames),
  });
  assert.equal(await router.bind(address), address);
  await until("it came back", () => received.length === 1);
  assert.deepEqual(asText(received[0]!), ["hello"]);
  await Promise.all([socket.close(), router.close()]);
});

Deno.test("an address that cannot be used is named in the error", async () => {
  const first = new RouterSocket({ onMessage() {} });
  const second = new RouterSocket({ onMessage() {} });
  const address = await first.bind(ANYWHERE);
  assert.match(address, /^tcp:\/\/127\.0\.0\.1:\d+$/);
  await assert.rejects(
    second.bind(address),
    (error: Error) => error.message.startsWith(`${address} is in use`),
  );
  await assert.rejects(
    second.bind("tcp://127.0.0.1:70000"),
    /tcp:\/\/127.0.0.1:70000 has a port over/,
  );
  await assert.rejects(second.bind("tcp://192.0.2.1:*"), /does not belong to this host/);
  await assert.rejects(second.bind("nonsense"), /nonsense is no address/);
  const third = new RouterSocket({ onMessage() {} });
  assert.match(await third.bind("tcp://*:*"), /^tcp:\/\/\*:\d+$/);
  const { socket } = dealer("a", address);
  assert.throws(() => socket.connect("nonsense"), /nonsense is no address/);
  await Promise.all([first.close(), second.close(), third.close(), socket.close()]);
  await assert.rejects(first.bind(ANYWHERE), /closed/);
});

Deno.test("a router knows which peers are there, and when one has gone", async () => {
  const gone: string[] = [];
  const { router, address } = await echoRouter({ onGone: (identity) => gone.push(identity) });
  router.send("nobody", [bytes(1)]);
  assert.equal(await router.reach("nobody", [bytes(1)]), false);
  const { socket, received } = dealer("a", address);
  await until("it is there", () => router.reach("a", [bytes(1)]));
  await until("it was sent to", () => received.length > 0);
  await socket.close();
  await until("it has gone", async () => !(await router.reach("a", [bytes(1)])));
  await until("it was told", () => gone.length > 0);
  assert.deepEqual(gone, ["a"]);
  await router.close();
  assert.equal(await router.reach("a", [bytes(1)]), false);
});

Deno.test("a dealer is told when its broker has gone, and finds the next one", async () => {
  let gone = 0;
  const first = await echoRouter();
  const { socket, received } = dealer("a", first.address, { onGone: () => gone++ });
  socket.send([bytes(1)]);
  await until("it came back", () => received.length === 1);
  await first.router.close();
  await until("it was told", () => gone === 1);
  const second = new RouterSocket({
    onMessage: (identity, frames) => second.send(identity, frames),
  });
  await second.bind(first.address);
  await until("the next one answers", () => {
    socket.send([bytes(2)]);
    return received.length > 1;
  });
  await Promise.all([socket.close(), second.close()]);
});

Deno.test("a new connection takes over an identity", async () => {
  const gone: string[] = [];
  const { router, address } = await echoRouter({ onGone: (identity) => gone.push(identity) });
  const first = dealer("same", address);
  await until("the first is there", () => router.reach("same", [bytes(1)]));
  const second = dealer("same", address);
  second.socket.send([bytes(2)]);
  await until("the second is answered", () => second.received.length === 1);
  await first.socket.close();
  await pause(50);
  assert.deepEqual(gone, []);
  assert.equal(await router.reach("same", [bytes(3)]), true);
  await Promise.all([second.socket.close(), router.close()]);
});

Deno.test("a callback that throws is reported, and receiving goes on", async () => {
  const errors: unknown[] = [];
  const { router, address } = await echoRouter({
    onMessage(identity, frames) {
      if (frames[0]![0] === 0) throw new Error("refused");
      router.send(identity, frames);
    },
    onError: (error) => errors.push(error),
  });
  const { socket, received } = dealer("a", address);
  for (const value of [0, 1, 0, 2]) socket.send([bytes(value)]);
  await until("the good ones came back", () => received.length === 2);
  assert.deepEqual(received, [[bytes(1)], [bytes(2)]]);
  assert.deepEqual(errors.map(String), ["Error: refused", "Error: refused"]);
  await Promise.all([socket.close(), router.close()]);
});

Deno.test("an oversized frame costs its sender the connection, and nobody else anything", async () => {
  const { router, address } = await echoRouter({ maxMessageSize: 1000 });
  const bad = dealer("bad", address);
  const good = dealer("good", address);
  bad.socket.send([new Uint8Array(5000)]);
  good.socket.send([new Uint8Array(1000)]);
  await until("the good one came back", () => good.received.length === 1);
  assert.equal(bad.received.length, 0);
  await Promise.all([bad.socket.close(), good.socket.close(), router.close()]);
});

Deno.test("after close nothing is called, and nothing is thrown", async () => {
  const { router, address } = await echoRouter();
  const { socket, received } = dealer("a", address);
  for (let i = 0; i < 1000; i++) socket.send([bytes(1)]);
  await until("some came back", () => received.length > 0);
  const closed = socket.close();
  const seen = received.length;
  assert.equal(socket.close(), closed);
  socket.send([bytes(1)]);
  await closed;
  await pause(20);
  assert.equal(received.length, seen);
  assert.equal(socket.closed, true);
  await Promise.all([router.close(), router.close()]);
  router.send("a", [bytes(1)]);
});

Deno.test("a socket that must not hold the process still gets its messages", async () => {
  const { router, address } = await echoRouter();
  router.holdProcess = false;
  const { socket, received } = dealer("a", address);
  socket.holdProcess = false;
  assert.equal(socket.isHolding, false);
  socket.send([bytes(1)]);
  await until("it came back", () => received.length === 1);
  socket.holdProcess = true;
  assert.equal(socket.isHolding, true);
  socket.send([bytes(2)]);
  await until("it came back", () => received.length === 2);
  await Promise.all([socket.close(), router.close()]);
  assert.equal(socket.isHolding, false);
});

Deno.test("subscribers get their topics, again after the publisher came back", async () => {
  const subscriptions: string[] = [];
  const options = {
    topics: ["load", "other", "shutdown"],
    onSubscribe: (topic: string) => subscriptions.push(topic),
  };
  let publisher = new MetaPublisher(options);
  const address = await publisher.bind(ANYWHERE);
  const received: [string, string[]][] = [];
  const subscriber = new MetaSubscriber({
    topics: ["load", "shutdown"],
    onMessage: (topic, frames) => received.push([topic, asText(frames)]),
  });
  subscriber.connect(address);
  await until("it has subscribed", () => subscriptions.length === 2);
  assert.deepEqual(subscriptions.toSorted(), ["load", "shutdown"]);
  publisher.publish("other", [utf8("x")]);
  publisher.publish("load", [utf8("1"), utf8("2")]);
  publisher.publish("shutdown", []);
  await until("both arrived", () => received.length === 2);
  assert.deepEqual(received, [["load", ["1", "2"]], ["shutdown", []]]);

  await publisher.close();
  publisher = new MetaPublisher(options);
  await publisher.bind(address);
  await until("it has subscribed again", () => subscriptions.length === 4);
  publisher.publish("load", [utf8("3")]);
  await until("it arrived", () => received.length === 3);
  await Promise.all([subscriber.close(), publisher.close()]);
});

Deno.test("with keys, only peers that know the broker's key come in", async () => {
  const broker = curveKeyPair();
  const refused = new Set<string>();
  const onRefused = (reason: string) => void refused.add(reason);
  const { router, address } = await echoRouter({ curve: broker, onRefused });
  const keys = (serverKey: string) => ({ curve: { ...curveKeyPair(), serverKey } });
  const right = dealer("right", address, keys(broker.publicKey));
  const wrong = dealer("wrong", address, keys(curveKeyPair().publicKey));
  const none = dealer("none", address);
  for (const { socket } of [wrong, none, right]) socket.send([bytes(1)]);
  await until("the right one is answered", () => right.received.length === 1);
  await until("both others were told of", () => refused.size === 2);
  assert.deepEqual(refused, new Set(["it has no keys", "it has another key for this broker"]));
  assert.equal(wrong.received.length + none.received.length, 0);
  await Promise.all([right, wrong, none].map(({ socket }) => socket.close()));
  await router.close();
});

Deno.test("with an admission rule, only peers whose keys it knows come in", async () => {
  const broker = curveKeyPair(), known = curveKeyPair(), stranger = curveKeyPair();
  const asked: string[] = [];
  const takeBack = await admitPeers("run", (publicKey) => {
    asked.push(publicKey);
    return publicKey === known.publicKey;
  });
  await assert.rejects(admitPeers("run", () => true), /a rule|admission rule/);
  const { router, address } = await echoRouter({ curve: broker, zapDomain: "run" });
  const { router: other, address: elsewhere } = await echoRouter({
    curve: broker,
    zapDomain: "other",
  });
  const join = (identity: string, to: string, keys: typeof known) =>
    dealer(identity, to, { curve: { ...keys, serverKey: broker.publicKey } });
  const peers = [
    join("a", address, known),
    join("b", address, stranger),
    join("c", elsewhere, known),
  ];
  for (const { socket } of peers) socket.send([bytes(1)]);
  await until("the known one is answered", () => peers[0]!.received.length === 1);
  await until("the stranger was looked at", () => asked.includes(stranger.publicKey));
  await pause(50);
  assert.deepEqual(peers.map(({ received }) => received.length), [1, 0, 0]);
  await Promise.all(peers.map(({ socket }) => socket.close()));
  await Promise.all([router.close(), other.close()]);
  await takeBack();
});
