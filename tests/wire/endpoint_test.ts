import assert from "node:assert/strict";
import { Endpoint } from "../../wire/endpoint.ts";
import type { NativeSocket } from "../../wire/endpoint.ts";
import { Waiter } from "../../wire/waiter.ts";

/** A socket that cannot be watched: what watched another one before it is not gone yet. */
function unwatchable() {
  const calls: string[] = [];
  const socket = {
    readable: false,
    get events(): never {
      throw Object.assign(new Error("Address already in use"), { code: "EADDRINUSE" });
    },
    close: () => calls.push("close"),
    getInt32Option: () => 0,
  };
  return { socket: socket as unknown as NativeSocket, calls };
}

class Interrupted extends Endpoint<NativeSocket> {
  constructor(socket: NativeSocket, waiter: Waiter) {
    super(socket, waiter, () => {}, {});
  }
  both(): void {
    this.attach("ipc:///nowhere");
    this.listen("ipc:///nowhere");
  }
}

class Plain extends Endpoint<NativeSocket> {
  constructor(socket: NativeSocket, waiter: Waiter) {
    super(socket, waiter, () => {}, {});
    this.observe(() => {});
  }
}

Deno.test("endpoint: one that cannot be watched is made, and closed, all the same", async () => {
  const { socket, calls } = unwatchable();
  const bell = { descriptor: 0, ring() {}, silence: () => Promise.resolve() };
  const endpoint = new Plain(socket, new Waiter(() => bell, undefined));
  await endpoint.close();
  assert.deepEqual(calls, ["close"]);
});

Deno.test("endpoint: a signal that comes in between does not keep it from its address", async () => {
  const calls: string[] = [];
  let interruptions = 0;
  const sometimes = (name: string) => () => {
    calls.push(name);
    if (interruptions-- > 0) {
      throw Object.assign(new Error("Interrupted system call"), { code: "EINTR" });
    }
  };
  const socket = {
    ...{ readable: false, lastEndpoint: null, getInt32Option: () => 0, close() {} },
    ...{ connect: sometimes("connect"), bindSync: sometimes("bind") },
  } as unknown as NativeSocket;
  const bell = { descriptor: 0, ring() {}, silence: () => Promise.resolve() };
  const endpoint = new Interrupted(socket, new Waiter(() => bell, undefined));
  interruptions = 2;
  endpoint.both();
  assert.deepEqual(calls, ["connect", "connect", "connect", "bind"]);
  // Not for ever.
  interruptions = Infinity;
  assert.throws(() => endpoint.both(), /ipc:\/\/\/nowhere cannot be used: Interrupted system call/);
  await endpoint.close();
});
