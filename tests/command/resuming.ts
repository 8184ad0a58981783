/**
 * What the tests of `--resume` have in common.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runAlone } from "../launch_program.ts";

const CLI = fileURLToPath(import.meta.resolve("../../cli.ts"));

/** The program whose results are kept. */
export const PROGRAM = fileURLToPath(import.meta.resolve("./programs/resumed.ts"));

/** A folder of its own, with the names of what is written there. */
export async function inFolder(
  test: (paths: { folder: string; file: string; marks: string }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test({ folder, file: join(folder, "kept"), marks: join(folder, "marks") });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What was computed since the last look. */
export async function computed(marks: string): Promise<string[]> {
  try {
    const text = await Deno.readTextFile(marks);
    await Deno.remove(marks);
    return text.trim().split("\n").sort((a, b) => Number(a) - Number(b));
  } catch {
    return [];
  }
}

/** Runs `scoop resume` with these arguments. */
export function resume(...args: string[]) {
  return runAlone(CLI, { args: ["resume", ...args] });
}
