/** Tasks that may run only once, one of which ends its worker; how often each was begun. */

import { submit, task } from "../../../mod.ts";

const TASKS = 12;
const FATAL = 4;

export function once(folder: string, i: number): string {
  Deno.writeTextFileSync(`${folder}/${i}`, "x", { append: true });
  for (const until = Date.now() + 20; Date.now() < until;);
  if (i === FATAL) Deno.exit(3);
  return "done";
}
task(once, { idempotent: false });

if (import.meta.main) {
  const folder = Deno.args[0]!;
  const futures = Array.from({ length: TASKS }, (_, i) => submit(once, folder, i));
  for (const [i, end] of (await Promise.allSettled(futures)).entries()) {
    const times = Deno.readTextFileSync(`${folder}/${i}`).length;
    console.log(times, end.status === "fulfilled" ? end.value : end.reason.message);
  }
}
