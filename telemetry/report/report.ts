/**
 * What remains of a run: one page, which needs nothing else, with why it was not faster in words
 * before anything else.
 *
 * @module
 */

import { causesOf, sentenceOf } from "../causes.ts";
import type { RunCauses } from "../causes.ts";
import type { CauseKind } from "../causes/cause.ts";
import { bytes, count, counted, duration, percent, taskName, times } from "../causes/words.ts";
import type { PlacedBlock, RunModel } from "../run_model.ts";
import { statsOf } from "../stats.ts";
import type { RunStats } from "../stats.ts";
import { given, own, piece, table } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { colorsOf, curves, legend, timelinePicture } from "./pictures.ts";
import { COLORS, STYLE } from "./style.ts";

/** What a cause is called beside its share. */
const NAMES: Readonly<Record<CauseKind, string>> = {
  hugeTask: "waiting for the longest tasks",
  uneven: "waiting for the last tasks",
  rounds: "waiting at the ends of rounds",
  fewTasks: "too few tasks",
  oneAtATime: "too few tasks at a time",
  serialTask: "waiting for a task that spawns others",
  program: "no task: the program by itself",
  tinyTasks: "giving out tiny tasks",
  largeData: "moving data",
  busyOrigin: "waiting for the busy origin",
  dispatch: "tasks on their way",
  suspended: "tasks that waited themselves",
  starting: "starting and ending",
  lost: "lost workers",
  slowPlace: "slow hosts or workers",
  inVain: "failed attempts",
  noProcessor: "waiting for a processor",
};

/** Rows of long tables. */
const MOST_ROWS = 100;
/** Causes below this share are told by name only. */
const WORTH_WORDS = 0.03;

/** The page, as it stands when the model was seen last. */
export function reportOf(model: RunModel): string {
  const causes = causesOf(model);
  const over = causes.timeline;
  const stats = statsOf(model, model.seenAt);
  const colors = colorsOf(model);
  const program = fileName(model.program) || "a program";
  const body = piece`<main>
<header><h1>${given(program)}</h1>${outcome(model, stats)}</header>
${why(causes)}
${tiles(causes, stats)}
${whereTimeWent(causes)}
${
    over === undefined
      ? undefined
      : piece`<section><h2>Who ran what, when</h2>${legend(colors)}${
        timelinePicture(model, over, colors)
      }</section>
<section><h2>Over time</h2>${curves(model, over)}</section>`
  }
${functions(stats, colors)}
${longestChain(causes, model)}
${slowest(causes, model)}
${workers(model, stats)}
${happenings(model)}
<footer><p>Shares are of the time of all workers: their number times that of the run. trace.json, beside
this file, has each stretch of work; ui.perfetto.dev opens it.</p></footer>
</main>`;
  const page = piece`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${program}: report of a run</title>
<style>${own(STYLE)}</style></head>
<body>${body}</body></html>
`;
  return page.markup;
}

/** The last part of a program's address. */
function fileName(program: string): string {
  try {
    return decodeURIComponent(new URL(program).pathname).split("/").at(-1) ?? program;
  } catch {
    return program;
  }
}

function outcome(model: RunModel, { wallMs }: RunStats): Markup {
  const { state, startedAt } = model;
  const began = startedAt > 0 && startedAt < 8.64e15
    ? piece`began ${new Date(startedAt).toISOString().replace("T", " ").slice(0, 19)} UTC, `
    : undefined;
  const end = state.kind !== "ended"
    ? piece`<span class="bad">had not ended</span> after ${duration(wallMs)}`
    : state.code === 0
    ? piece`<span class="good">ended well</span> after ${duration(wallMs)}`
    : piece`<span class="bad">failed</span> after ${duration(wallMs)}: ${given(state.reason)}`;
  return piece`<p class="soft">${began}${end}</p>`;
}

function why({ headline, remedy, notes, causes, useful }: RunCauses): Markup {
  const isFine = headline.startsWith("The run is fine");
  const others = causes.slice(isFine ? 0 : 1).filter(({ part }) => part >= WORTH_WORDS);
  const more = others.length === 0 || (isFine && useful > 0.95)
    ? undefined
    : piece`<ol class="others" aria-label="Further causes">${
      others.map((cause) =>
        piece`<li>${sentenceOf(cause)} <span class="soft">${cause.remedy}</span></li>`
      )
    }</ol>`;
  return piece`<section class="cause${isFine ? " fine" : ""}"><h2>${
    isFine ? "How it went" : "Why it was not faster"
  }</h2><p class="first">${headline}</p>${remedy === "" ? undefined : piece`<p>${remedy}</p>`}${
    notes.map((note) => piece`<p class="soft">${note}</p>`)
  }</section>${more}`;
}

