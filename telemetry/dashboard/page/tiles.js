// @ts-check
/// <reference lib="dom" />
/**
 * The top of the page: how the run stands, in words and in numbers.
 *
 * @module
 */

import { byId, fill, setText } from "./dom.js";
import { bytes, clock, count, counted, duration, percent, rate, timeOfDay } from "./format.js";

/** @import { Link } from "./connection.js" */
/** @import { Run } from "./run.js" */
/** @typedef {"connecting" | "waiting" | "running" | "finished" | "failed" | "lost"} Shown */

/**
 * What is said of the run's state.
 *
 * @param {Run} run
 * @param {Link} link
 * @returns {{ shown: Shown, word: string, banner: string }}
 */
export function stateOf(run, link) {
  const { head } = run;
  if (head?.state.kind === "ended") {
    const { code, reason, at } = head.state;
    const { done, failed } = head.tasks;
    const what = `after ${clock(head.wallMs)}, at ${timeOfDay(at)}, with ` +
      `${counted(done, "task")} done and ${count(failed)} failed`;
    const kept = "The run has ended; this page keeps what it has until it is closed.";
    if (code === 0) {
      return { shown: "finished", word: "finished", banner: `Finished ${what}. ${kept}` };
    }
    // Often the reason is that code, and no more.
    const why = reason && !/exit code/.test(reason) ? `: ${reason}` : "";
    const banner = `Failed ${what} (exit code ${code})${why}. ${kept}`;
    return { shown: "failed", word: "failed", banner };
  }
  if (link === "refused") {
    const banner = "The server does not let this page in: open the address that the run printed.";
    return { shown: "lost", word: "refused", banner };
  }
  if (link === "lost" && head !== undefined) {
    const banner = `Connection lost, trying again. This is how the run stood at ${
      timeOfDay(head.now)
    }.`;
    return { shown: "lost", word: "connection lost", banner };
  }
  if (head === undefined) {
    const banner = link === "lost" ? "There is no answer from the run, trying again." : "";
    return { shown: "connecting", word: "connecting", banner };
  }
  if (head.state.kind === "starting") {
    return { shown: "waiting", word: "waiting for workers", banner: "" };
  }
  return { shown: "running", word: "running", banner: "" };
}

/**
 * Shows it.
 *
 * @param {Run} run
 * @param {Link} link
 */
export function showState(run, link) {
  const { shown, word, banner } = stateOf(run, link);
  const pill = byId("state");
  pill.dataset.state = shown;
  setText(pill, word);
  const bar = byId("banner");
  bar.hidden = banner === "";
  bar.dataset.state = shown;
  setText(bar, banner);
  const program = run.head?.program.split("/").at(-1) ?? "";
  setText(byId("program"), program);
  byId("program").title = run.head?.program ?? "";
  const { done = 0, spawned = 0, failed = 0 } = run.head?.tasks ?? {};
  const part = spawned > 0 ? `${Math.floor((done + failed) / spawned * 100)} % ` : "";
  const sign = shown === "failed" ? "✕ " : shown === "finished" ? "✓ " : "";
  document.title = `${sign}${shown === "running" ? part : ""}${program || "SCOOP"} · ${word}`;
}

/**
 * Shows the numbers.
 *
 * @param {Run} run
 * @param {number} now
 */
export function showTiles(run, now) {
  const { head } = run;
  if (head === undefined) return;
  const { spawned, done, failed, retried, dropped, queued, running } = head.tasks;
  setText(byId("t-done"), count(done));
  setText(byId("t-known"), `${count(spawned)} known`);
  const share = spawned > 0 ? (done + failed + dropped) / spawned : 0;
  fill(byId("t-progress"), share);
  byId("t-progress").setAttribute("aria-valuenow", String(Math.round(share * 100)));
  setText(
    byId("t-elapsed"),
    clock(run.isOver ? head.wallMs : run.time(now) + run.base - head.startedAt),
  );
  const left = run.leftMs;
  const waits = `${count(running)} running, ${count(queued)} waiting`;
  setText(
    byId("t-left"),
    run.isOver
      ? "in all"
      : left > 0 && Number.isFinite(left)
      ? `about ${clock(left + 999)} left`
      : waits,
  );
  setText(byId("t-rate"), rate(run.rate));
  setText(byId("t-median"), `median ${duration(head.p50)}`);
  byId("t-median").title = `95 % took no longer than ${duration(head.p95)}`;
  setText(byId("t-failed"), count(failed));
  byId("tile-failed").classList.toggle("some", failed > 0);
  const lost = head.lostWorkers > 0 ? `, ${counted(head.lostWorkers, "worker")} lost` : "";
  setText(byId("t-retried"), `${count(retried)} retried${lost}`);
  showWorkers(run);
  setText(byId("t-speed"), `${head.speedUp.toFixed(head.speedUp < 100 ? 1 : 0)}×`);
  setText(byId("t-utilisation"), `${percent(head.utilisation)} utilised`);
  setText(byId("t-bytes"), `${bytes(head.bytes)} sent`);
}

/** @param {Run} run */
function showWorkers({ workers, brokers, isOver, samples }) {
  let [here, busy, memory] = [0, 0, 0];
  for (const worker of workers.values()) {
    if (worker.state !== "joined") continue;
    here++;
    busy += worker.busy;
    memory += worker.rss;
  }
  for (const { state, rss } of brokers) if (state === "there") memory += rss;
  // Of a run that is over, what it had at its most.
  const most = Math.max(0, ...samples.map((sample) => sample[6]));
  setText(byId("t-busy"), busy.toFixed(busy < 10 ? 1 : 0));
  setText(byId("t-workers"), `of ${counted(here, "worker")}`);
  fill(byId("t-busy-bar"), here > 0 ? busy / here : 0);
  setText(byId("t-memory"), bytes(isOver ? most : memory));
}
