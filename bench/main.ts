/**
 * Measures this project and its peers on the same work: `deno task bench --help`.
 *
 * The exit code is 0 when all of our own results are right, else 1.
 *
 * @module
 */

import { readArguments, type Settings } from "./arguments.ts";
import type { Contestant } from "./contestant.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { piscina, workerpool } from "./peers/node_packages.ts";
import { ours, watched } from "./peers/ours.ts";
import { pythonBestChunk, pythonPool } from "./peers/python.ts";
import { zeromq } from "./peers/zeromq.ts";
import { endRunning } from "./process.ts";
import { profileFolder, summarize } from "./profile.ts";
import { measureRow } from "./rotation.ts";
import { allRows } from "./rows/rows.ts";
import { columns, figure, header, lines, type MeasuredRow, remarks, title } from "./table.ts";

const PEERS: readonly Contestant[] = [
  watched,
  piscina,
  workerpool,
  pythonPool,
  pythonBestChunk,
  zeromq,
];

/** Who takes part, as what, and who does not and why. */
interface Entries {
  readonly present: Contestant[];
  /** By name. */
  readonly descriptions: Record<string, string>;
  readonly skipped: Record<string, string>;
}

if (import.meta.main) {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => endRunning().finally(() => Deno.exit(130)));
  }
  Deno.exit(await main(readArguments(Deno.args)));
}

async function main(settings: Settings): Promise<number> {
  const { repeat, scale, only } = settings;
  const rows = allRows(scale).filter(({ name }) => only.test(name));
  if (rows.length === 0) {
    console.error("bench: no row matches --only; --list prints their names");
    return 2;
  }
  if (settings.list) {
    for (const { name } of rows) console.log(name);
    return 0;
  }
  const machine = await describeMachine();
  const peers = PEERS.filter(({ name }) => settings.peers.test(name));
  const entries = await enter([ours(settings.profile), ...peers]);
  const { present } = entries;
  const names = present.map(({ name }) => name);
  console.log(header(machine, introductions(entries), repeat));
  console.log(columns(names));
  const measured: MeasuredRow[] = [];
  for (const row of rows) {
    const one = await measureRow(row, present, repeat, progress);
    progress("");
    measured.push(one);
    console.log(lines(one, names, repeat));
    if (settings.json) await writeFigures(settings.json, machine, settings, entries, measured);
    if (settings.profile) {
      console.log(await summarize(profileFolder(settings.profile, row.workload)));
    }
  }
  const notes = measured.flatMap(remarks);
  if (notes.length > 0) console.log(`\n${notes.join("\n")}`);
  return measured.every(({ outcomes }) => isRight(outcomes.get(names[0]!))) ? 0 : 1;
}

function isRight(outcome: ReturnType<MeasuredRow["outcomes"]["get"]>): boolean {
  return outcome?.kind === "measured" && outcome.right;
}

async function enter(contestants: readonly Contestant[]): Promise<Entries> {
  const entries: Entries = { present: [], descriptions: {}, skipped: {} };
  for (const contestant of contestants) {
    const { name } = contestant;
    progress(`preparing ${name}`);
    try {
      entries.descriptions[name] = await contestant.prepare();
      entries.present.push(contestant);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      entries.skipped[name] = text.split("\n", 1)[0]!;
    }
  }
  progress("");
  return entries;
}

function introductions({ descriptions, skipped }: Entries): string[] {
  return [
    ...Object.entries(descriptions).map(([name, text]) => `${name}: ${text}`),
    ...Object.entries(skipped).map(([name, reason]) => `${name}: skipped, ${reason}`),
  ];
}

/** One line on the terminal that says what goes on, and leaves nothing behind. */
function progress(text: string): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
}

async function writeFigures(
  file: string,
  machine: Machine,
  { repeat, scale }: Settings,
  { descriptions, skipped }: Entries,
  measured: readonly MeasuredRow[],
): Promise<void> {
  const rows = measured.flatMap(({ row, outcomes }) =>
    row.lines.map((line) => ({
      name: title(row, line),
      unit: line.unit,
      better: line.better,
      workload: row.workload,
      figures: Object.fromEntries(
        [...outcomes].map(([name, outcome]) => [name, figure(line, outcome)]),
      ),
    }))
  );
  const at = new Date().toISOString();
  const all = { at, machine, repeat, scale, contestants: descriptions, skipped, rows };
  await Deno.writeTextFile(file, JSON.stringify(all, null, 2) + "\n");
}
