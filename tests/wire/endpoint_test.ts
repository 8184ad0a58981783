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
