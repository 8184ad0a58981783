import assert from "node:assert/strict";
import { Endpoint } from "../../wire/endpoint.ts";
import type { NativeSocket } from "../../wire/native_socket.ts";
import { Waiter } from "../../wire/waiter.ts";

/** A socket that cannot be watched: what watched another one before it is not gone yet. */
function unwatchable() {
  const calls: string[] = [];
  const socket = {
    readable: false,
    watch(): never {
      throw Object.assign(new Error("Address already in use"), { code: "EADDRINUSE" });
    },
    close: () => calls.push("close"),
    descriptor: 0,
    set() {},
  };
  return { socket: socket as unknown as NativeSocket, calls };
}

class Plain extends Endpoint {
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
