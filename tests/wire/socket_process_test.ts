/**
 * How sockets and the end of processes get along: every test runs programs of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { MetaPublisher, RouterSocket } from "../../wire/socket.ts";
import { zeromqFolder } from "../../wire/zeromq_folder.ts";
import { start, until } from "./programs.ts";

/** Runs a program, for twenty seconds at most. */
async function run(source: string, address: string, flags?: string[]) {
  const process = await start(source, address, flags);
  const timer = setTimeout(() => process.kill("SIGKILL"), 20_000);
  const { code, signal, stdout, stderr } = await process.output();
  clearTimeout(timer);
  const decoder = new TextDecoder();
  return { code, signal, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A router that counts, and echoes messages of two frames. */
async function withRouter(
  use: (
    address: string,
    seen: { messages: number; gone: string[] },
    router: RouterSocket,
  ) => Promise<void>,
): Promise<void> {
  const seen = { messages: 0, gone: [] as string[] };
  const router: RouterSocket = new RouterSocket({
    onMessage(identity, frames) {
      seen.messages++;
      if (frames.length === 2) router.send(identity, frames);
    },
    onGone: (identity) => seen.gone.push(identity),
  });
  try {
    await use(await router.bind("tcp://127.0.0.1:*"), seen, router);
  } finally {
    await router.close();
  }
}

const DEALER = `
const received: Uint8Array[][] = [];
const dealer = new wire.DealerSocket({
  identity: "child",
  onMessage: (frames) => received.push(frames),
});
dealer.connect(address);
`;

Deno.test("everything sent before close() arrives, even if Deno.exit() follows", async () => {
  await withRouter(async (address, seen) => {
    const program = `${DEALER}
      for (let i = 0; i < 50; i++) dealer.send([new Uint8Array(1_000_000)]);
      await dealer.close();
      Deno.exit(7);`;
    assert.equal((await run(program, address)).code, 7);
    await until("all arrived", () => seen.messages === 50);
  });
});

Deno.test("a process ends by itself when its sockets do not hold it", async () => {
  await withRouter(async (address, seen) => {
    const program = `${DEALER}
      dealer.send([new Uint8Array(1), new Uint8Array(1)]);
      while (received.length === 0) await pause(5);
      dealer.holdProcess = false;
      dealer.send([new Uint8Array(3_000_000)]);
      console.log("done");`;
    const { code, stdout, stderr } = await run(program, address);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "done\n", stderr: "" });
    await until("all arrived", () => seen.messages === 2);
  });
});

Deno.test("a process goes on while a socket holds it", async () => {
  await withRouter(async (address, seen, router) => {
    const process = await start(DEALER, address);
    const output = process.output();
    await until("it is there", () => router.reach("child", [new Uint8Array(1)]));
    const ended = output.then(() => true);
    const later = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 300));
    assert.equal(await Promise.race([ended, later]), false);
    process.kill("SIGKILL");
    await output;
    await until("it was missed", () => seen.gone.length === 1);
    await until("it is out of reach", async () => {
      return !(await router.reach("child", [new Uint8Array(1)]));
    });
  });
});

for (
  const [what, failure] of [
    ["in a timer", `setTimeout(() => { throw new Error("boom"); }, 10);`],
    ["in a promise", `setTimeout(() => Promise.reject(new Error("boom")), 10);`],
    ["in the module", `await pause(50); throw new Error("boom");`],
    [
      "in a callback",
      `dealer.send([new Uint8Array(1), new Uint8Array(1)]);
       while (received.length === 0) await pause(5);
       queueMicrotask(() => { throw new Error("boom"); });`,
    ],
  ] as const
) {
  Deno.test(`an uncaught error ${what} is shown, and does not crash the addon`, async () => {
    await withRouter(async (address) => {
      const { code, signal, stderr } = await run(DEALER + failure, address);
      assert.deepEqual({ code, signal }, { code: 1, signal: null });
      assert.match(stderr, /boom/);
    });
  });
}

Deno.test("a process needs no more permissions than zeromqFolder() tells", async () => {
  await withRouter(async (address, seen) => {
    const folder = zeromqFolder();
    const program = `${DEALER}
      dealer.send([new Uint8Array(1), new Uint8Array(1)]);
      while (received.length === 0) await pause(5);
      console.log((await Deno.permissions.query({ name: "net" })).state);
      await dealer.close();`;
    const wire = new URL("../../wire/", import.meta.url).pathname;
    const { code, stdout, stderr } = await run(program, address, [
      `--allow-ffi=${folder}`,
      `--allow-read=${wire},${folder},/etc/alpine-release`,
    ]);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "prompt\n", stderr: "" });
    assert.equal(seen.messages, 1);
  });
});

Deno.test("sockets can be closed while messages stream in", async () => {
  const publisher = new MetaPublisher({ topics: ["topic"] });
  const address = await publisher.bind("tcp://127.0.0.1:*");
  const timer = setInterval(() => publisher.publish("topic", [new Uint8Array(100)]), 1);
  const program = `
    for (let i = 0; i < 150; i++) {
      let seen = 0;
      const socket = new wire.MetaSubscriber({ topics: ["topic"], onMessage: () => seen++ });
      socket.connect(address);
      while (seen < 3) await pause(1);
      await socket.close();
    }
    console.log("survived");`;
  try {
    const { code, signal, stdout } = await run(program, address);
    assert.deepEqual({ code, signal, stdout }, { code: 0, signal: null, stdout: "survived\n" });
  } finally {
    clearInterval(timer);
    await publisher.close();
  }
});
