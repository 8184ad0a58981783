import assert from "node:assert/strict";
import { type DescriptorCalls, Descriptors } from "../../wire/descriptors.ts";
import { openLibzmq } from "../../wire/libzmq.ts";

const ignore = Deno.build.os !== "linux" && "only Linux's numbers are known";
const calls = () => openLibzmq() as DescriptorCalls;

/** A listener in a folder of its own, and what connects to it. */
async function listening(use: (path: string, listener: Deno.UnixListener) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "scoop-" });
  const path = `${folder}/socket`;
  const listener = Deno.listen({ transport: "unix", path });
  try {
    await use(path, listener);
  } finally {
    listener.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function pair(path: string, listener: Deno.UnixListener) {
  const [connected, accepted] = await Promise.all([
    Deno.connect({ transport: "unix", path }),
    listener.accept(),
  ]);
  return { connected, accepted };
}

/** What comes on a connection next. */
async function next(connection: Deno.UnixConn): Promise<string> {
  const bytes = new Uint8Array(100);
  const count = await connection.read(bytes);
  return new TextDecoder().decode(bytes.subarray(0, count ?? 0));
}

const send = (descriptors: Descriptors, number: number, text: string) =>
  assert.equal(descriptors.send(number, new TextEncoder().encode(text)), text.length);

Deno.test({
  name: "descriptors: each end of a connection has its own, and what is sent by it arrives",
  ignore: ignore !== false,
  fn: () =>
    listening(async (path, listener) => {
      const descriptors = new Descriptors(calls());
      for (let i = 0; i < 3; i++) {
        const { connected, accepted } = await pair(path, listener);
        const one = descriptors.take(path, "connected")!;
        const other = descriptors.take(path, "accepted")!;
        assert.notEqual(one, other);
        send(descriptors, one, `to the listener ${i}`);
        send(descriptors, other, `from the listener ${i}`);
        assert.equal(await next(accepted), `to the listener ${i}`);
        assert.equal(await next(connected), `from the listener ${i}`);
        connected.close();
        accepted.close();
      }
    }),
});

Deno.test({
  name:
    "descriptors: a connection that is closed, and still open in part, is not taken for the next",
  ignore: ignore !== false,
  fn: () =>
    listening(async (path, listener) => {
      const descriptors = new Descriptors(calls());
      const first = await pair(path, listener);
      const second = await pair(path, listener);
      // Two at once cannot be told apart.
      assert.equal(descriptors.take(path, "accepted"), undefined);
      second.connected.close();
      second.accepted.close();
      await new Promise((resolve) => setTimeout(resolve, 20));
      const number = descriptors.take(path, "accepted")!;
      const reading = next(first.accepted).catch(() => {});
      const third = await pair(path, listener);
      first.accepted.close();
      // Deno has not let go of it yet.
      const other = descriptors.take(path, "accepted")!;
      assert.notEqual(other, number);
      send(descriptors, other, "to the third");
      assert.equal(await next(third.connected), "to the third");
      await reading;
      for (const one of [first.connected, third.connected, third.accepted]) one.close();
    }),
});

Deno.test({
  name: "descriptors: where there is no room, nothing is sent, until there is some",
  ignore: ignore !== false,
  fn: () =>
    listening(async (path, listener) => {
      const descriptors = new Descriptors(calls());
      const { connected, accepted } = await pair(path, listener);
      const number = descriptors.take(path, "connected")!;
      const much = new Uint8Array(4_000_000);
      const sent = descriptors.send(number, much);
      assert.ok(sent > 0 && sent < much.length, `${sent} bytes`);
      assert.equal(descriptors.send(number, much), 0);
      const begin = performance.now();
      descriptors.awaitRoom(number, 50);
      assert.ok(performance.now() - begin >= 45);
      for (let left = sent; left > 0;) left -= (await accepted.read(new Uint8Array(100_000)))!;
      descriptors.awaitRoom(number, 10_000);
      assert.ok(descriptors.send(number, much) > 0);
      accepted.close();
      assert.equal(descriptors.send(number, much), 0);
      connected.close();
    }),
});