function tiles(causes: RunCauses, stats: RunStats): Markup {
  const { tasks } = stats;
  const ideal = Math.max(1, causes.workers);
  const tile = (name: string, value: Markup | string, small = "") =>
    piece`<div><dt>${name}</dt><dd>${value}${
      small === "" ? undefined : piece`<small>${small}</small>`
    }</dd></div>`;
  const failed = piece`<span class="${tasks.failed > 0 ? "bad" : ""}">${
    count(tasks.failed)
  }</span>`;
  const lost = piece`<span class="${stats.lostWorkers > 0 ? "bad" : ""}">${
    count(stats.lostWorkers)
  }</span>`;
  return piece`<dl class="tiles">${
    tile("Time", duration(stats.wallMs), `processors: ${duration(stats.cpuMs)}`)
  }${tile("Speed-up", times(causes.speedUp), `of ${count(ideal)} at best`)}${
    tile("Utilisation", percent(causes.utilisation), `${percent(causes.useful)} of use`)
  }${tile("Tasks", count(tasks.done + tasks.failed), `${duration(stats.runMs.mean)} on average`)}${
    tile("Failed", failed, `${count(tasks.retried)} tried again`)
  }${tile("Data moved", bytes(stats.bytes))}${
    tile("Workers lost", lost, `of ${counted(stats.workers.length, "worker")}`)
  }</dl>`;
}

/** A bar of all shares, and the same in a table. */
function whereTimeWent({ useful, causes, workers, wallMs }: RunCauses): Markup | undefined {
  if (wallMs === 0) return undefined;
  const shares = [
    { name: "tasks", part: useful, color: "cgood" },
    ...causes.map(({ kind, part }, i) => ({
      name: NAMES[kind],
      part,
      // Green is for what is of use.
      color: `c${[2, 1, 0, 6, 5, 3, 8, 7][i] ?? COLORS - 1}`,
    })),
  ];
  const shown = shares.filter(({ part }) => part >= 0.001);
  return piece`<section><h2>Where the workers' time went</h2>
<div class="bar" aria-hidden="true">${
    shown.map(({ name, part, color }) =>
      piece`<span class="${color}" style="flex:${part.toFixed(4)}" title="${name}: ${
        percent(part)
      }"></span>`
    )
  }</div>${
    table(
      `Shares of ${counted(workers, "worker")} × ${duration(wallMs)}`,
      [["spent on"], ["share", "number"], ["time of workers", "number"]],
      shown.map(({ name, part, color }) => [
        piece`<span class="key ${color}"></span>${name}`,
        percent(part),
        duration(part * workers * wallMs),
      ]),
    )
  }</section>`;
}

function functions(stats: RunStats, colors: ReadonlyMap<string, number>): Markup | undefined {
  if (stats.functions.length === 0) return undefined;
  const sorted = [...stats.functions].sort((a, b) => b.busyMs - a.busyMs);
  const rows = sorted.slice(0, MOST_ROWS).map((f) => [
    piece`<span class="key c${colors.get(f.name) ?? COLORS - 1}"></span>${
      given(taskName({ label: f.name, inputs: "" }))
    }`,
    count(f.done + f.failed),
    duration(f.busyMs),
    duration(f.runMs.mean),
    duration(f.runMs.p95),
    duration(f.runMs.max),
    f.waitMs.count > 0 ? duration(f.waitMs.p50) : "",
    piece`<span class="${f.failed > 0 ? "bad" : ""}">${count(f.failed)}</span>`,
    count(f.retried),
  ]);
  return piece`<section><h2>Functions</h2>${
    table(captionOf("function", sorted.length), [
      ["function"],
      ["tasks", "number"],
      ["total", "number"],
      ["mean", "number"],
      ["95 % within", "number"],
      ["longest", "number"],
      ["waited (median)", "number"],
      ["failed", "number"],
      ["tried again", "number"],
    ], rows)
  }</section>`;
}

function captionOf(what: string, all: number): string {
  return all > MOST_ROWS
    ? `The first ${MOST_ROWS} of ${counted(all, what)}, by the time they took`
    : `${counted(all, what)}, by the time they took`;
}

function longestChain({ criticalPath, wallMs }: RunCauses, model: RunModel): Markup | undefined {
  if (criticalPath === undefined || criticalPath.length < 2) return undefined;
  const { blocks, length, ms } = criticalPath;
  return piece`<section><h2>Critical path</h2>
