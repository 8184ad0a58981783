/** Who does not have the keys of a run: kept out, counted, told of, and not noticed by the run. */

import assert from "node:assert/strict";
import { startBroker } from "../../broker/broker.ts";
import { configureLogging } from "../../telemetry/logging.ts";
import { makeRunKeys, readRunKeys } from "../../wire/keys.ts";
import type { RunKeys } from "../../wire/keys.ts";
import { type CurveClientKeys, curveKeyPair, DealerSocket } from "../../wire/socket.ts";
import { canFindProcesses, deno, path, until } from "./running.ts";
import type { Run, StartOptions } from "./running.ts";

const PROGRAM = path("tests/faults/programs/marked.ts");
const BROKER = path("broker/main.ts");

/** An address of this machine that others could reach. */
const host = Deno.networkInterfaces()
  .find(({ family, address }) => family === "IPv4" && !address.startsWith("127."))?.address;
if (host === undefined) {
  console.log("admission: this machine has no address but loopback; some tests are left out");
}

/** A client that tries to join. */
function client(address: string, curve?: CurveClientKeys): DealerSocket {
  const socket = new DealerSocket({
    identity: crypto.randomUUID(),
    ...(curve && { curve }),
    onMessage: () => assert.fail("a stranger was answered"),
  });
  socket.connect(address);
  socket.send([new Uint8Array([1])]);
  return socket;
}

/** The three kinds of strangers, all at once. */
function strangers(address: string, keys: RunKeys): DealerSocket[] {
  const { curve } = keys.worker;
  return [
    client(address),
    client(address, { ...curve, serverKey: curveKeyPair().publicKey }),
    client(address, { ...curveKeyPair(), serverKey: curve.serverKey }),
  ];
}

/** Connections that break the protocol in various ways, one after the other. */
async function flood(address: string, connections: number): Promise<void> {
  const [, hostname, port] = /\/\/(.*):(\d+)$/.exec(address)!;
  const greeting = (mechanism: string) => {
    const bytes = new Uint8Array(64);
    bytes.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3]);
    bytes.set(new TextEncoder().encode(mechanism), 12);
    return bytes;
  };
  const http = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: broker\r\n\r\n".repeat(4));
  const refused = [greeting("NULL"), new Uint8Array([...greeting("CURVE"), 4, 2, 1, 65]), http];
  const broken = [
    new Uint8Array([...greeting("CURVE"), 4, 200]),
    // A frame that claims to be of 4 exbibytes.
    new Uint8Array([...greeting("CURVE"), 6, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]),
    new Uint8Array(0),
  ];
  const kinds = [...refused, ...broken];
  for (let i = 0; i < connections; i++) {
    using connection = await Deno.connect({ hostname: hostname!, port: Number(port) });
    const bytes = kinds[i % kinds.length]!;
    await connection.write(bytes);
    // The broker closes it, and says no more than its greeting.
    const answer = new Uint8Array(4096);
    const read = () => connection.read(answer).catch(() => null);
    while (refused.includes(bytes) && await read() !== null);
  }
}

Deno.test("a broker off loopback does not start without keys", async () => {
  const reason = /^Error: tcp:\/\/0\.0\.0\.0:\* is not on this host alone, which needs keys: /;
  const taskAddress = "tcp://0.0.0.0:*", metaAddress = "tcp://127.0.0.1:*";
  const start = startBroker({ name: "broker", taskAddress, metaAddress, size: 1 });
  await assert.rejects(start, reason);
  await using byHand = deno([BROKER, "--address", "tcp://0.0.0.0:*"]);
  const { code, stderr, stdout } = await byHand.ended();
  assert.match(stderr, /^scoop broker: tcp:.* set SCOOP_BROKER_KEYS to .*--make-keys printed\n$/);
  assert.deepEqual([code, stdout], [2, ""]);
});

Deno.test("keys that are none: one line, and they are not in it", async () => {
  const wrong = { SCOOP_BROKER_KEYS: "geheim", SCOOP_KEYS: "geheim" };
  const address = { BROKER_ADDRESS: "tcp://127.0.0.1:9" };
  await using broker = deno([BROKER], { env: wrong });
  await using worker = deno([path("worker/main.ts")], { env: { ...wrong, ...address } });
  await using origin = deno([PROGRAM], { env: { ...wrong, ...address } });
  for (const run of [broker, worker, origin]) {
    const { code, stderr } = await run.ended();
    assert.match(stderr, /^scoop( broker)?: SCOOP_(BROKER_)?KEYS must be [34] keys .*\n$/);
    assert.doesNotMatch(stderr, /geheim/);
    assert.equal(code, 2);
  }
});

Deno.test("a worker that is to leave this host without keys says so", async () => {
  const env = { BROKER_ADDRESS: "tcp://192.0.2.1:5555" };
  await using worker = deno([path("worker/main.ts")], { env });
  await using origin = deno([PROGRAM], { env });
  for (const run of [worker, origin]) {
    const { code, stderr } = await run.ended();
    assert.match(stderr, /^scoop: tcp:\/\/192\.0\.2\.1:5555 .* needs keys: set SCOOP_KEYS .*\n$/);
    assert.equal(code, 2);
  }
});

