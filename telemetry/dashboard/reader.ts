/**
 * What one open page is told next: everything at first, then what has changed since it was told
 * last. Nothing is queued for it: what it has not been told is found out when it can take more, so
 * one that reads slowly gets fewer messages, and costs no more memory.
 *
 * @module
 */

import { LIMITS } from "../../wire/limits.ts";
import type { Happening, RunModel } from "../run_model.ts";
import type { History } from "./history.ts";
import { toRow } from "./page/stretches.js";
import type { PageMessage } from "./protocol.ts";
import { samplesOf } from "./standing.ts";
import type { Standing } from "./standing.ts";

/** A page, and what it knows. */
export interface Reader {
  /** What it is to be told of a run that stands like this. */
  next(model: RunModel, history: History, standing: Standing): PageMessage;
}

/** More workers, or functions, than this are told of less often. */
const FEW = 32;

/** A page that knows nothing yet. */
export function createReader(): Reader {
  let whole = true;
  let [batch, workerNames, labels, samples, thinned, rowsAt] = [0, 0, 0, 0, 0, 0];
  let happening: Happening | undefined;
  const workers = new Map<string, string>();
  const functions = new Map<string, string>();

  const forget = () => {
    whole = true;
    [workerNames, labels, samples, rowsAt, happening] = [0, 0, 0, 0, undefined];
    workers.clear();
    functions.clear();
  };

  return {
    next(model, history, standing) {
      const { head } = standing;
      const later = whole ? undefined : history.since(batch);
      if (later === undefined) forget();
      const { series, happenings } = model;
      if (series.thinned !== thinned) samples = 0;
      // The last sample that was told may have been replaced.
      const samplesFrom = Math.max(0, Math.min(samples, series.samples.length) - 1);
      const many = standing.workers.length > FEW || standing.functions.length > FEW;
      const isOver = head.state.kind === "ended";
      const due = whole || !many || isOver || head.now - rowsAt >= LIMITS.pageRowsMs;
      if (due) rowsAt = head.now;
      const message: PageMessage = {
        whole,
        base: history.base || model.startedAt,
        keep: LIMITS.pageKeptBlocks,
        head,
        workerNames: history.workerNames.list.slice(workerNames),
        labels: history.labels.list.slice(labels),
        stretches: later ?? [...history.kept.rows.values()].flat().map(toRow),
        workers: due ? changed(standing.workers, workers) : [],
        functions: due ? changed(standing.functions, functions) : [],
        brokers: standing.brokers,
        samplesFrom,
        samples: samplesOf(model, samplesFrom),
        happenings: happenings.slice(happening ? happenings.lastIndexOf(happening) + 1 : 0),
      };
      whole = false;
      batch = history.batch;
      [workerNames, labels] = [history.workerNames.list.length, history.labels.list.length];
      [samples, thinned] = [series.samples.length, series.thinned];
      happening = happenings.at(-1);
      return message;
    },
  };
}

/** Rows that differ from what was told of them before. */
function changed<R extends { readonly name: string }>(
  rows: readonly R[],
  told: Map<string, string>,
): R[] {
  return rows.filter((row) => {
    const text = JSON.stringify(row);
    if (told.get(row.name) === text) return false;
    told.set(row.name, text);
    return true;
  });
}
