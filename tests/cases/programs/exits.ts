/**
 * Tasks that end their process in the middle of a bundle, on the origin: once each, or at every
 * attempt ("always"). Prints, as JSON, the outcomes and which tasks have done so.
 */

import { scoop, submit, withOptions } from "../../../mod.ts";
import { everybody, range, sleep } from "../../api/programs/checks.ts";

const TASKS = 60;
const BUNDLE = 6;

/** Long enough that part of its bundle is reported before the next one begins. */
export async function work(i: number, folder: string, always: boolean): Promise<number> {
  await sleep(60);
  if (i % BUNDLE === 2 && scoop.isOrigin) {
    const mark = `${folder}/${i}`;
    const before = exists(mark);
    Deno.writeTextFileSync(mark, "");
    if (always || !before) Deno.exit(1);
  }
  return i;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Spawns them, on another worker than the origin. */
export async function spawn(folder: string, always: boolean): Promise<unknown[] | undefined> {
  if (scoop.isOrigin) return undefined;
  const options = { chunkSize: BUNDLE, retries: always ? 0 : 2 };
  const same = <T>(value: T) => Array<T>(TASKS).fill(value);
  const results = withOptions(options).map(work, range(TASKS), same(folder), same(always));
  const settled = await Promise.allSettled(range(TASKS).map(() => results.next()));
  return settled.map((one) =>
    one.status === "fulfilled" ? one.value.value : (one.reason as Error).name
  );
}

if (import.meta.main) {
  const always = Deno.args[0] === "always";
  await everybody();
  let outcomes: unknown[] | undefined;
  let exited: number[] = [];
  // Until it was another worker that spawned, and the origin that took some.
  while (outcomes === undefined || exited.length === 0) {
    const folder = Deno.makeTempDirSync();
    const future = submit(spawn, folder, always);
    await sleep(200);
    outcomes = await future;
    exited = [...Deno.readDirSync(folder)].map(({ name }) => Number(name));
    Deno.removeSync(folder, { recursive: true });
  }
  console.log(JSON.stringify({ outcomes, exited: exited.sort((a, b) => a - b) }));
}
