/** Brokers and workers that are started by hand, with the variables of SCOOP's documentation. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runAlone } from "../launch_program.ts";

const PROGRAM = fileURLToPath(new URL("./programs/by_hand.ts", import.meta.url));
const WORKER = fileURLToPath(new URL("../../worker/main.ts", import.meta.url));
const BROKER = fileURLToPath(new URL("../../broker/main.ts", import.meta.url));

/** A port that is free, with a free one above it. */
function freePort(): number {
  for (;;) {
    const first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = first.addr as Deno.NetAddr;
    try {
      Deno.listen({ hostname: "127.0.0.1", port: port + 1 }).close();
      return port;
    } catch {
      // The one above is taken: try another.
    } finally {
      first.close();
    }
  }
}

Deno.test("a run whose processes are started by hand, the workers first", async () => {
  const port = freePort();
  const address = `tcp://127.0.0.1:${port}`;
  const variables = {
    BROKER_NAME: "by-hand",
    BROKER_ADDRESS: address,
    META_ADDRESS: `tcp://127.0.0.1:${port + 1}`,
  };
  const worker = (name: string, program: string, args: string[]) =>
    runAlone(program, { args, env: { ...variables, IS_ORIGIN: "0", WORKER_NAME: name } });
  const [first, second, broker, origin] = await Promise.all([
    worker("worker-a", WORKER, [PROGRAM, "3"]),
    worker("worker-b", PROGRAM, ["3"]), // it becomes a worker in startup()
    runAlone(BROKER, { args: ["--address", address, "--name", "by-hand"] }),
    runAlone(PROGRAM, { args: ["3"], env: { ...variables, IS_ORIGIN: "1", WORKER_NAME: "one" } }),
  ]);
  const told = [
    "one is the origin, by-hand",
    "worker-a is not the origin, by-hand",
    "worker-b is not the origin, by-hand",
  ];
  assert.deepEqual(origin, { code: 0, stdout: `${told.join("\n")}\n`, stderr: "" });
  for (const other of [first, second, broker]) {
    assert.deepEqual(other, { code: 0, stdout: "", stderr: "" });
  }
});

Deno.test("what is not set has its default", async () => {
  const BROKER_ADDRESS = `tcp://127.0.0.1:${freePort()}`;
  const [broker, worker, origin] = await Promise.all([
    runAlone(BROKER, { env: { BROKER_ADDRESS } }),
    runAlone(WORKER, { args: [PROGRAM, "2"], env: { BROKER_ADDRESS } }),
    runAlone(PROGRAM, { args: ["2"], env: { BROKER_ADDRESS } }),
  ]);
  assert.match(
    origin.stdout,
    /^origin is the origin, broker\nworker-\d+ is not the origin, broker\n$/,
  );
  assert.deepEqual([origin.stderr, origin.code], ["", 0]);
  assert.deepEqual(worker, { code: 0, stdout: "", stderr: "" });
  assert.deepEqual(broker, { code: 0, stdout: "", stderr: "" });
});

Deno.test("a program that no broker has answered says so at its end, however that comes", async () => {
  const BROKER_ADDRESS = `tcp://127.0.0.1:${freePort()}`;
  const told =
    `scoop: no broker had answered at ${BROKER_ADDRESS} when the program ended, all of ` +
    "which ran in this process: start one, or set BROKER_ADDRESS to where it is\n";
  const module = new URL("../../mod.ts", import.meta.url).href;
  const text = `import { map } from "${module}"; console.log(await map((x) => x + 1, [1]));`;
  for (const [end, code] of [["", 0], ["Deno.exit(3);", 3]] as const) {
    const program = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      await Deno.writeTextFile(program, text + end);
      const ended = await runAlone(program, { env: { BROKER_ADDRESS } });
      // Without a deno.json Deno may warn of zeromq's install script before.
      const words = ended.stderr.slice(ended.stderr.indexOf("scoop: "));
      assert.deepEqual([ended.code, ended.stdout, words], [code, "[ 2 ]\n", told]);
    } finally {
      await Deno.remove(program);
    }
  }
});

Deno.test("a variable that means nothing is an error that names it", async () => {
  const wrong: Record<string, string>[] = [
    { IS_ORIGIN: "yes" },
    { BROKER_ADDRESS: "localhost" },
  ];
  for (const env of wrong) {
    const [name, value] = Object.entries(env)[0]!;
    const { code, stderr, stdout } = await runAlone(PROGRAM, { args: ["1"], env });
    assert.match(stderr, new RegExp(`${name === "IS_ORIGIN" ? name : ""}.*"${value}"`));
    assert.equal(stdout, "");
    assert.notEqual(code, 0);
  }
});
