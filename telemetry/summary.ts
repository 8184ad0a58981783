/**
 * A run in two lines, at its end.
 *
 * @module
 */

import type { RunStats } from "./stats.ts";
import { amountInWords, bytesInWords, countInWords, plural, timeInWords } from "./words.ts";

/** What was done, and what it took; nothing of a run without tasks. */
export function summaryLines(stats: RunStats): string[] {
  const { tasks, wallMs, cpuMs, utilisation, speedUp, bytes, size, lostWorkers } = stats;
  if (tasks.spawned === 0) return [];
  const outcomes = [
    `${plural(tasks.done, "task")} done`,
    ...(tasks.failed > 0 ? [`${countInWords(tasks.failed)} failed`] : []),
    ...(tasks.retried > 0 ? [`${countInWords(tasks.retried)} tried again`] : []),
    ...(tasks.dropped > 0 ? [`${countInWords(tasks.dropped)} given up`] : []),
  ];
  const lost = lostWorkers > 0 ? `, ${plural(lostWorkers, "worker")} lost` : "";
  return [
    `${outcomes.join(", ")} in ${timeInWords(wallMs)}${lost}`,
    `${amountInWords(speedUp)} times as fast as one worker; ${plural(size, "worker")} ` +
    `${Math.round(utilisation * 100)} % busy, ${timeInWords(cpuMs)} of processor time, ` +
    `${bytesInWords(bytes)} moved`,
  ];
}