<p>The longest chain of tasks of which each was spawned by the one before it has ${
    counted(length, "task")
  } and takes ${duration(ms)}, ${
    percent(ms / Math.max(1e-3, wallMs))
  } of the run. No number of workers makes the run shorter.</p>${
    table(
      `${
        blocks.length < length ? `The first ${blocks.length} of ${length}` : "Its"
      } tasks, from the first on`,
      [["task", "wide"], ["worker"], ["began", "number"], ["held a processor", "number"]],
      blocks.map((block) => taskRow(block, model)),
    )
  }</section>`;
}

function taskRow(block: PlacedBlock, model: RunModel): Markup[] {
  const { worker, from, ms, tasks, failed } = block;
  return [
    piece`${given(taskName(block))}${tasks > 1 ? ` (one of ${count(tasks)})` : ""}${
      failed > 0 ? piece` <span class="bad">failed</span>` : undefined
    }`,
    given(worker),
    piece`${duration(from - model.startedAt)}`,
    piece`${duration(ms / Math.max(1, tasks))}`,
  ];
}

function slowest({ slowest }: RunCauses, model: RunModel): Markup | undefined {
  if (slowest.length === 0) return undefined;
  return piece`<section><h2>Slowest tasks</h2>${
    table("With what they were called with", [
      ["task", "wide"],
      ["worker"],
      ["began", "number"],
      ["held a processor", "number"],
    ], slowest.map((block) => taskRow(block, model)))
  }</section>`;
}

function workers(model: RunModel, stats: RunStats): Markup | undefined {
  if (stats.workers.length === 0) return undefined;
  const byHost = Map.groupBy(stats.workers, ({ host }) => host);
  const sum = (all: RunStats["workers"], of: (worker: typeof all[number]) => number) =>
    all.reduce((total, worker) => total + of(worker), 0);
  const tasksOf = new Map<string, number>();
  for (const { worker, tasks } of model.blocks) {
    tasksOf.set(worker, (tasksOf.get(worker) ?? 0) + tasks);
  }
  const ran = ({ name, tasks }: typeof stats.workers[number]) => tasksOf.get(name) ?? tasks;
  const hosts = [...byHost].map(([host, all]) => [
    given(host || "(unknown)"),
    count(all.length),
    count(sum(all, ran)),
    percent(sum(all, ({ utilisation }) => utilisation) / all.length),
    duration(sum(all, ({ cpuMs }) => cpuMs)),
  ]);
  const each = stats.workers.slice(0, MOST_ROWS).map((worker) => {
    const facts = model.workers.get(worker.name)!;
    const state = worker.state === "lost"
      ? piece`<span class="bad">lost</span> after ${
        duration((facts.goneAt ?? model.startedAt) - model.startedAt)
      } (${given(facts.reason)})${
        facts.replacedBy === "" ? undefined : piece`, replaced by ${given(facts.replacedBy)}`
      }`
      : worker.state === "left"
      ? "left at the end"
      : "";
    return [
      given(worker.name),
      given(worker.host),
      String(worker.pid),
      count(ran(worker)),
      percent(worker.utilisation),
      duration(worker.cpuMs),
      duration(facts.joinedAt - model.startedAt),
      state,
    ];
  });
  return piece`<section><h2>Hosts and workers</h2>${
    table(counted(byHost.size, "host"), [
      ["host"],
      ["workers", "number"],
      ["tasks", "number"],
      ["busy", "number"],
      ["processor time", "number"],
    ], hosts.slice(0, MOST_ROWS))
  }${
    table(
      stats.workers.length > MOST_ROWS
        ? `The first ${MOST_ROWS} of ${count(stats.workers.length)} workers`
        : counted(stats.workers.length, "worker"),
      [
        ["worker"],
        ["host"],
        ["process", "number"],
        ["tasks", "number"],
        ["busy", "number"],
        ["processor time", "number"],
        ["joined", "number"],
        ["what became of it"],
      ],
      each,
    )
  }</section>`;
}

/** What a person should know of; that workers came and left is in their table. */
function happenings(model: RunModel): Markup | undefined {
  const told = model.happenings.filter(({ kind }) => kind !== "joined" && kind !== "left");
  if (told.length === 0) return undefined;
  return piece`<section><h2>What happened</h2>${
    table(
      told.length > MOST_ROWS ? `The last ${MOST_ROWS} of ${count(told.length)}` : "In its order",
      [["after", "number"], ["what", "wide"]],
      told.slice(-MOST_ROWS).map(({ at, text }) => [duration(at - model.startedAt), given(text)]),
    )
  }</section>`;
}
