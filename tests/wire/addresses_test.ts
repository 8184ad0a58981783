import assert from "node:assert/strict";
import { ipcAddress, isLoopback, nextPort } from "../../wire/addresses.ts";

Deno.test("the meta socket is beside the task socket", () => {
  assert.equal(nextPort("tcp://127.0.0.1:5555"), "tcp://127.0.0.1:5556");
  assert.equal(nextPort("tcp://[::1]:1"), "tcp://[::1]:2");
  assert.equal(nextPort("tcp://127.0.0.1:*"), "tcp://127.0.0.1:*");
  assert.equal(nextPort("ipc:///x/task"), "ipc:///x/task-meta");
  assert.equal(nextPort("ipc://*"), "ipc://*");
  for (const none of ["tcp://127.0.0.1", "tcp://127.0.0.1:65535", "ipc://", "udp://a:1", ""]) {
    assert.throws(() => nextPort(none), /is no address such as/, none);
  }
});

Deno.test("a path is an address where it is short enough and the system takes it", () => {
  const expected = Deno.build.os === "windows" ? undefined : "ipc:///x/task";
  assert.equal(ipcAddress("/x", "task"), expected);
  assert.equal(ipcAddress("/x/", "task"), expected);
  if (Deno.build.os === "windows") return;
  // 100 bytes with the meta socket's ending, and one more; a letter may be two bytes.
  const longest = `/${"x".repeat(89)}`;
  assert.equal(ipcAddress(longest, "task"), `ipc://${longest}/task`);
  assert.equal(nextPort(ipcAddress(longest, "task")!).length, "ipc://".length + 100);
  assert.equal(ipcAddress(longest, "tasks"), undefined);
  assert.equal(ipcAddress(longest.replace("x", "ä"), "task"), undefined);
});

Deno.test("what can be reached from this host only", () => {
  for (
    const near of [
      "ipc:///x",
      "inproc://x",
      "tcp://localhost:1",
      "tcp://127.1.2.3:*",
      "tcp://[::1]:1",
    ]
  ) {
    assert.ok(isLoopback(near), near);
  }
  for (
    const far of [
      "tcp://*:1",
      "tcp://0.0.0.0:1",
      "tcp://127.0.0.1.example:1",
      "tcp://10.0.0.1:1",
      "tcp://[::]:1",
    ]
  ) {
    assert.ok(!isLoopback(far), far);
  }
});
