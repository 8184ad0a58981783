/**
 * Measures this project and its peers on the same work: `deno task bench --help`.
 *
 * The exit code is 0 when all of our own results are right and, with --check, no ratio has fallen;
 * else it is 1.
 *
 * @module
 */

import { readArguments, type Settings } from "./arguments.ts";
import type { Contestant } from "./contestant.ts";
import { checkRatios, storeRatios, writePages } from "./keeping.ts";
import { describeMachine } from "./machine.ts";
import { denoWorkers, multithreading } from "./peers/deno_pools.ts";
import { piscina, poolifier, tinypool, workerpool } from "./peers/node_packages.ts";
import { ours, watched } from "./peers/ours.ts";
import { pythonBestChunk, pythonPool } from "./peers/python.ts";
import { zeromq } from "./peers/zeromq.ts";
import { endRunning } from "./process.ts";
import { profileFolder, summarize } from "./profile.ts";
import { OURS } from "./ratios.ts";
import { type Entrants, resultRows, type Results } from "./results.ts";
import { measureRow } from "./rotation.ts";
import type { Row } from "./rows/row.ts";
import { allRows } from "./rows/rows.ts";
import { columns, header, lines, type MeasuredRow, refusals, remarks } from "./table.ts";

const PEERS: readonly Contestant[] = [
  watched,
  denoWorkers,
  piscina,
  tinypool,
  poolifier,
  workerpool,
  multithreading,
  pythonPool,
  pythonBestChunk,
  zeromq,
];

/** Who takes part. */
interface Entered extends Entrants {
  readonly present: readonly Contestant[];
}

if (import.meta.main) {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => endRunning().finally(() => Deno.exit(130)));
  }
  Deno.exit(await main(readArguments(Deno.args)));
}

async function main(settings: Settings): Promise<number> {
  const { list, from } = settings;
  const rows = allRows(settings.scale).filter(({ name }) => settings.only.test(name));
  if (rows.length === 0) {
    console.error("bench: no row matches --only; --list prints their names");
    return 2;
  }
  if (list) {
    for (const { name } of rows) console.log(name);
    return 0;
  }
  if (from !== undefined) {
    const results = await readResults(from);
    if (typeof results !== "string") return await keep(results, settings);
    console.error(`bench: ${from} holds no figures of --json: ${results}`);
    return 2;
  }
  const start = performance.now();
  const peers = PEERS.filter(({ name }) => settings.peers.test(name));
  const entrants = await enter([ours(settings.profile), ...peers]);
  const results = await measureAll(rows, entrants, settings);
  console.log(`took ${inWords(performance.now() - start)}`);
  const kept = await keep(results, settings);
  return results.rows.every(({ figures }) => figures[OURS]!.right) ? kept : 1;
}

/** Measures all rows, and prints the table line by line. */
async function measureAll(
  rows: readonly Row[],
  { present, ...entrants }: Entered,
  { repeat, scale, json, profile }: Settings,
): Promise<Results> {
  const about = { at: new Date().toISOString(), machine: await describeMachine(), repeat, scale };
  const names = present.map(({ name }) => name);
  console.log(header(about.machine, introductions(entrants), repeat));
  console.log(columns(names));
  const measured: MeasuredRow[] = [];
  const results = () => ({ ...about, ...entrants, rows: resultRows(measured) });
  for (const row of rows) {
    const one = await measureRow(row, present, repeat, progress);
    progress("");
    measured.push(one);
    console.log(lines(one, names, repeat));
    if (json) await Deno.writeTextFile(json, JSON.stringify(results(), null, 2) + "\n");
    if (profile) console.log(await summarize(profileFolder(profile, row.workload)));
  }
  const notes = [...refusals(measured), ...measured.flatMap(remarks)];
  if (notes.length > 0) console.log(`\n${notes.join("\n")}\n`);
  return results();
}

/** What `--json` wrote to a file, or what is wrong with it. */
async function readResults(file: string): Promise<Results | string> {
  try {
    const results: Results | null = JSON.parse(await Deno.readTextFile(file));
    const isComplete = Array.isArray(results?.rows) && typeof results.contestants === "object";
    return isComplete && results.rows.length > 0 ? results : "it has no rows";
  } catch (error) {
    return (error as Error).message;
  }
}

/** Does with results what was asked for, and returns the exit code. */
async function keep(results: Results, { write, store, check }: Settings): Promise<number> {
  if ((write || store || check) && results.scale !== 1) {
    console.error("bench: figures of another size are neither kept nor compared");
    return 2;
  }
  // Before new ratios take the place of those it is compared with.
  const fine = !check || await checkRatios(results);
  if (store) await storeRatios(results);
  if (write) await writePages(results);
  return fine ? 0 : 1;
}

/** Prepares all; who cannot be prepared is left out. */
async function enter(contestants: readonly Contestant[]): Promise<Entered> {
  const present: Contestant[] = [];
  const descriptions: Record<string, string> = {};
  const skipped: Record<string, string> = {};
  for (const contestant of contestants) {
    const { name } = contestant;
    progress(`preparing ${name}`);
    try {
      descriptions[name] = await contestant.prepare();
      present.push(contestant);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      skipped[name] = text.split("\n", 1)[0]!;
    }
  }
  progress("");
  const roles = Object.fromEntries(present.map(({ name, role }) => [name, role]));
  return { present, contestants: descriptions, roles, skipped };
}

function introductions({ contestants, skipped }: Entrants): string[] {
  return [
    ...Object.entries(contestants).map(([name, text]) => `${name}: ${text}`),
    ...Object.entries(skipped).map(([name, reason]) => `${name}: skipped, ${reason}`),
  ];
}

/** One line on the terminal that says what goes on, and leaves nothing behind. */
function progress(text: string): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
}

function inWords(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
