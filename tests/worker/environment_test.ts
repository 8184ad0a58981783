import assert from "node:assert/strict";
import { LIMITS } from "../../wire/limits.ts";
import { DEFAULT_ADDRESS } from "../../wire/addresses.ts";
import { makeRunKeys } from "../../wire/keys.ts";
import { readEnvironment, VARIABLES } from "../../worker/environment.ts";

/** What is read when the environment says no more than this. */
function read(variables: Record<string, string>): ReturnType<typeof readEnvironment> {
  // Other tests start processes, which must not see these.
  const { get } = Deno.env;
  Deno.env.get = (name) => variables[name];
  try {
    return readEnvironment();
  } finally {
    Deno.env.get = get;
  }
}

Deno.test("environment: without a word the process is part of no run", () => {
  assert.equal(read({}), undefined);
  assert.equal(read({ SCOOP_SIZE: "4", SCOOP_KEY: "x", HOME: "/" }), undefined);
  assert.equal(read({ WORKER_NAME: "" }), undefined, "an empty variable says nothing");
});

Deno.test("environment: one word is enough, the rest has its defaults", () => {
  const defaults = {
    isOrigin: true,
    workerName: "origin",
    brokerName: "broker",
    brokerAddress: DEFAULT_ADDRESS,
    metaAddress: "tcp://127.0.0.1:5556",
    key: "",
    keys: undefined,
    others: [],
    brokerGraceMs: LIMITS.brokerBackMs,
    size: 0,
    program: "",
    verbosity: 0,
  };
  assert.deepEqual(read({ IS_ORIGIN: "1" }), defaults);
  assert.deepEqual(read({ BROKER_NAME: "b" }), { ...defaults, brokerName: "b" });
  assert.deepEqual(read({ META_ADDRESS: "ipc:///m" }), { ...defaults, metaAddress: "ipc:///m" });
  assert.deepEqual(read({ IS_ORIGIN: "0" }), {
    ...defaults,
    isOrigin: false,
    workerName: `worker-${Deno.pid}`,
  });
  assert.deepEqual(read({ BROKER_ADDRESS: "tcp://localhost:7000" }), {
    ...defaults,
    brokerAddress: "tcp://localhost:7000",
    metaAddress: "tcp://localhost:7001",
  });
});

Deno.test("environment: all that can be said", () => {
  const variables = {
    IS_ORIGIN: "0",
    WORKER_NAME: "w",
    BROKER_NAME: "b",
    BROKER_ADDRESS: "tcp://[::1]:1",
    META_ADDRESS: "tcp://[::1]:9",
    SCOOP_KEY: "secret",
    SCOOP_SIZE: "12",
    BROKER_ADDRESSES: "tcp://[::1]:1, tcp://[::1]:3",
    META_ADDRESSES: "tcp://[::1]:9, tcp://[::1]:4",
    SCOOP_BROKER_GRACE: "2.5",
    SCOOP_PROGRAM: "file:///main.ts",
    SCOOP_VERBOSITY: "-1",
  };
  for (const name of Object.keys(variables)) assert.ok(VARIABLES.includes(name), name);
  assert.deepEqual(read(variables), {
    isOrigin: false,
    workerName: "w",
    brokerName: "b",
    brokerAddress: "tcp://[::1]:1",
    metaAddress: "tcp://[::1]:9",
    key: "secret",
    keys: undefined,
    others: [{ task: "tcp://[::1]:3", meta: "tcp://[::1]:4" }],
    brokerGraceMs: 2500,
    size: 12,
    program: "file:///main.ts",
    verbosity: -1,
  });
});

