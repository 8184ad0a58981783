import assert from "node:assert/strict";
import { Endpoint } from "../../wire/endpoint.ts";
import type { NativeSocket } from "../../wire/native_socket.ts";

/** A socket that cannot be watched: what watched another one before it is not gone yet. */
function unwatchable() {
  const calls: string[] = [];
  const socket = {
    readable: false,
    watch(): never {
      throw Object.assign(new Error("Address already in use"), { code: "EADDRINUSE" });
    },
    close: () => calls.push("close"),
    attend: () => ({ mustAsk: true, changed() {}, end() {}, settled: () => Promise.resolve() }),
    set() {},
  };
  return { socket: socket as unknown as NativeSocket, calls };
}

class Plain extends Endpoint {
  constructor(socket: NativeSocket) {
    super(socket, () => {}, {});
    this.observe(() => {});
  }
}

Deno.test("endpoint: one that cannot be watched is made, and closed, all the same", async () => {
  const { socket, calls } = unwatchable();
  const endpoint = new Plain(socket);
  await endpoint.close();
  assert.deepEqual(calls, ["close"]);
});
