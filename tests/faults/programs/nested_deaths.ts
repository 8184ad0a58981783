/** Tasks that spawn tasks, some of which kill their worker on their first attempt. */

import { map, submit } from "../../../mod.ts";
import { attempt, die } from "./deadly.ts";

/** The leaves of a binary tree of `depth`; three of its inner nodes die once, with children out. */
export async function leaves(depth: number, node: number, folder: string): Promise<number> {
  if (depth === 0) return 1;
  const children = [
    submit(leaves, depth - 1, 2 * node, folder),
    submit(leaves, depth - 1, 2 * node + 1, folder),
  ];
  if ([2, 5, 13].includes(node)) {
    const [first] = children;
    const tried = attempt(folder, node);
    if (node !== 5) await first;
    if (tried === 1) die("kill");
  }
  const [left, right] = await Promise.all(children);
  return left! + right!;
}

/** A parent whose child dies once. */
export async function parent(folder: string): Promise<number[]> {
  return await map(child, [1, 2, 3, 4], Array(4).fill(folder));
}

export function child(x: number, folder: string): number {
  if (x === 3 && attempt(folder, "child") === 1) die("exit");
  return 10 * x;
}

if (import.meta.main) {
  const folder = Deno.args[0]!;
  console.log(await submit(leaves, 8, 1, folder));
  console.log(await submit(parent, folder));
}
