/** Tasks that may run only once, one of which ends its worker; how often each was begun. */

import { mapReduce, submit, task } from "../../../mod.ts";

const TASKS = 12;
const FATAL = 4;

export function once(folder: string, i: number): string {
  Deno.writeTextFileSync(`${folder}/${i}`, "x", { append: true });
  for (const until = Date.now() + 20; Date.now() < until;);
  if (i === FATAL) Deno.exit(3);
  return "done";
}
task(once, { idempotent: false });

export function concat(a: string, b: string): string {
  return a + b;
}

/** How often each has begun. */
function begun(folder: string): number[] {
  return [...Deno.readDirSync(folder)].map(({ name }) =>
    Deno.readTextFileSync(`${folder}/${name}`).length
  );
}

if (Deno.args[1] === "reduce") {
  if (import.meta.main) {
    const folder = Deno.args[0]!;
    const indices = Array.from({ length: TASKS }, (_, i) => i);
    const reduced = mapReduce(once, concat, Array(TASKS).fill(folder), indices);
    console.log(await reduced.then(String, ({ message }) => message));
    console.log(Math.max(...begun(folder)));
  }
} else if (import.meta.main) {
  const folder = Deno.args[0]!;
  const futures = Array.from({ length: TASKS }, (_, i) => submit(once, folder, i));
  for (const [i, end] of (await Promise.allSettled(futures)).entries()) {
    const times = Deno.readTextFileSync(`${folder}/${i}`).length;
    console.log(times, end.status === "fulfilled" ? end.value : end.reason.message);
  }
}
