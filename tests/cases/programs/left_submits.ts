/** Submits tasks and ends, without awaiting any. Each writes to a file that it has begun. */

import { Executor, submit } from "../../../mod.ts";

/** Tasks in all. */
export const TASKS = 24;

/** Nothing that is printed would be as sure to arrive, when workers end. */
function begin(i: number): void {
  Deno.writeTextFileSync(Deno.args[2]!, `began ${i}\n`, { append: true });
}

export function fails(i: number): never {
  begin(i);
  throw new RangeError(`of ${i}`);
}

export function works(i: number): number {
  begin(i);
  for (const until = Date.now() + 5; Date.now() < until;);
  return i;
}

type Spawn = (fn: (i: number) => number, i: number) => unknown;

function spawnAll(spawn: Spawn): void {
  for (let i = 0; i < TASKS; i++) spawn(i % 3 === 0 ? fails : works, i);
}

export function spawnInTask(): void {
  spawnAll(submit);
}

if (import.meta.main) {
  const [how, milliseconds = "0"] = Deno.args;
  const pause = () => new Promise((resolve) => setTimeout(resolve, Number(milliseconds)));
  switch (how) {
    case "in a task":
      await submit(spawnInTask);
      await pause();
      break;
    case "Executor": {
      await using pool = new Executor({ workers: 2, flags: ["-A"] });
      spawnAll((fn, i) => pool.submit(fn, i));
      break;
    }
    case "Executor, not waited for":
    case "Executor, forgotten": {
      const pool = new Executor({ workers: 2, flags: ["-A"] });
      await pool.ready;
      spawnAll((fn, i) => pool.submit(fn, i));
      await pause();
      if (how === "Executor, forgotten") break;
      await pool.shutdown({ wait: false });
      break;
    }
    default:
      spawnAll(submit);
      await pause();
  }
  console.log("end");
}
