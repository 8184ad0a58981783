// @ts-check
/// <reference lib="dom" />
/**
 * The tables: functions, workers, hosts, brokers; and what happened.
 *
 * @module
 */

import { colourOf } from "./colours.js";
import { byId, create, setText } from "./dom.js";
import { bytes, count, counted, duration, percent, timeOfDay } from "./format.js";
import { placeOf } from "./run.js";
import { makeTable } from "./table.js";

/** @import { BrokerRow, FunctionRow, WorkerRow } from "../protocol.ts" */
/** @import { Run } from "./run.js" */
/** @import { Stream } from "./stream.js" */
/** @typedef {{ name: string, workers: number, busy: number, cpu: number, rss: number, tasks: number, failed: number }} HostRow */

const STATES = { joined: "there", left: "left", lost: "✕ lost" };
const SIGNS = /** @type {Record<string, string>} */ ({
  joined: "+",
  left: "−",
  lost: "✕",
  replaced: "↻",
  brokerLost: "✕",
  failed: "✕",
  ended: "■",
});

/**
 * Makes them.
 *
 * @param {Run} run
 * @param {Stream} stream
 * @returns {() => void} shows what is known
 */
export function makeTables(run, stream) {
  const functions = functionsTable(stream);
  const workers = workersTable(run, stream);
  const hosts = hostsTable();
  const brokers = brokersTable();
  const find = /** @type {HTMLInputElement} */ (byId("find"));
  const showWorkers = () => {
    const all = [...run.workers.values()];
    const wanted = find.value.trim().toLowerCase();
    const found = wanted === "" ? all : all.filter((worker) => hasWord(worker, wanted));
    workers(found);
    const here = all.filter(({ state }) => state === "joined").length;
    const shown = wanted === "" ? "" : `, ${found.length} shown`;
    setText(byId("workers-count"), `${count(here)} there, ${all.length - here} gone${shown}`);
  };
  find.addEventListener("input", showWorkers);
  return () => {
    functions([...run.functions.values()]);
    showWorkers();
    hosts(hostsOf(run));
    brokers(run.brokers);
    showHappenings(run);
  };
}

/** @param {WorkerRow} worker @param {string} word */
function hasWord({ name, host, current, broker, state, pid }, word) {
  return `${name} ${host} ${current} ${broker} ${STATES[state]} ${pid}`.toLowerCase().includes(
    word,
  );
}

/** @param {Stream} stream */
function functionsTable(stream) {
  return makeTable(byId("functions"), {
    key: (/** @type {FunctionRow} */ row) => row.name,
    sort: 5,
    down: true,
    none: "No function has been called yet.",
    chosen: (row) => row.name === stream.only,
    choose: (row) => {
      stream.only = stream.only === row.name ? "" : row.name;
      stream.draw();
    },
    columns: [
      {
        title: "Function",
        text: true,
        value: (row) => row.name,
        hint: (row) =>
          `${row.name}: ${duration(row.max)} at most; waited ${duration(row.waitMean)} on average`,
        colour: (row) => colourOf(row.name, stream.colours),
      },
      {
        title: "Done",
        value: (row) => row.done,
        show: (row) => `${count(row.done)} / ${count(row.spawned)}`,
        share: (row) => row.spawned > 0 ? (row.done + row.failed) / row.spawned : 0,
      },
      {
        title: "Failed",
        value: (row) => row.failed,
        show: (row) => row.failed > 0 ? `✕ ${count(row.failed)}` : "0",
        bad: (row) => row.failed > 0,
        hint: (row) => `${count(row.retried)} tried again, ${count(row.dropped)} dropped`,
      },
      { title: "Mean", value: (row) => row.mean, show: (row) => duration(row.mean) },
      { title: "p95", value: (row) => row.p95, show: (row) => duration(row.p95) },
      { title: "Total", value: (row) => row.busyMs, show: (row) => duration(row.busyMs) },
    ],
  });
}

