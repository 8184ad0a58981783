import assert from "node:assert/strict";
import {
  describePlan,
  environment,
  makePlan,
  replacementDelay,
  replacementName,
} from "../../launch/plan.ts";
import { LIMITS } from "../../wire/limits.ts";

Deno.test("one worker is the origin alone", () => {
  assert.deepEqual(makePlan([{ host: "127.0.0.1", workers: 1 }]), {
    size: 1,
    processes: [{ name: "origin", host: "127.0.0.1", origin: true, broker: 0 }],
    brokers: [{ name: "broker", host: "127.0.0.1" }],
  });
});

Deno.test("workers are numbered through over all hosts; the first host has the origin", () => {
  const plan = makePlan([{ host: "a", workers: 2 }, { host: "c", workers: 2 }]);
  assert.deepEqual(plan.processes.map(({ name, host }) => `${name}@${host}`), [
    "origin@a",
    "worker-1@a",
    "worker-2@c",
    "worker-3@c",
  ]);
  assert.equal(plan.size, 4);
});

Deno.test("brokers have as many workers each, neighbours together, on the host of the first", () => {
  const plan = makePlan([{ host: "a", workers: 3 }, { host: "b", workers: 4 }], 3);
  assert.deepEqual(plan.processes.map(({ broker }) => broker), [0, 0, 0, 1, 1, 2, 2]);
  assert.deepEqual(plan.brokers, [
    { name: "broker", host: "a" },
    { name: "broker-2", host: "b" },
    { name: "broker-3", host: "b" },
  ]);
  assert.throws(() => makePlan([{ host: "a", workers: 2 }], 3), {
    name: "UsageError",
    message: "3 brokers are too many for 2 workers: each needs one",
  });
});

Deno.test("a plan in words has a line for each host", () => {
  const plan = makePlan([{ host: "127.0.0.1", workers: 2 }, { host: "alpha", workers: 4 }], 2);
  const reach = (host: string) => host === "alpha" ? "by ssh" : "here";
  assert.equal(
    describePlan(plan, reach, false),
    `6 workers, the origin among them; broker on this host, broker-2 on alpha
host       reached  workers               broker
127.0.0.1  here     origin, worker-1      broker
alpha      by ssh   worker-2 to worker-5  broker, broker-2
`,
  );
  assert.match(describePlan(plan, reach, true), /broker-2 on this host\n/);
});

Deno.test("replacements count up", () => {
  assert.equal(replacementName("worker-1"), "worker-1.2");
  assert.equal(replacementName("worker-1.2"), "worker-1.3");
  assert.equal(replacementName("worker-12.9"), "worker-12.10");
});

Deno.test("replacements come later and later, up to 30 s, and soon again after a long life", () => {
  let delay = 0;
  const delays = Array.from({ length: 11 }, () => delay = replacementDelay(delay, 10));
  assert.deepEqual(delays, [
    100,
    200,
    400,
    800,
    1600,
    3200,
    6400,
    12800,
    25600,
    30000,
    30000,
  ]);
  assert.equal(replacementDelay(30000, LIMITS.soundAfterMs - 1), 30000);
  assert.equal(replacementDelay(30000, LIMITS.soundAfterMs), LIMITS.replaceFirstMs);
});

Deno.test("every process is told the same but who it is", () => {
  const facts = {
    brokerName: "broker",
    taskAddress: "tcp://127.0.0.1:1",
    metaAddress: "tcp://127.0.0.1:2",
    others: [],
    key: "00ff",
    keys: "",
    size: 3,
    program: "file:///prog.ts",
    verbosity: 2,
    debug: false,
  };
  const origin = environment(facts, { name: "origin", origin: true });
  const worker = environment(facts, { name: "worker-1", origin: false });
  assert.deepEqual(origin, {
    IS_ORIGIN: "1",
    WORKER_NAME: "origin",
    BROKER_NAME: "broker",
    BROKER_ADDRESS: "tcp://127.0.0.1:1",
    META_ADDRESS: "tcp://127.0.0.1:2",
    BROKER_ADDRESSES: "",
    META_ADDRESSES: "",
    SCOOP_BROKER_GRACE: "0",
    SCOOP_KEY: "00ff",
    SCOOP_SIZE: "3",
    SCOOP_PROGRAM: "file:///prog.ts",
    SCOOP_VERBOSITY: "2",
    SCOOP_DEBUG: "0",
    SCOOP_FOR_DENO: "",
    SCOOP_HOST: "",
    SCOOP_KEYS: "",
    SCOOP_MAX_MEMORY: "",
    SCOOP_MAX_TASKS: "",
    SCOOP_LOG: "",
    SCOOP_RESUME: "",
    SCOOP_SHARED: "",
  });
  const logged = environment({ ...facts, log: "records:00" }, { name: "origin", origin: true });
  assert.deepEqual(logged, { ...origin, SCOOP_LOG: "records:00" });
  const keeping = { ...facts, resume: "/data/kept" };
  const kept = environment(keeping, { name: "origin", origin: true });
  assert.deepEqual(kept, { ...origin, SCOOP_RESUME: "/data/kept" });
  assert.deepEqual(environment(keeping, { name: "worker-1", origin: false }), worker);
  const encrypted = environment({ ...facts, keys: "k" }, { name: "origin", origin: true });
  assert.deepEqual(encrypted, { ...origin, SCOOP_KEYS: "k" });
  const others = [{ task: "tcp://a:1", meta: "tcp://a:2" }, {
    task: "tcp://b:1",
    meta: "tcp://b:2",
  }];
  assert.deepEqual(environment({ ...facts, others }, { name: "origin", origin: true }), {
    ...origin,
    BROKER_ADDRESSES: "tcp://a:1,tcp://b:1",
    META_ADDRESSES: "tcp://a:2,tcp://b:2",
  });
  const debugged = environment({ ...facts, debug: true }, { name: "origin", origin: true });
  assert.deepEqual(debugged, { ...origin, SCOOP_DEBUG: "1" });
  assert.deepEqual(worker, { ...origin, IS_ORIGIN: "0", WORKER_NAME: "worker-1" });
});
