/**
 * Runs that are slow for one reason each, which is the first argument. Their tasks sleep rather than
 * compute, so that it does not matter what else the machine does.
 */

import { map, scoop, submit, withOptions } from "../../../mod.ts";

const lock = new Int32Array(new SharedArrayBuffer(4));

/** Holds the processor as a task does that computes. */
function sleep(ms: number): void {
  Atomics.wait(lock, 0, 0, ms);
}

export function nap(ms: number): number {
  sleep(ms);
  return ms;
}

export function bigTask(ms: number): number {
  return nap(ms);
}

export function tiny(x: number): number {
  return x + 1;
}

/** Slow on one worker. */
export function uneven(ms: number): number {
  return nap(scoop.workerName === "worker-1" ? ms * 5 : ms);
}

export function wide(bytes: Uint8Array): Uint8Array {
  return bytes;
}

export async function prepare(ms: number): Promise<number> {
  sleep(ms);
  return (await map(nap, Array(40).fill(20))).length;
}

let failures = 0;

export function flaky(ms: number): number {
  sleep(ms);
  if (failures++ % 4 < 3) throw new Error("not yet");
  return ms;
}

const RUNS: Record<string, () => PromiseLike<unknown>> = {
  fine: () => map(nap, Array(600).fill(50)),
  "huge task": () => Promise.all([map(nap, Array(80).fill(25)), submit(bigTask, 5_000)]),
  "tiny tasks": () => map(tiny, Array(3_000_000).fill(1)),
  "slow worker": () => map(uneven, Array(500).fill(40)),
  "large data": async () => {
    for (let i = 0; i < 8; i++) {
      await map(wide, Array.from({ length: 16 }, () => new Uint8Array(6_000_000)));
    }
  },
  "serial program": async () => {
    for (let i = 0; i < 5; i++) {
      sleep(800);
      await map(nap, Array(40).fill(10));
    }
  },
  "one at a time": async () => {
    for (let i = 0; i < 60; i++) await submit(nap, 60);
  },
  rounds: async () => {
    for (let i = 0; i < 12; i++) await map(nap, [350, 20, 20, 20, 20, 20, 20]);
  },
  "large bundles": () => withOptions({ chunkSize: 100 }).map(nap, Array(250).fill(30)),
  "serial task": () => submit(prepare, 4_000),
  "failed attempts": () =>
    withOptions({ retries: { thrown: 30, delay: 1, factor: 1 } }).map(flaky, Array(60).fill(50)),
  "few tasks": () => map(nap, [3_500]),
};

if (import.meta.main) await RUNS[Deno.args[0]!]!();
