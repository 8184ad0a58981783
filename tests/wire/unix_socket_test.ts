/**
 * Sockets with paths by Deno's own connections, beside those of libzmq: in every pair of the two, as
 * each end chooses for itself. A path that is written from here on is libzmq's: the others are whole.
 *
 * @module
 */

import assert from "node:assert/strict";
import { relative } from "node:path";
import {
  DealerSocket,
  type Frames,
  loadSockets,
  MetaPublisher,
  MetaSubscriber,
  RouterSocket,
  useConnections,
} from "../../wire/socket.ts";
import { LIMITS } from "../../wire/limits.ts";
import { zeromqFolder } from "../../wire/zeromq_folder.ts";
import { pause, start, until } from "./programs.ts";

await loadSockets();
useConnections();

const folder = await Deno.makeTempDir({ prefix: "scoop-" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

let made = 0;
const newPath = () => `${folder}/${++made}`;
const byUs = (path: string) => `ipc://${path}`;
const byLibzmq = (path: string) => `ipc://${relative(Deno.cwd(), path)}`;
type By = (path: string) => string;
const PAIRS: [string, By, By][] = [
  ["both ends ours", byUs, byUs],
  ["the router libzmq's", byLibzmq, byUs],
  ["the dealer libzmq's", byUs, byLibzmq],
];

const utf8 = (text: string) => new TextEncoder().encode(text);
const asText = (frames: Frames) => frames.map((frame) => new TextDecoder().decode(frame)).join();

/** A router that keeps what it receives, and answers with the same. */
async function router(address: string, answers = true) {
  const seen = { received: [] as string[], gone: [] as string[], errors: [] as unknown[] };
  const socket: RouterSocket = new RouterSocket({
    onMessage(identity, frames) {
      seen.received.push(asText(frames).slice(0, 100));
      if (answers) socket.send(identity, frames);
    },
    onGone: (identity) => seen.gone.push(identity),
    onError: (error) => seen.errors.push(error),
  });
  await socket.bind(address);
  return { socket, seen };
}

function dealer(address: string, identity = "a") {
  const seen = { received: [] as Frames[], gone: 0 };
  const socket = new DealerSocket({
    identity,
    onMessage: (frames) => seen.received.push(frames),
    onGone: () => seen.gone++,
  });
  socket.connect(address);
  return { socket, seen };
}

for (const [pair, routerBy, dealerBy] of PAIRS) {
  Deno.test(`${pair}: messages of all sizes come back whole and in order`, async () => {
    const path = newPath();
    const { socket, seen } = await router(routerBy(path));
    const one = dealer(dealerBy(path));
    const sizes = [
      0,
      1,
      254,
      255,
      256,
      5_000,
      16_384,
      16_385,
      65_535,
      70_000,
      1_000_000,
      7_000_000,
    ];
    const sent: Frames[] = [];
    for (let i = 0; i < 300; i++) {
      const length = sizes[i < 200 ? i % 5 : i % sizes.length]!;
      sent.push([utf8(String(i)), new Uint8Array(length).fill(i), new Uint8Array(i % 3)]);
    }
    for (const frames of sent) one.socket.send(frames);
    await until("all have come", () => one.seen.received.length === sent.length);
    assert.deepEqual(one.seen.received, sent);
    assert.deepEqual(seen.errors, []);
    await Promise.all([one.socket.close(), socket.close()]);
  });

  Deno.test(`${pair}: an end is noticed, and another listener is found; what was sent meanwhile arrives first`, async () => {
    const path = newPath();
    const first = await router(routerBy(path));
    const one = dealer(dealerBy(path));
    one.socket.send([utf8("1")]);
    await until("it is here", () => one.seen.received.length === 1);
    await first.socket.close();
    await until("the end is noticed", () => one.seen.gone === 1);
    for (const text of ["2", "3"]) one.socket.send([utf8(text)]);
    await pause(100);
    const second = await router(routerBy(path));
    await until("both have come", () => one.seen.received.length === 3);
    one.socket.send([utf8("4")]);
    await until("the last has come", () => one.seen.received.length === 4);
    assert.deepEqual(second.seen.received, ["2", "3", "4"]);
    await one.socket.close();
    await until("its end is noticed", () => second.seen.gone.length === 1);
    assert.deepEqual(second.seen.gone, ["a"]);
    await second.socket.close();
  });

  Deno.test(`${pair}: who comes under a name that is taken has it from then on`, async () => {
    const path = newPath();
    const { socket, seen } = await router(routerBy(path));
    const one = dealer(dealerBy(path), "same");
    one.socket.send([utf8("first")]);
    await until("the first is here", () => one.seen.received.length === 1);
    const other = dealer(dealerBy(path), "same");
    other.socket.send([utf8("second")]);
    await until("the second is here", () => other.seen.received.length === 1);
    assert.deepEqual(seen.gone, []);
    assert.equal(await socket.reach("same", [utf8("there")]), true);
    assert.equal(await socket.reach("nobody", [utf8("there")]), false);
    await Promise.all([one.socket.close(), other.socket.close(), socket.close()]);
  });

  Deno.test(`${pair}: what is published reaches those who want it, also after a new beginning`, async () => {
    const path = newPath();
    let publisher = new MetaPublisher({ topics: ["load", "other"] });
    await publisher.bind(routerBy(path));
    const seen: string[] = [];
    const subscriber = new MetaSubscriber({
      topics: ["load"],
      onMessage: (_, frames) => seen.push(asText(frames)),
    });
    subscriber.connect(dealerBy(path));
    const publishing = setInterval(() => {
      publisher.publish("other", [utf8("not this")]);
      publisher.publish("load", [utf8(String(seen.length > 2))]);
    }, 5);
    await until("some have come", () => seen.length > 2);
    await publisher.close();
    publisher = new MetaPublisher({ topics: ["load", "other"] });
    await publisher.bind(routerBy(path));
    const before = seen.length;
    await until("more have come", () => seen.length > before + 2);
    clearInterval(publishing);
    assert.ok(seen.every((text) => text === "true" || text === "false"));
    await Promise.all([publisher.close(), subscriber.close()]);
  });
}

Deno.test("what a busy reader has not read is sent in full before the socket is gone", async () => {
  const path = newPath();
  const child = await start(
    `wire.useConnections();
    let bytes = 0;
    const router = new wire.RouterSocket({
      onMessage(_, [frame]) {
        bytes += frame.length;
        if (frame.length === 1) { console.log(bytes); Deno.exit(0); }
        // Nothing is read for a while.
        for (const end = performance.now() + 5; performance.now() < end;);
      },
    });
    await router.bind(address);`,
    byUs(path),
  );
  const one = new DealerSocket({ identity: "a", onMessage() {} });
  one.connect(byUs(path));
  for (let i = 0; i < 20; i++) one.send([new Uint8Array(100_000)]);
  one.send([new Uint8Array(1)]);
  await one.close();
  const { stdout } = await child.output();
  assert.equal(new TextDecoder().decode(stdout), "2000001\n");
});

Deno.test("what is sent one after the other leaves before a process computes for good", async () => {
  for (const by of [byUs, byLibzmq]) {
    const path = newPath();
    const { socket, seen } = await router(by(path), false);
    const child = await start(
      `wire.useConnections();
      const dealer = new wire.DealerSocket({ identity: "child", onMessage() {} });
      dealer.connect(address);
      await dealer.connected(5000);
      for (let i = 0; i < 500; i++) dealer.send([new TextEncoder().encode(String(i))]);
      for (;;);`,
      byUs(path),
    );
    if (by === byUs) {
      await until("all are here", () => seen.received.length === 500);
      assert.deepEqual(seen.received, Array.from({ length: 500 }, (_, i) => String(i)));
    } else await until("the first is here", () => seen.received.length > 0);
    child.kill("SIGKILL");
    await child.output();
    await socket.close();
  }
});

Deno.test("the last words of one that has gone are heard, though something is sent to it first", async () => {
  for (const by of [byUs, byLibzmq]) {
    const path = newPath();
    const { socket } = await router(by(path));
    const child = await start(
      `wire.useConnections();
      const heard: string[] = [];
      const dealer = new wire.DealerSocket({
        identity: "child",
        onMessage([frame]) {
          heard.push(new TextDecoder().decode(frame));
          if (heard.length > 1) return;
          console.log("computes");
          for (const end = performance.now() + 800; performance.now() < end;);
          dealer.send([new Uint8Array(100)]);
          dealer.send([new Uint8Array(200_000)]);
        },
        onGone() {
          console.log(heard.join());
          Deno.exit(0);
        },
      });
      dealer.connect(address);
      dealer.send([new TextEncoder().encode("hello")]);`,
      byUs(path),
    );
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    assert.equal((await reader.read()).value, "computes\n");
    for (const text of ["last", "words"]) socket.send("child", [utf8(text)]);
    await socket.close();
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    assert.equal((await reader.read()).value, "hello,last,words\n");
    clearTimeout(timer);
    await Promise.all([reader.cancel(), child.stderr.cancel(), child.status]);
  }
});

Deno.test("what is unsent leaves although the process ends, as far as somebody takes it in time", async () => {
  const path = newPath();
  let bytes = 0;
  const socket = new RouterSocket({ onMessage: (_, [frame]) => bytes += frame!.length });
  await socket.bind(byUs(path));
  const child = await start(
    `wire.useConnections();
    const dealer = new wire.DealerSocket({ identity: "child", onMessage() {} });
    dealer.connect(address);
    await dealer.connected(5000);
    for (let i = 0; i < 20; i++) dealer.send([new Uint8Array(200_000)]);
    dealer.send([new Uint8Array(1)]);
    Deno.exit(0);`,
    byUs(path),
  );
  await child.output();
  await until("all has come", () => bytes === 4_000_001);
  await socket.close();
});

Deno.test("a socket whose reader has stopped is gone in time all the same", async () => {
  const path = newPath();
  const child = await start(
    `wire.useConnections();
    const router = new wire.RouterSocket({ onMessage() { console.log("here"); } });
    await router.bind(address);
    setInterval(() => {}, 1000);`,
    byUs(path),
  );
  const one = new DealerSocket({ identity: "a", onMessage() {} });
  one.connect(byUs(path));
  one.send([utf8("hello")]);
  const reader = child.stdout.getReader();
  await reader.read();
  child.kill("SIGSTOP");
  for (let i = 0; i < 20; i++) one.send([new Uint8Array(100_000)]);
  const begin = performance.now();
  await one.close();
  assert.ok(performance.now() - begin >= LIMITS.lingerMs - 100);
  child.kill("SIGKILL");
  await reader.cancel();
  await child.stderr.cancel();
  await child.status;
});

Deno.test("who does not read what is published does not get more than so much", async () => {
  const path = newPath();
  const publisher = new MetaPublisher({ topics: ["load"] });
  await publisher.bind(byUs(path));
  const child = await start(
    `wire.useConnections();
    const seen: number[] = [];
    let busy = false;
    const subscriber = new wire.MetaSubscriber({
      topics: ["load"],
      onMessage(_, [number]) {
        seen.push(Number(new TextDecoder().decode(number.subarray(0, 10))));
        if (seen.at(-1) === 0 && !busy) {
          busy = true;
          console.log("reads");
          for (const end = performance.now() + 1000; performance.now() < end;);
        }
        if (seen.at(-1) === 99999) { console.log(seen.length); Deno.exit(0); }
      },
    });
    subscriber.connect(address);`,
    byUs(path),
  );
  const text = (number: number) => [utf8(String(number).padEnd(4_000))];
  const beginning = setInterval(() => publisher.publish("load", text(0)), 5);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, "reads\n");
  clearInterval(beginning);
  for (let i = 1; i <= 5_000; i++) publisher.publish("load", text(i));
  const ending = setInterval(() => publisher.publish("load", text(99_999)), 20);
  const { value } = await reader.read();
  clearInterval(ending);
  const got = Number(value);
  assert.ok(got >= LIMITS.publishedUnread && got < 3_000, `got ${got} of 5,000`);
  await reader.cancel();
  await child.stderr.cancel();
  await publisher.close();
});

Deno.test("who does not keep the protocol is dropped, and others do not notice", async () => {
  const path = newPath();
  const { socket, seen } = await router(byUs(path));
  const one = dealer(byUs(path));
  one.socket.send([utf8("1")]);
  await until("it is here", () => one.seen.received.length === 1);
  for (const bytes of [utf8("x".repeat(200)), new Uint8Array(64).fill(0xff)]) {
    const stranger = await Deno.connect({ transport: "unix", path });
    await stranger.write(bytes);
    const rest = new Uint8Array(1_000);
    // The other side's greeting and introduction, and then the end.
    await until("it is dropped", async () => await stranger.read(rest) === null);
    stranger.close();
  }
  one.socket.send([utf8("2")]);
  await until("the next is here", () => one.seen.received.length === 2);
  assert.deepEqual(seen, { received: ["1", "2"], gone: [], errors: [] });
  await Promise.all([one.socket.close(), socket.close()]);
});

Deno.test("a path that a killed listener has left is taken, and what is no socket is left alone", async () => {
  const left = newPath();
  const child = await start(
    `wire.useConnections();
    const router = new wire.RouterSocket({ onMessage() {} });
    await router.bind(address);
    console.log("listens");`,
    byUs(left),
  );
  const reader = child.stdout.getReader();
  await reader.read();
  child.kill("SIGKILL");
  await child.status;
  await Promise.all([reader.cancel(), child.stderr.cancel()]);
  assert.equal(Deno.statSync(left).isSocket, true);
  const { socket } = await router(byUs(left));
  await socket.close();
  assert.throws(() => Deno.statSync(left), Deno.errors.NotFound);

  const file = newPath();
  Deno.writeTextFileSync(file, "precious");
  const other = new RouterSocket({ onMessage() {} });
  await assert.rejects(other.bind(byUs(file)), /is in use/);
  assert.equal(Deno.readTextFileSync(file), "precious");
  await other.close();
});

Deno.test("a process ends although a socket is open that is not to hold it", async () => {
  const path = newPath();
  const { socket, seen } = await router(byUs(path));
  for (const address of [byUs(path), byUs(newPath())]) {
    const child = await start(
      `wire.useConnections();
      const dealer = new wire.DealerSocket({ identity: "child", onMessage() {} });
      dealer.connect(address);
      dealer.holdProcess = false;
      dealer.send([new Uint8Array(3)]);
      await new Promise((resolve) => setTimeout(resolve, 300));
      console.log("ends");`,
      address,
    );
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    const { code, stdout } = await child.output();
    clearTimeout(timer);
    assert.deepEqual([code, new TextDecoder().decode(stdout)], [0, "ends\n"]);
  }
  assert.equal(seen.received.length, 1);
  await socket.close();
});

Deno.test("who may not connect itself has libzmq do it, and nobody is asked", async () => {
  const path = newPath();
  const { socket, seen } = await router(byUs(path));
  const wire = new URL("../..", import.meta.url).pathname;
  const zeromq = zeromqFolder();
  const read = [wire, zeromq, "/etc/alpine-release"].join(",");
  const allowed = [`--allow-read=${read},${path}`, `--allow-write=${path}`];
  for (
    const flags of [[`--allow-read=${read}`], allowed, [...allowed, `--allow-net=unix:${path}`]]
  ) {
    const child = await start(
      `wire.useConnections();
      const dealer = new wire.DealerSocket({
        identity: "child",
        onMessage: ([frame]) => { console.log(new TextDecoder().decode(frame)); Deno.exit(0); },
      });
      dealer.connect(address);
      dealer.send([new TextEncoder().encode("back")]);`,
      byUs(path),
      [`--allow-ffi=${zeromq}`, ...flags],
    );
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    const { stdout, stderr } = await child.output();
    clearTimeout(timer);
    const decoder = new TextDecoder();
    assert.deepEqual([decoder.decode(stdout), decoder.decode(stderr)], ["back\n", ""]);
  }
  assert.equal(seen.received.length, 3);
  await socket.close();
});
