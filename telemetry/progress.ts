/**
 * How far a run has come, in a few lines: for a terminal, drawn again and again, and as one sentence
 * for a log.
 *
 * @module
 */

import cliProgress from "npm:cli-progress@^3.12.0";
// The same that the bar measures with.
import stringWidth from "npm:string-width@^4.2.3";
import { fitting } from "./fitting.ts";
import type { FunctionFacts, RunModel } from "./run_model.ts";
import { amountInWords, clockInWords, countInWords, plural } from "./words.ts";

/** Milliseconds over which a rate is taken, or more where samples are further apart. */
const RATE_MS = 10_000;
/** Functions that have a line of their own. */
const MOST_FUNCTIONS = 6;
/** Characters of a bar, and of a function's name. */
const BAR = 16;
const NAME = 24;

/** How far a run has come. */
export interface Standing {
  /** Tasks that have an outcome, and all that are known. */
  readonly over: number;
  readonly known: number;
  readonly failed: number;
  readonly retried: number;
  /** Tasks a second, lately. */
  readonly rate: number;
  /** Milliseconds that what is known will take at this rate; undefined when nobody can say. */
  readonly leftMs: number | undefined;
  /** Workers that compute, and all that are there. */
  readonly busy: number;
  readonly workers: number;
}

/** How a run stands at `now`, in milliseconds since 1970. */
export function standingOf(model: RunModel, now: number): Standing {
  const { totals } = model;
  const over = totals.done + totals.failed;
  const known = Math.max(over, totals.spawned - totals.dropped);
  const rate = recentRate(model, over, now);
  const leftMs = rate > 0 && known > over ? (known - over) / rate * 1000 : undefined;
  const there = [...model.workers.values()].filter(({ state }) => state === "joined");
  // One in a long task says nothing before that has ended.
  const busy = there.filter(({ busy, current, running }) => busy > 0.1 || running > 0 || current);
  const { failed, retried } = totals;
  return { over, known, failed, retried, rate, leftMs, busy: busy.length, workers: there.length };
}

function recentRate(model: RunModel, over: number, now: number): number {
  const { samples } = model.series;
  // The last one is hardly older than a second, and long runs keep few of the others.
  const first = samples.findLast(({ at }) => now - at >= RATE_MS) ?? samples[0];
  const since = first === undefined
    ? { at: model.startedAt, over: 0 }
    : { at: first.at, over: first.done + first.failed };
  // Two looks too close to each other tell nothing.
  const ms = now - since.at;
  if (ms < 500) return 0;
  return Math.max(0, over - since.over) / ms * 1000;
}

/** The lines for a terminal: one for all, and one for each function when there are several. */
export function progressLines(model: RunModel, now: number): string[] {
  const standing = standingOf(model, now);
  const { over, known, rate, leftMs, busy, workers } = standing;
  const parts = [
    `${countInWords(over)} of ${countInWords(known)} tasks`,
    // What a narrow terminal has no room for is to be the rest.
    ...troubles(standing),
    `${amountInWords(rate)}/s`,
    ...(leftMs === undefined ? [] : [`${clockInWords(leftMs)} left`]),
    `${busy} of ${workers} busy`,
  ];
  const elapsed = clockInWords(now - model.startedAt);
  const lines = [bar(over, known, `${elapsed}  ${parts.join(", ")}`)];
  const functions = [...model.functions.values()].filter(({ spawned }) => spawned > 0);
  if (functions.length < 2) return lines;
  functions.sort((a, b) => b.spawned - a.spawned);
  const shown = functions.slice(0, MOST_FUNCTIONS);
  const width = Math.max(...shown.map(({ label }) => Math.min(NAME, widthOf(label))));
  for (const facts of shown) lines.push(functionLine(facts, width));
  const more = functions.length - MOST_FUNCTIONS;
  if (more > 0) lines.push(`${" ".repeat(BAR + 7)}and ${plural(more, "more function")}`);
  return lines;
}

function functionLine(facts: FunctionFacts, width: number): string {
  const { label, done, failed, spawned, dropped } = facts;
  const [over, known] = [done + failed, Math.max(done + failed, spawned - dropped)];
  const cut = widthOf(label) > NAME ? `${fitting(label, NAME - 1, widthOf)}…` : label;
  const name = cut + " ".repeat(Math.max(0, width - widthOf(cut)));
  const failures = failed > 0 ? `, ${countInWords(failed)} failed` : "";
  return bar(over, known, `${name}  ${countInWords(over)} of ${countInWords(known)}${failures}`);
}

function troubles({ failed, retried }: Standing): string[] {
  const parts = [];
  if (failed > 0) parts.push(`${countInWords(failed)} failed`);
  if (retried > 0) parts.push(`${countInWords(retried)} tried again`);
  return parts;
}

/** A bar, its percentage and a text. */
function bar(value: number, total: number, text: string): string {
  const share = total > 0 ? Math.min(1, value / total) : 0;
  const options = {
    format: "{bar} {percentage}%  {text}",
    ...{ barsize: BAR, barCompleteChar: "█", barIncompleteChar: "░", autopadding: true },
    ...{ barCompleteString: "█".repeat(BAR), barIncompleteString: "░".repeat(BAR), barGlue: "" },
    ...{ autopaddingChar: "   ", formatValue: cliProgress.Format.ValueFormat },
    ...{ formatBar: cliProgress.Format.BarFormat, formatTime: cliProgress.Format.TimeFormat },
  };
  const params = {
    ...{ progress: share, eta: 0, startTime: 0, stopTime: 0, total, value, maxWidth: BAR },
  };
  return cliProgress.Format.Formatter(options, params, { text });
}

/** The same in a sentence. */
export function progressText(model: RunModel, now: number): string {
  const standing = standingOf(model, now);
  const { over, known, rate, leftMs, busy, workers } = standing;
  const parts = [
    `${countInWords(over)} of ${plural(known, "task")} done`,
    `${amountInWords(rate)} a second`,
    ...(leftMs === undefined ? [] : [`${clockInWords(leftMs)} left`]),
    `${busy} of ${plural(workers, "worker")} busy`,
    ...troubles(standing),
  ];
  return parts.join(", ");
}

/** How many characters' room a text takes on a terminal. */
export function widthOf(text: string): number {
  return stringWidth(text);
}