Deno.test("a worker with other keys is told that they may be wrong", async () => {
  const env = (keys: RunKeys) => ({ SCOOP_KEYS: keys.worker.encode() });
  await using broker = deno([BROKER, "--address", "tcp://127.0.0.1:*", "-v"], {
    env: { SCOOP_BROKER_KEYS: (await makeRunKeys()).encode() },
  });
  const [, BROKER_ADDRESS, META_ADDRESS] = await broker.prints(/at (\S+), meta socket at (\S+)/);
  await using worker = deno([path("worker/main.ts")], {
    env: {
      ...env(await makeRunKeys()),
      BROKER_ADDRESS: BROKER_ADDRESS!,
      META_ADDRESS: META_ADDRESS!,
    },
  });
  const { code, stderr } = await worker.ended();
  assert.match(stderr, /^scoop: worker-\d+: no broker answers at .* or set SCOOP_KEYS to .*\n$/);
  assert.equal(code, 1);
  await broker.prints(/refused a connection: it has another key for this broker/);
  // It tried again many times; that must not show.
  assert.ok(broker.stderr().split("\n").length < 10, broker.stderr());
});

Deno.test({
  name: "strangers are refused, counted and told of",
  ignore: host === undefined,
  async fn() {
    const lines: string[] = [];
    configureLogging({ verbosity: 2, write: (line) => lines.push(line) });
    const keys = await makeRunKeys();
    const broker = await startBroker({
      name: "broker",
      taskAddress: `tcp://${host}:*`,
      metaAddress: `tcp://${host}:*`,
      keys,
      size: 1,
    });
    const sockets: DealerSocket[] = [];
    try {
      for (const address of [broker.taskAddress, broker.metaAddress]) {
        sockets.push(...strangers(address, keys));
      }
      const told = (reason: string) => lines.some((line) => line.includes(reason));
      await until(() => ["has no keys", "has another key", "its own key"].every(told));
      await Promise.all(sockets.map((socket) => socket.close()));
      const before = broker.refused;
      await Promise.all([flood(broker.taskAddress, 300), flood(broker.metaAddress, 300)]);
      // Of the six kinds, two have no keys or break the protocol in a way that libzmq tells of.
      await until(() => broker.refused >= before + 200);
    } finally {
      await Promise.all(sockets.map((socket) => socket.close()));
      await broker.close("the test is over");
      configureLogging({ verbosity: -1 });
    }
    const told = lines.filter((line) => line.includes("refused"));
    for (
      const reason of [
        "it has no keys",
        "it has another key for this broker",
        `its own key is not of this run (${host})`,
      ]
    ) {
      const line = `scoop: refused a connection: ${reason}\n`;
      assert.equal(told.filter((other) => other === line).length, 1, `${reason}: ${told}`);
    }
    assert.match(told.at(-1)!, new RegExp(`, ${broker.refused} in all\n$`));
    assert.ok(told.length < 10, told.join(""));
    assertNoKeys(lines.join(""), keys);
  },
});

/** Keys as `broker/main.ts --make-keys` prints them for a shell. */
async function makeKeys(): Promise<{ SCOOP_BROKER_KEYS: string; SCOOP_KEYS: string }> {
  const shell = `eval "$("$0" run -A "$1" --make-keys)"
    printf '%s\\n' "$SCOOP_BROKER_KEYS" "$SCOOP_KEYS"`;
  const command = new Deno.Command("sh", { args: ["-c", shell, Deno.execPath(), BROKER] });
  const { stdout } = await command.output();
  const [brokers, workers] = new TextDecoder().decode(stdout).split("\n");
  return { SCOOP_BROKER_KEYS: brokers!, SCOOP_KEYS: workers! };
}

function assertNoKeys(text: string, keys: RunKeys): void {
  for (const key of [...keys.encode().split(" "), "the run's secret"]) {
    assert.ok(!text.includes(key), `a key can be read in ${text}`);
  }
}

/** The arguments of all processes of this machine. */
function commandLines(): string {
  return [...Deno.readDirSync("/proc")].map(({ name }) => {
    try {
      return Deno.readTextFileSync(`/proc/${name}/cmdline`);
    } catch {
      return "";
    }
  }).join("\n");
}

