/**
 * What becomes of a run's results: the documentation, the stored ratios, the comparison with them.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { excerpt, replacePart, wholeTable } from "./markdown.ts";
import { compareRatios, type Ratios, ratiosOf } from "./ratios.ts";
import type { Results } from "./results.ts";

const PAGE = new URL("../docs/benchmarks.md", import.meta.url);
const README = new URL("../README.md", import.meta.url);
const RATIOS = new URL("ratios.json", import.meta.url);

/** Replaces the tables in the documentation. */
export async function writePages(results: Results): Promise<void> {
  await writePart(PAGE, "table", wholeTable(results));
  await writePart(README, "excerpt", excerpt(results));
  await format(PAGE, README);
}

async function writePart(page: URL, name: string, body: string): Promise<void> {
  await Deno.writeTextFile(page, replacePart(await Deno.readTextFile(page), name, body));
}

/** Stores the ratios of the rows that were measured; those of other rows stay. */
export async function storeRatios(results: Results): Promise<void> {
  const all = { ...await readRatios(), ...ratiosOf(results) };
  await Deno.writeTextFile(RATIOS, JSON.stringify(all, null, 2) + "\n");
}

/** Compares with the stored ratios and says so, a line for each that has fallen; true if none has. */
export async function checkRatios(results: Results): Promise<boolean> {
  const { compared, fallen, missing } = compareRatios(await readRatios(), results);
  for (const line of fallen) console.log(`fallen: ${line}`);
  for (const line of missing) console.log(`not compared: ${line}`);
  console.log(`${compared} ratios compared, ${fallen.length} have fallen`);
  // A comparison that cannot fail is none.
  if (compared === 0) {
    console.error("bench: no row that was measured has a ratio in bench/ratios.json");
  }
  return compared > 0 && fallen.length === 0;
}

async function readRatios(): Promise<Ratios> {
  try {
    return JSON.parse(await Deno.readTextFile(RATIOS));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

/** Tables are as wide as their widest cell, as `deno fmt --check` wants them. */
async function format(...pages: URL[]): Promise<void> {
  const args = ["fmt", "--quiet", ...pages.map((page) => fileURLToPath(page))];
  const { success } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (!success) throw new Error("deno fmt could not format the pages");
}
