/**
 * Sockets by the package's own code: what a system without a callable libzmq has. Every test runs a
 * program in which no library can be called.
 *
 * @module
 */

import assert from "node:assert/strict";
import { start } from "./programs.ts";

/** Runs a program, for twenty seconds at most, and returns what it prints. */
async function run(source: string): Promise<string> {
  const child = await start(
    `Deno.dlopen = () => { throw new Error("no library can be called"); };
    ${source}`,
    "tcp://127.0.0.1:*",
  );
  const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const decoder = new TextDecoder();
  assert.deepEqual({ code, stderr: decoder.decode(stderr) }, { code: 0, stderr: "" });
  return decoder.decode(stdout);
}

Deno.test("package sockets: messages of all sizes go there and back, and an end is noticed", async () => {
  const printed = await run(`
    await wire.loadSockets();
    const gone = Promise.withResolvers<string>();
    const router = new wire.RouterSocket({
      onMessage: (identity, frames) => router.send(identity, frames),
      onGone: (identity) => gone.resolve(identity),
    });
    const bound = await router.bind(address);
    const sizes: number[] = [];
    const all = Promise.withResolvers<void>();
    const dealer = new wire.DealerSocket({
      identity: "child",
      onMessage(frames) {
        const [first, second] = frames;
        if (!first.every((byte) => byte === 7)) throw new Error("changed on its way");
        if (first.constructor !== Uint8Array) throw new Error("no plain array");
        sizes.push(first.length, second.length);
        if (sizes.length === 6) all.resolve();
      },
    });
    dealer.connect(bound);
    for (const size of [1, 300, 3_000_000]) {
      dealer.send([new Uint8Array(size).fill(7), new Uint8Array(0)]);
    }
    await all.promise;
    await dealer.close();
    console.log(JSON.stringify({ sizes, gone: await gone.promise }));
    await router.close();`);
  assert.deepEqual(JSON.parse(printed), { sizes: [1, 0, 300, 0, 3_000_000, 0], gone: "child" });
});

Deno.test("package sockets: who has no key, or another, is refused, and it is told why", async () => {
  const printed = await run(`
    await wire.loadSockets();
    const curve = wire.curveKeyPair();
    const refused = new Set<string>();
    const both = Promise.withResolvers<void>();
    const router = new wire.RouterSocket({
      curve,
      onMessage: () => console.log("somebody came in"),
      onRefused: (reason) => refused.add(reason).size === 2 && both.resolve(),
    });
    const bound = await router.bind(address);
    const other = { ...wire.curveKeyPair(), serverKey: wire.curveKeyPair().publicKey };
    for (const options of [{}, { curve: other }]) {
      const dealer = new wire.DealerSocket({ identity: "child", onMessage() {}, ...options });
      dealer.connect(bound);
      dealer.send([new Uint8Array(1)]);
    }
    await both.promise;
    console.log([...refused].sort().join(", "));
    Deno.exit(0);`);
  assert.equal(printed, "it has another key for this broker, it has no keys\n");
});

Deno.test("package sockets: a socket before they are loaded is an error that says so", async () => {
  const printed = await run(`
    try {
      new wire.DealerSocket({ identity: "child", onMessage() {} });
    } catch (error) {
      console.log(error.message);
    }`);
  assert.equal(printed, "loadSockets() comes before the first socket\n");
});

Deno.test("package sockets: a command that can call no library runs programs", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const here = (path: string) => JSON.stringify(import.meta.resolve(`../../${path}`));
    await Deno.writeTextFile(
      `${folder}/command.ts`,
      `Deno.dlopen = () => { throw new Error("no library can be called"); };
      const { main } = await import(${here("launch/launch.ts")});
      Deno.exit(await main(Deno.args));`,
    );
    await Deno.writeTextFile(
      `${folder}/prog.ts`,
      `import { map } from ${here("mod.ts")};
      export const double = (x: number) => 2 * x;
      if (import.meta.main) console.log(await Array.fromAsync(await map(double, [1, 2, 3])));`,
    );
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "-q", `${folder}/command.ts`, "-n", "2", `${folder}/prog.ts`],
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder();
    assert.deepEqual({ code, stderr: text.decode(stderr) }, { code: 0, stderr: "" });
    assert.equal(text.decode(stdout), "[ 2, 4, 6 ]\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("package sockets: who may not load them says which permission it takes, in one line", async () => {
  const broker = import.meta.resolve("../../broker/main.ts");
  const says = async (...flags: string[]) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", ...flags, broker],
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(code, 1);
    return new TextDecoder().decode(stderr);
  };
  const ending = "run with -A\n";
  assert.equal(
    await says("-A", "--deny-ffi"),
    `scoop broker: ZeroMQ cannot be loaded without --allow-ffi: ${ending}`,
  );
  assert.equal(
    await says("--allow-env", "--allow-net", "--allow-sys"),
    `scoop broker: ZeroMQ cannot be loaded without --allow-ffi and --allow-read: ${ending}`,
  );
});
