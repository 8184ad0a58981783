/** The facts of `scoop`, and `startup` in a program that was launched or runs alone. */

import assert from "node:assert/strict";
import { map, scoop, startup, submit } from "./api.ts";
import {
  declareChecks,
  everybody,
  except,
  rejects,
  runChecks,
  sleep,
  traitsHere,
} from "./checks.ts";

export function facts() {
  const { isRunning, isOrigin, size, workerName, brokerName } = scoop;
  return { isRunning, isOrigin, size, workerName, brokerName };
}

export async function mainModule(_: number): Promise<string> {
  await sleep(5);
  return Deno.mainModule;
}

export function add(a: number, b: number): number {
  return a + b;
}

async function main(a: number, b: number): Promise<number> {
  return await submit(add, a, b);
}

declareChecks({
  "the program is the origin": except({
    task: "a task may be on any worker",
    executor: "a program with an Executor is no worker of it",
  }, () => {
    const traits = traitsHere();
    const launched = !traits.has("plain");
    assert.deepEqual(facts(), {
      isRunning: launched,
      isOrigin: true,
      size: traits.has("federation") ? 4 : traits.has("several") ? 3 : 1,
      workerName: "origin",
      brokerName: launched ? scoop.brokerName : "",
    });
    assert.match(scoop.brokerName, launched ? /^broker/ : /^$/);
  }),

  "every worker knows who it is": except({
    executor: "a program with an Executor is no worker of it",
    pool: "a program with an Executor is no worker of it",
    federation: "workers of several brokers differ in more than their names",
  }, async () => {
    const names = await everybody();
    assert.equal(names.size, scoop.size);
    assert.ok(names.has("origin"));
    const seen = new Set<string>();
    while (seen.size < names.size) {
      const told = await submit(facts);
      const { workerName } = told;
      assert.deepEqual(told, { ...facts(), workerName, isOrigin: workerName === "origin" });
      seen.add(workerName);
      await everybody();
      if (scoop.size > 1) { for (const name of await elsewhere()) seen.add(name); }
    }
  }),

  "Deno.mainModule is the program, wherever a task runs": except({
    hosts: "it may be in another folder there",
  }, async () => {
    await everybody();
    const all = await map(mainModule, Array(8 * scoop.size).fill(0));
    assert.deepEqual(new Set(all), new Set([Deno.mainModule]));
    assert.match(Deno.mainModule, /\/tests\/api\/programs\/[a-z_]+\.ts$/);
  }),

  "startup() runs the program": except({
    task: "on another worker than the origin startup() serves tasks",
  }, async () => {
    assert.equal(await startup(main, 1, 2), 3);
    assert.equal(await startup(() => "not async"), "not async");
    await rejects(startup(() => Promise.reject(new RangeError("no"))), /no/);
    await rejects(startup(() => assert.fail("no")), /no/);
    await rejects(startup(5 as unknown as () => void), TypeError);
  }),
});

/** Names of workers that told the right facts from elsewhere. */
async function elsewhere(): Promise<string[]> {
  const told = await Promise.all(Array.from({ length: 8 * scoop.size }, () => submit(facts)));
  for (const { workerName, isOrigin, isRunning, size, brokerName } of told) {
    assert.deepEqual([isOrigin, isRunning], [workerName === "origin", true]);
    assert.deepEqual([size, brokerName], [scoop.size, scoop.brokerName]);
  }
  return told.map(({ workerName }) => workerName);
}

if (import.meta.main) await runChecks();
