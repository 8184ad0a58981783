import assert from "node:assert/strict";
import { LatestOnly, Subscriptions } from "../../wire/subscriptions.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

Deno.test("a subscriber is known once for each topic, and forgotten", () => {
  const subscriptions = new Subscriptions(["load", "shutdown"]);
  const a = Uint8Array.of(0, 1), b = Uint8Array.of(0, 2);
  assert.equal(subscriptions.take(a, [utf8("load")]), "load");
  assert.equal(subscriptions.take(a, [utf8("load")]), undefined);
  assert.equal(subscriptions.take(b, [utf8("load")]), "load");
  assert.equal(subscriptions.take(b, [utf8("shutdown")]), "shutdown");
  a[1] = 7; // A subscriber's name is kept, not the memory it came in.
  assert.deepEqual([...subscriptions.of("load")], [Uint8Array.of(0, 1), b]);
  assert.deepEqual([...subscriptions.of("shutdown")], [b]);
  subscriptions.remove(b);
  assert.deepEqual([...subscriptions.of("load")], [Uint8Array.of(0, 1)]);
  assert.deepEqual([...subscriptions.of("shutdown")], []);
  assert.equal(subscriptions.take(b, [utf8("load")]), "load");
  assert.equal(subscriptions.ignored, 0);
});

Deno.test("what is no topic is counted and not kept", () => {
  const subscriptions = new Subscriptions(["load"]);
  const a = Uint8Array.of(0, 1);
  for (const frames of [[], [utf8("loa")], [utf8("load"), utf8("")], [utf8("__proto__")], [a]]) {
    assert.equal(subscriptions.take(a, frames), undefined);
  }
  assert.equal(subscriptions.ignored, 5);
  for (const topic of ["load", "loa", "__proto__", ""]) {
    assert.deepEqual([...subscriptions.of(topic)], []);
  }
});

Deno.test("of several messages that wait, the last of a topic counts, and the order", () => {
  const said: string[] = [];
  const latest = new LatestOnly(["load", "size"], (topic, [frame]) => {
    said.push(topic + frame![0]);
  });
  const take = (topic: string, value: number) => latest.take(topic, [Uint8Array.of(value)]);
  take("load", 1);
  take("load", 2);
  take("size", 3);
  take("load", 4);
  assert.deepEqual(said, []);
  latest.flush();
  latest.flush();
  assert.deepEqual(said.splice(0), ["load4", "size3"]);
  take("load", 5);
  take("shutdown", 6);
  take("shutdown", 7);
  take("load", 8);
  latest.flush();
  assert.deepEqual(said, ["load5", "shutdown6", "shutdown7", "load8"]);
});
