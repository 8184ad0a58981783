/**
 * Programs whose tasks use too much of something; which, is the argument.
 *
 * @module
 */

import { Executor, map, mapSettled, scoop, submit } from "../../../mod.ts";

const MEGABYTE = 1024 ** 2;
const kept: Uint8Array[] = [];

function compute(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

/** Leaves 60 MB behind. */
export function leak(_: number): string {
  kept.push(new Uint8Array(60 * MEGABYTE).fill(1));
  compute(200);
  return scoop.workerName;
}

/** The one of them that uses more and more, and says each time that it begins. */
export function grow(x: number): number {
  if (x !== 3) compute(50);
  else {
    console.log("grow begins");
    for (const all: Uint8Array[] = [];;) {
      all.push(new Uint8Array(20 * MEGABYTE).fill(1));
      compute(20);
    }
  }
  return x;
}

export function who(_: number): string {
  return scoop.workerName;
}

/** Fills the heap itself. */
export function fillHeap(): number {
  const all: number[][] = [];
  for (;;) all.push(new Array(10_000).fill(all.length));
}

export function slow(_: number): number {
  compute(300);
  return 1;
}

export async function child(x: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return x;
}

/** Waits for tasks that whoever runs this may be the only one to run. */
export async function parent(children: number): Promise<number> {
  return (await map(child, numbers(children))).reduce((sum, x) => sum + x, 0);
}

async function tell(settled: Promise<{ status: string; reason?: unknown }[]>): Promise<void> {
  const all = await settled;
  const reasons = all.flatMap(({ reason }) => reason === undefined ? [] : [String(reason)]);
  const done = all.filter(({ status }) => status === "fulfilled").length;
  console.log(JSON.stringify({ done, reasons: [...new Set(reasons)] }));
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

const MODES: Record<string, () => Promise<void>> = {
  async leak() {
    const names = await Array.fromAsync(map(leak, numbers(16)));
    console.log(JSON.stringify({ names }));
  },
  grow: () => tell(Array.fromAsync(mapSettled(grow, numbers(8)))),
  async executor() {
    await using pool = new Executor({ workers: 2, flags: ["--max-memory=400M"] });
    await tell(Array.fromAsync(pool.mapSettled(grow, numbers(8))));
  },
  async tasks() {
    await using pool = new Executor({ workers: 2, flags: ["--max-tasks=3"] });
    const names = await Array.fromAsync(pool.map(who, numbers(30)));
    console.log(JSON.stringify({ names }));
  },
  async nested() {
    console.log(JSON.stringify({ sums: await map(parent, [20, 20, 20, 20]) }));
  },
  async heap() {
    await using pool = new Executor({ workers: 1, flags: ["--heap=100M"] });
    const future = pool.withOptions({ retries: 0 }).submit(fillHeap);
    console.log(await future.then(() => "", (error) => (error as Error).message));
  },
  async drained() {
    await map(slow, numbers(500));
  },
  async settled() {
    await tell(Array.fromAsync(mapSettled(slow, numbers(200))));
    console.log(await submit(slow, 0).then(() => "begun", String));
  },
  async signals() {
    for (const signal of ["SIGUSR1", "SIGUSR2"] as const) {
      Deno.addSignalListener(signal, () => console.log(`got ${signal}`));
    }
    await MODES.waits!();
  },
  async waits() {
    const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
    console.log(`waits ${Deno.pid}`);
    Deno.addSignalListener("SIGTERM", () => Deno.exit(7));
    console.log(`sleep: ${(await child.status).signal}`);
  },
};

if (import.meta.main) await MODES[Deno.args[0]!]!();
