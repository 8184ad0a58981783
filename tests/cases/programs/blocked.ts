/**
 * A program with an Executor that computes for 5 s without a pause, while its workers execute
 * tasks. Prints, as JSON, which workers there were before and after, and how often tasks ran.
 */

import { Executor } from "../../../mod.ts";
import { range, sleep, spin } from "../../api/programs/checks.ts";

const BLOCK = 5000;
const TASKS = 100;

export async function work(i: number, folder: string): Promise<number> {
  Deno.writeTextFileSync(`${folder}/${i}`, "x", { append: true });
  if (i % 10 === 0) await sleep(200);
  else spin(30);
  return i;
}

/** Takes longer than the program is blocked. */
export async function pay(folder: string): Promise<string> {
  Deno.writeTextFileSync(`${folder}/paid`, "x", { append: true });
  await sleep(BLOCK + 2000);
  return "paid";
}

export async function pid(_: number): Promise<number> {
  await sleep(20);
  return Deno.pid;
}

if (import.meta.main) {
  await using pool = new Executor({ workers: 2, flags: ["-A"] });
  await pool.ready;
  const pids = async () => {
    const found = new Set<number>();
    while (found.size < 2) for (const one of await pool.map(pid, range(8))) found.add(one);
    return [...found].sort((a, b) => a - b);
  };
  const folder = Deno.makeTempDirSync();
  const before = await pids();
  const paid = pool.submit(pay, folder);
  const results = pool.map(work, range(TASKS), Array(TASKS).fill(folder));
  const first = results.next();
  await sleep(500);
  spin(BLOCK);
  const sum = (await first).value! + (await results).reduce((a, b) => a + b);
  const outcome = await paid;
  // What came of the block, if anything, has come.
  await sleep(2000);
  const after = await pids();
  const runs = [...Deno.readDirSync(folder)].map(({ name }) =>
    Deno.statSync(`${folder}/${name}`).size
  );
  Deno.removeSync(folder, { recursive: true });
  const most = Math.max(...runs);
  console.log(JSON.stringify({ before, after, sum, outcome, ran: runs.length, most }));
}