/** @param {Run} run @param {Stream} stream */
function workersTable(run, stream) {
  const most = () => Math.max(1, ...[...run.workers.values()].map(({ rss }) => rss));
  /** @param {WorkerRow} row */
  const cpu = (row) => row.state === "joined" ? run.cpu.get(row.name) ?? 0 : 0;
  return makeTable(byId("workers"), {
    key: (/** @type {WorkerRow} */ row) => row.name,
    sort: 0,
    none: "No worker.",
    gone: (row) => row.state !== "joined",
    chosen: (row) => placeOf(row.name) === stream.place,
    choose: (row) => {
      const place = placeOf(row.name);
      stream.place = stream.place === place ? "" : place;
      stream.draw();
    },
    columns: [
      { title: "Worker", text: true, value: (row) => row.name },
      {
        title: "State",
        text: true,
        value: (row) => row.state,
        show: (row) =>
          row.replacedBy ? `${STATES[row.state]}, now ${row.replacedBy}` : STATES[row.state],
        bad: (row) => row.state === "lost",
        hint: (row) => row.reason,
      },
      { title: "Host", text: true, value: (row) => row.host },
      { title: "Pid", value: (row) => row.pid, show: (row) => row.pid > 0 ? String(row.pid) : "–" },
      { title: "Broker", text: true, value: (row) => row.broker },
      {
        title: "Busy",
        value: (row) => row.busy,
        show: (row) => percent(row.busy),
        share: (row) => row.busy,
      },
      { title: "CPU", value: cpu, show: (row) => percent(cpu(row)), share: cpu },
      {
        title: "Memory",
        value: (row) => row.rss,
        show: (row) => bytes(row.rss),
        share: (row) => row.rss / most(),
      },
      {
        title: "Works on",
        text: true,
        value: (row) => row.current,
        show: (row) => row.current || (row.state === "joined" ? "–" : ""),
      },
      { title: "Running", value: (row) => row.running, show: (row) => count(row.running) },
      { title: "Queued", value: (row) => row.queued, show: (row) => count(row.queued) },
      { title: "Tasks", value: (row) => row.tasks, show: (row) => count(row.tasks) },
      {
        title: "Failed",
        value: (row) => row.failed,
        show: (row) => row.failed > 0 ? `✕ ${count(row.failed)}` : "0",
        bad: (row) => row.failed > 0,
      },
      { title: "Lag", value: (row) => row.lagMs, show: (row) => duration(row.lagMs) },
    ],
  });
}

/**
 * @param {Run} run
 * @returns {HostRow[]}
 */
function hostsOf(run) {
  /** @type {Map<string, HostRow>} */
  const hosts = new Map();
  for (const { host, name, state, busy, rss, tasks, failed } of run.workers.values()) {
    const known = hosts.get(host) ??
      { name: host, workers: 0, busy: 0, cpu: 0, rss: 0, tasks: 0, failed: 0 };
    const here = state === "joined";
    hosts.set(host, {
      name: host,
      workers: known.workers + (here ? 1 : 0),
      busy: known.busy + busy,
      cpu: known.cpu + (here ? run.cpu.get(name) ?? 0 : 0),
      rss: known.rss + rss,
      tasks: known.tasks + tasks,
      failed: known.failed + failed,
    });
  }
  return [...hosts.values()];
}

function hostsTable() {
  return makeTable(byId("hosts"), {
    key: (/** @type {HostRow} */ row) => row.name,
    sort: 0,
    none: "No host.",
    gone: (row) => row.workers === 0,
    columns: [
      { title: "Host", text: true, value: (row) => row.name },
      { title: "Workers", value: (row) => row.workers },
      {
        title: "Busy",
        value: (row) => row.busy / Math.max(1, row.workers),
        show: (row) => percent(row.busy / Math.max(1, row.workers)),
        share: (row) => row.busy / Math.max(1, row.workers),
      },
      { title: "CPUs", value: (row) => row.cpu, show: (row) => row.cpu.toFixed(1) },
      { title: "Memory", value: (row) => row.rss, show: (row) => bytes(row.rss) },
      { title: "Tasks", value: (row) => row.tasks, show: (row) => count(row.tasks) },
    ],
  });
}

function brokersTable() {
  return makeTable(byId("brokers"), {
    key: (/** @type {BrokerRow} */ row) => row.name,
    sort: 0,
    none: "No broker has told yet.",
    gone: (row) => row.state === "lost",
    columns: [
      {
        title: "Broker",
        text: true,
        value: (row) => row.name,
        show: (row) => row.state === "lost" ? `✕ ${row.name} (lost)` : row.name,
        bad: (row) => row.state === "lost",
      },
      { title: "Workers", value: (row) => row.workers },
      {
        title: "Queued",
        value: (row) => row.queuedBundles,
        show: (row) => count(row.queuedBundles),
        hint: (row) => `${counted(row.queuedBundles, "bundle")} of tasks`,
      },
      { title: "Given", value: (row) => row.given, show: (row) => count(row.given) },
      { title: "Lent", value: (row) => row.lent, show: (row) => count(row.lent) },
      { title: "Lag", value: (row) => row.lagMs, show: (row) => duration(row.lagMs) },
      { title: "Memory", value: (row) => row.rss, show: (row) => bytes(row.rss) },
    ],
  });
}

/** The last comes first. @param {Run} run */
function showHappenings({ happenings }) {
  const list = byId("happenings");
  const last = happenings.at(-1);
  const key = `${happenings.length} ${last?.at} ${last?.text}`;
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(
    ...happenings.toReversed().map(({ at, kind, text }) =>
      create(
        "li",
        { class: kind },
        create("time", {}, timeOfDay(at)),
        create("span", { "aria-hidden": "true" }, SIGNS[kind] ?? "·"),
        create("span", {}, text),
      )
    ),
  );
  if (happenings.length === 0) list.append(create("li", { class: "none" }, "Nothing yet."));
}
