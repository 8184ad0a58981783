import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { breathe } from "../../wire/breath.ts";
import { breatheByLoopback, openLoopback } from "../../wire/loopback.ts";
import type { LoopbackCalls } from "../../wire/loopback.ts";
import { start } from "./programs.ts";

const ignore = Deno.build.os !== "linux";
if (ignore) console.log("left out: only on Linux a process breathes by a connection with itself");

/** What is run in a process of its own: operations of 1 ms complete while it computes slices. */
const PROGRAM = `
  const { breathe } = await import(address);
  await wire.loadSockets();
  wire.breatheWell();
  const { usleep } = Deno.dlopen("libc.so.6", {
    usleep: { parameters: ["u32"], result: "i32", nonblocking: true },
  }).symbols;
  // Nothing below /proc may be read by whoever may not do everything.
  const told = async (command, ...args) => {
    const { stdout } = await new Deno.Command(command, { args }).output();
    return new TextDecoder().decode(stdout);
  };
  const sockets = async (pid) => {
    const all = (await told("ls", "-l", \`/proc/\${pid}/fd\`)).matchAll(/socket:.(\\d+)/g);
    const overTcp = (await told("cat", "/proc/net/tcp")).split(/\\s+/);
    return [...all].filter(([, number]) => overTcp.includes(number)).length;
  };
  let operations = 0, over = false;
  const operating = (async () => { for (; !over; operations++) await usleep(1000); })();
  for (let i = 0; i < 100; i++) {
    const end = performance.now() + 5;
    while (performance.now() < end);
    // Several that breathe at the same time are what the executor and the sockets do.
    await Promise.all([breathe(), breathe(), breathe()]);
  }
  over = true;
  await operating;
  const now = await sockets(Deno.pid);
  console.log(JSON.stringify({ operations, sockets: now, inherited: await sockets("self") }));`;

async function run(flags: string[]) {
  const child = await start(PROGRAM, import.meta.resolve("../../wire/breath.ts"), flags);
  const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const decoder = new TextDecoder();
  assert.deepEqual({ code, stderr: decoder.decode(stderr) }, { code: 0, stderr: "" });
  return JSON.parse(decoder.decode(stdout)) as Record<
    "operations" | "sockets" | "inherited",
    number
  >;
}

const OTHERS = ["--allow-ffi", "--allow-read", "--allow-run", "--allow-env"];

Deno.test({
  name: "loopback: operations complete while a process that may listen computes in slices",
  ignore,
  async fn() {
    const { operations, sockets, inherited } = await run([...OTHERS, "--allow-net=127.0.0.1:0"]);
    assert.ok(operations >= 60, `${operations} operations in 100 slices`);
    assert.equal(sockets, 2, "both ends of a connection are there, and nothing that listens");
    assert.equal(inherited, 0, "what the process starts has no part in it");
  },
});

Deno.test({
  name: "loopback: who may not, or is denied it, breathes as before, and nobody is asked",
  ignore,
  async fn() {
    for (const flags of [[], ["--allow-net=127.0.0.1:0", "--deny-net"]]) {
      const { operations, sockets } = await run([...OTHERS, ...flags]);
      assert.ok(operations >= 30, `${operations} operations in 100 slices`);
      assert.equal(sockets, 0);
    }
  },
});

/** Calls of the C library for one that fails, or does something else before. */
function calls(changes: Partial<LoopbackCalls>): { calls: LoopbackCalls; closed: number[] } {
  const closed: number[] = [];
  return {
    closed,
    calls: {
      socket: () => 77,
      connect: () => 0,
      getsockname: () => 0,
      write: () => 1n,
      close: (descriptor) => closed.push(descriptor),
      ...changes,
    },
  };
}

Deno.test({
  name: "loopback: a stranger who connects first is not taken for this process",
  ignore,
  async fn() {
    const strangers: Promise<Deno.Conn>[] = [];
    const connect = (_: number, address: Uint8Array) => {
      const port = new DataView(address.buffer).getUint16(2);
      strangers.push(Deno.connect({ hostname: "127.0.0.1", port }));
      return 0;
    };
    const own = calls({ connect });
    assert.equal(await openLoopback(own.calls), undefined);
    assert.deepEqual(own.closed, [77]);
    for (const stranger of strangers) (await stranger).close();
  },
});

Deno.test({
  name: "loopback: nothing is left open where the system refuses",
  ignore,
  async fn() {
    const none = calls({ socket: () => -1 });
    assert.equal(await openLoopback(none.calls), undefined);
    assert.deepEqual(none.closed, []);
    const refused = calls({ connect: () => -1 });
    assert.equal(await openLoopback(refused.calls), undefined);
    assert.deepEqual(refused.closed, [77]);
  },
});

Deno.test({
  name: "loopback: the connection is not that of the task that breathes first",
  ignore,
  async fn() {
    const task = new AsyncLocalStorage<string>();
    const opened = Promise.withResolvers<string | undefined>();
    const socket = () => {
      opened.resolve(task.getStore());
      return -1;
    };
    breatheByLoopback(calls({ socket }).calls, () => Promise.resolve());
    await task.run("a task", breathe);
    assert.equal(await opened.promise, undefined);
  },
});
