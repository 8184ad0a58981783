/** Tasks that leave a mark each in a file when they are computed; called with their number. */

import { map, submit, withOptions } from "../../../mod.ts";

const FACTOR = 3;

export function work(marks: string, milliseconds: number, x: number): number {
  Deno.writeTextFileSync(marks, `${x}\n`, { append: true });
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
  if (x < 0) throw new RangeError("below 0");
  return x * FACTOR;
}

/** A task of a task: what it spawns is its own affair. */
export async function nested(marks: string, x: number): Promise<number> {
  return await submit(work, marks, 0, x);
}

if (import.meta.main) {
  const [what, marks = "", tasks = "10", milliseconds = "0"] = Deno.args;
  const inputs = Array.from({ length: Number(tasks) }, (_, i) => i);
  const fill = <T>(value: T) => inputs.map(() => value);
  if (what === "sum") {
    let sum = 0;
    const results = map(work, fill(marks), fill(Number(milliseconds)), inputs);
    for await (const result of results) sum += result;
    console.log(sum);
  } else if (what === "same") {
    const keyed = withOptions({ key: "same" });
    const left = withOptions({ key: false });
    console.log((await map(work, fill(marks), fill(0), fill(1))).join());
    console.log((await keyed.map(work, fill(marks), fill(0), fill(2))).join());
    console.log((await left.map(work, fill(marks), fill(0), fill(3))).join());
    console.log(await nested(marks, 4), await submit(nested, marks, 5));
  } else if (what === "failing") {
    const results = await Promise.allSettled([-1, 2].map((x) => submit(work, marks, 0, x)));
    console.log(results.map(({ status }) => status).join());
  }
}
