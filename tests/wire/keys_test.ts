import assert from "node:assert/strict";
import { inspect } from "node:util";
import { checkReach, makeRunKeys, readRunKeys, readWorkerKeys } from "../../wire/keys.ts";

const keys = await makeRunKeys();

Deno.test("keys: what is written can be read", () => {
  const again = readRunKeys(keys.encode());
  assert.equal(again.encode(), keys.encode());
  assert.deepEqual(again.curve, keys.curve);
  assert.equal(readWorkerKeys(keys.worker.encode()).encode(), keys.worker.encode());
  assert.deepEqual(readWorkerKeys(`\n ${keys.worker.encode()} \n`).curve, again.worker.curve);
});

Deno.test("keys: workers have their own pair and the brokers' public key, and no more", () => {
  const { serverKey, publicKey, secretKey } = keys.worker.curve;
  assert.equal(serverKey, keys.curve.publicKey);
  assert.ok(keys.admits(publicKey));
  assert.ok(!keys.admits(serverKey));
  assert.ok(!keys.admits(secretKey));
  assert.ok(!keys.worker.encode().includes(keys.curve.secretKey));
});

Deno.test("keys: every run has others", async () => {
  const other = await makeRunKeys();
  const all = [keys, other].flatMap((keys) => keys.encode().split(" "));
  assert.equal(new Set(all).size, 8);
  assert.ok(!other.admits(keys.worker.curve.publicKey));
});

Deno.test("keys: printing them shows nothing", () => {
  const words = keys.encode().split(" ");
  const workerWords = keys.worker.encode().split(" ");
  const printed = [keys, keys.worker].flatMap((value) => [
    Deno.inspect(value),
    Deno.inspect({ deep: [value] }, { depth: 10, showHidden: true }),
    inspect(value, { showHidden: true }),
    JSON.stringify({ value }),
    String(value),
    `${Object.entries(value)}`.replace(keys.worker.serverKey, ""),
  ]);
  for (const text of printed) {
    for (const word of [...words, ...workerWords]) assert.ok(!text.includes(word), text);
  }
});

Deno.test("keys: what is malformed is named, and not repeated", () => {
  const right = keys.encode().split(" ");
  const wrong = [
    "",
    "secret",
    right.slice(0, 2).join(" "),
    [...right, right[0]].join(" "),
    [right[0], right[1], right[2]!.slice(1)].join(" "),
    [right[0], right[1], right[2]!.slice(1) + '"'].join(" "),
    [right[0], right[1], right[2]!.slice(1) + "é"].join(" "),
    right.join(","),
  ];
  for (const text of wrong) {
    for (const [read, name] of [[readRunKeys, "BROKER_"], [readWorkerKeys, ""]] as const) {
      assert.throws(() => read(text), ({ message }: Error) => {
        assert.match(message, new RegExp(`^SCOOP_${name}KEYS must be [34] keys .*--make-keys`));
        assert.ok(!message.includes("\n"));
        for (const word of text.split(/[ ,]/)) assert.ok(word === "" || !message.includes(word));
        return true;
      });
    }
  }
});

Deno.test("keys: only what stays on this host goes without", () => {
  const near = ["tcp://127.0.0.1:1", "tcp://127.9.9.9:*", "tcp://[::1]:1", "tcp://localhost:5"];
  checkReach([...near, "ipc:///tmp/x", "inproc://x"], "SCOOP_KEYS", undefined);
  const far = ["tcp://*:1", "tcp://0.0.0.0:*", "tcp://[::]:1", "tcp://10.0.0.1:1", "tcp://eth0:1"];
  const tricky = ["tcp://127.0.0.1.example.org:1", "tcp://localhost.example.org:1", "udp://x:1"];
  for (const address of [...far, ...tricky]) {
    assert.throws(() => checkReach([near[0]!, address], "SCOOP_KEYS", undefined), {
      message: `${address} is not on this host alone, which needs keys: ` +
        `set SCOOP_KEYS to what broker/main.ts --make-keys printed`,
    });
    checkReach([address], "SCOOP_BROKER_KEYS", keys);
  }
});