Deno.test("environment: what means nothing is named", () => {
  const wrong: [variables: Record<string, string>, message: RegExp][] = [
    [{ IS_ORIGIN: "yes" }, /IS_ORIGIN must be 1 or 0, got "yes"/],
    [{ BROKER_ADDRESS: "localhost:5555" }, /"localhost:5555" is no address such as tcp:/],
    [{ IS_ORIGIN: "1", SCOOP_BROKER_GRACE: "-1" }, /SCOOP_BROKER_GRACE must be a number of sec/],
    [{ IS_ORIGIN: "1", BROKER_ADDRESSES: "here" }, /"here" is no address such as tcp:/],
    [{ IS_ORIGIN: "1", SCOOP_SIZE: "many" }, /SCOOP_SIZE must be a whole number, got "many"/],
    [{ IS_ORIGIN: "1", SCOOP_VERBOSITY: "1.5" }, /SCOOP_VERBOSITY must be a whole number/],
  ];
  for (const [variables, message] of wrong) assert.throws(() => read(variables), { message });
});

Deno.test("environment: beyond this host only with keys", async () => {
  const needsKeys = /is not on this host alone, which needs keys: set SCOOP_KEYS to/;
  assert.throws(() => read({ BROKER_ADDRESS: "tcp://host:7000" }), needsKeys);
  assert.throws(() => read({ META_ADDRESS: "tcp://host:7000" }), needsKeys);
  const SCOOP_KEYS = (await makeRunKeys()).worker.encode();
  const { keys, metaAddress } = read({ BROKER_ADDRESS: "tcp://host:7000", SCOOP_KEYS })!;
  assert.equal(keys!.encode(), SCOOP_KEYS);
  assert.equal(metaAddress, "tcp://host:7001");
  assert.ok(VARIABLES.includes("SCOOP_KEYS"));
});

Deno.test("environment: programs that a task starts inherit nothing of the run", async () => {
  const module = new URL("../../worker/environment.ts", import.meta.url).href;
  const SCOOP_KEYS = (await makeRunKeys()).worker.encode();
  const program = `
    import { readEnvironment } from "${module}";
    readEnvironment();
    const { key, keys, workerName } = readEnvironment();
    const command = "echo \\"nothing$SCOOP_KEY$SCOOP_KEYS$WORKER_NAME\\"";
    const { stdout } = await new Deno.Command("sh", { args: ["-c", command] }).output();
    console.log(key, keys.encode().length, workerName, new TextDecoder().decode(stdout).trim());`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", program],
    env: { SCOOP_KEY: "secret", SCOOP_KEYS, WORKER_NAME: "w" },
  }).output();
  assert.equal(new TextDecoder().decode(stdout), `secret ${SCOOP_KEYS.length} w nothing\n`);
});

Deno.test("environment: a worker by hand stays one, whoever asks", async () => {
  const module = new URL("../../worker/environment.ts", import.meta.url).href;
  const program = `
    import { readEnvironment } from "${module}";
    // Another copy of the library in the same program.
    const copy = await import("${module}?copy");
    console.log(readEnvironment(), readEnvironment(true).isOrigin, copy.readEnvironment().isOrigin);`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", program],
    env: { NO_COLOR: "1" },
  }).output();
  assert.equal(new TextDecoder().decode(stdout), "undefined false false\n");
});

Deno.test("environment: without permission to read it, nobody is asked", async () => {
  const module = new URL("../../worker/environment.ts", import.meta.url).href;
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--no-config",
      `import { readEnvironment } from "${module}"; console.log(readEnvironment());`,
    ],
    env: { IS_ORIGIN: "1", DENO_NO_PACKAGE_JSON: "1" },
  });
  // `deno eval` may do anything; the same module under `deno run` may do nothing.
  const allowed = await command.output();
  assert.match(new TextDecoder().decode(allowed.stdout), /isOrigin: true/);
  const data = `data:application/typescript,${
    encodeURIComponent(
      `import { readEnvironment } from "${module}"; console.log(readEnvironment());`,
    )
  }`;
  const denied = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-import", data],
    env: { IS_ORIGIN: "1" },
    stdin: "null",
  }).output();
  const stderr = new TextDecoder().decode(denied.stderr);
  assert.equal(new TextDecoder().decode(denied.stdout).trim(), "undefined", stderr);
});
