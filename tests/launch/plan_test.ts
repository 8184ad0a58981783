import assert from "node:assert/strict";
import { environment, makePlan, replacementDelay, replacementName } from "../../launch/plan.ts";

Deno.test("one worker is the origin alone", () => {
  assert.deepEqual(makePlan([{ host: "127.0.0.1", workers: 1 }]), {
    size: 1,
    processes: [{ name: "origin", host: "127.0.0.1", origin: true }],
  });
});

Deno.test("workers are numbered through over all hosts; the first host has the origin", () => {
  const plan = makePlan([
    { host: "a", workers: 2 },
    { host: "b", workers: 0 },
    { host: "c", workers: 2 },
  ]);
  assert.deepEqual(plan.processes.map(({ name, host }) => `${name}@${host}`), [
    "origin@a",
    "worker-1@a",
    "worker-2@c",
    "worker-3@c",
  ]);
  assert.equal(plan.size, 4);
});

Deno.test("an empty first host does not take the origin with it", () => {
  const plan = makePlan([{ host: "a", workers: 0 }, { host: "b", workers: 1 }]);
  assert.deepEqual(plan.processes, [{ name: "origin", host: "b", origin: true }]);
});

Deno.test("a plan without workers, or with parts of one, is refused", () => {
  assert.throws(() => makePlan([]), RangeError);
  assert.throws(() => makePlan([{ host: "a", workers: 0 }]), RangeError);
  assert.throws(() => makePlan([{ host: "a", workers: 1.5 }]), RangeError);
  assert.throws(() => makePlan([{ host: "a", workers: -1 }]), RangeError);
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
  assert.equal(replacementDelay(30000, 59_999), 30000);
  assert.equal(replacementDelay(30000, 60_000), 100);
});

Deno.test("every process is told the same but who it is", () => {
  const facts = {
    brokerName: "broker",
    taskAddress: "tcp://127.0.0.1:1",
    metaAddress: "tcp://127.0.0.1:2",
    key: "00ff",
    size: 3,
    program: "file:///prog.ts",
    verbosity: 2,
  };
  const origin = environment(facts, { name: "origin", origin: true });
  const worker = environment(facts, { name: "worker-1", origin: false });
  assert.deepEqual(origin, {
    IS_ORIGIN: "1",
    WORKER_NAME: "origin",
    BROKER_NAME: "broker",
    BROKER_ADDRESS: "tcp://127.0.0.1:1",
    META_ADDRESS: "tcp://127.0.0.1:2",
    SCOOP_KEY: "00ff",
    SCOOP_SIZE: "3",
    SCOOP_PROGRAM: "file:///prog.ts",
    SCOOP_VERBOSITY: "2",
  });
  assert.deepEqual(worker, { ...origin, IS_ORIGIN: "0", WORKER_NAME: "worker-1" });
});