Deno.test({
  name: "a run off loopback does not notice strangers, and shows its keys nowhere",
  ignore: host === undefined || !canFindProcesses,
  async fn() {
    const { SCOOP_BROKER_KEYS, SCOOP_KEYS } = await makeKeys();
    const keys = readRunKeys(SCOOP_BROKER_KEYS);
    assert.equal(keys.worker.encode(), SCOOP_KEYS);
    const secret = { SCOOP_KEY: "the run's secret", SCOOP_VERBOSITY: "2" };
    await using broker = deno([BROKER, "--address", `tcp://${host}:*`, "-vv"], {
      env: { ...secret, SCOOP_BROKER_KEYS },
    });
    const [, task, meta] = await broker.prints(/listens at (\S+), meta socket at (\S+)/);
    const env = { ...secret, SCOOP_KEYS, BROKER_ADDRESS: task!, META_ADDRESS: meta! };
    const part = (args: string[], more: StartOptions["env"]) =>
      deno(args, { env: { ...env, ...more }, mark: broker.mark });
    const entry = [path("worker/main.ts"), PROGRAM];
    await using left = part(entry, { WORKER_NAME: "left" });
    await using right = part(entry, { WORKER_NAME: "right" });
    await using origin = part([PROGRAM, "text", "3", "3000"], { IS_ORIGIN: "1" });
    await origin.prints(/running/);
    const sockets = [task!, meta!].flatMap((address) => strangers(address, keys));
    for (let i = 0; i < 10; i++) {
      await Promise.all([flood(task!, 50), flood(meta!, 50)]);
      assertNoKeys(commandLines(), keys);
    }
    const runs: Run[] = [origin, left, right, broker];
    for (const run of runs) {
      const { code, stdout, stderr } = await run.ended();
      assert.equal(code, 0, stderr);
      assert.equal(stdout, run === origin ? "running\ndone by left, origin, right\n" : "");
      assertNoKeys(stdout + stderr, keys);
      if (run !== broker) assert.doesNotMatch(stderr, /lost|refused|wrong/);
    }
    assert.match(broker.stderr(), /refused a connection: it has no keys/);
    assert.ok(broker.stderr().split("\n").filter((line) => /refused/.test(line)).length < 10);
    await Promise.all(sockets.map((socket) => socket.close()));
    await broker.gone();
  },
});

/** Passes on what comes to an address of its own, and keeps a copy. */
function relay(to: string) {
  const [, hostname, port] = /\/\/(.*):(\d+)$/.exec(to)!;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const seen: Uint8Array[] = [];
  const copy = () =>
    new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        seen.push(bytes.slice());
        controller.enqueue(bytes);
      },
    });
  const passing: Promise<unknown>[] = [];
  async function accept() {
    for await (const near of listener) {
      // When all is over the worker tries once more.
      const far = await Deno.connect({ hostname: hostname!, port: Number(port) }).catch(() => {});
      if (far === undefined) {
        near.close();
        continue;
      }
      passing.push(
        near.readable.pipeThrough(copy()).pipeTo(far.writable).catch(() => {}),
        far.readable.pipeThrough(copy()).pipeTo(near.writable).catch(() => {}),
      );
    }
  }
  const accepting = accept();
  return {
    address: `tcp://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    /** As Latin-1. */
    text: () => seen.map((bytes) => String.fromCharCode(...bytes)).join(""),
    async close() {
      listener.close();
      await accepting;
      await Promise.all(passing);
    },
  };
}

/** What can be read between a worker and its broker while a text is sent around. */
async function overheard(text: string, keys: RunKeys | undefined): Promise<string> {
  const env = (more: Record<string, string> | undefined) => ({ env: more ?? {} });
  await using broker = deno(
    [BROKER, "--address", "tcp://127.0.0.1:*", "-v"],
    env(keys && { SCOOP_BROKER_KEYS: keys.encode() }),
  );
  const [, task, meta] = await broker.prints(/listens at (\S+), meta socket at (\S+)/);
  const relays = [relay(task!), relay(meta!)];
  const [near, nearMeta] = relays.map(({ address }) => address);
  const shared = keys && { SCOOP_KEYS: keys.worker.encode() };
  await using worker = deno(
    [path("worker/main.ts"), PROGRAM],
    env({ ...shared, WORKER_NAME: "left", BROKER_ADDRESS: near!, META_ADDRESS: nearMeta! }),
  );
  await using origin = deno(
    [PROGRAM, text, "2", "0"],
    env({ ...shared, BROKER_ADDRESS: task!, META_ADDRESS: meta! }),
  );
  for (const run of [origin, worker, broker]) {
    const { code, stdout, stderr } = await run.ended();
    assert.equal(code, 0, stderr);
    if (run === origin) assert.match(stdout, /done by left, origin/);
  }
  await Promise.all(relays.map((relay) => relay.close()));
  return relays.map((relay) => relay.text()).join("");
}

Deno.test("with keys, nothing of what is sent can be read on the way", async () => {
  const text = `a text that is easy to find, ${"again and ".repeat(50)}`;
  const open = await overheard(text, undefined);
  // Else this test would not know what to look for.
  assert.ok(open.includes(text) && open.includes("marked"));
  const closed = await overheard(text, await makeRunKeys());
  assert.ok(closed.length > 1000);
  for (const word of [text, "again", "marked", "left"]) assert.ok(!closed.includes(word), word);
});
