// @ts-check
/**
 * What the page knows of the run.
 *
 * @module
 */

import { fromRow, Stretches } from "./stretches.js";

/** @import { BrokerRow, FunctionRow, HappeningRow, Head, PageMessage } from "../protocol.ts" */
/** @import { SampleRow, WorkerRow } from "../protocol.ts" */

/** How many things that happened are kept. */
const MOST_HAPPENINGS = 1_000;
/** The rate is that of the last few seconds. */
const RATE_MS = 5_000;

/** Another worker in a lost one's place, which the launcher names worker-1.2. @param {string} name */
export const placeOf = (name) => name.replace(/\.\d+$/, "");

/** See the module's text. */
export class Run {
  /** Nothing is known before the first message. @type {Head | undefined} */
  head;
  base = 0;
  stretches = new Stretches(Infinity);
  /** @type {string[]} */
  workerNames = [];
  /** @type {string[]} */
  labels = [];
  /** By name. @type {Map<string, WorkerRow>} */
  workers = new Map();
  /** The share of a processor that a worker has used lately, by its name. @type {Map<string, number>} */
  cpu = new Map();
  /** By name. @type {Map<string, FunctionRow>} */
  functions = new Map();
  /** @type {readonly BrokerRow[]} */
  brokers = [];
  /** @type {SampleRow[]} */
  samples = [];
  /** @type {HappeningRow[]} */
  happenings = [];
  /** The server's clock is ahead of ours by so much. */
  #aheadMs = 0;
  /** False while the server cannot be reached: then nothing goes on. */
  connected = false;
  /** How many tasks had ended, at which times. @type {{ at: number, ended: number }[]} */
  #ended = [];

  /**
   * Takes in a message.
   *
   * @param {PageMessage} message
   * @param {number} now by this machine's clock
   */
  receive(message, now) {
    if (message.whole) this.#forget(message.keep);
    const { head } = message;
    this.head = head;
    this.base = message.base;
    this.#aheadMs = head.now - now;
    this.connected = true;
    this.workerNames.push(...message.workerNames);
    this.labels.push(...message.labels);
    for (const row of message.stretches) this.stretches.add(fromRow(row));
    for (const row of message.workers) this.#worker(row);
    for (const row of message.functions) this.functions.set(row.name, row);
    this.brokers = message.brokers;
    this.samples.splice(message.samplesFrom, Infinity, ...message.samples);
    this.happenings.push(...message.happenings);
    this.happenings.splice(0, this.happenings.length - MOST_HAPPENINGS);
    this.#ended.push({ at: head.now, ended: head.tasks.done + head.tasks.failed });
    while (head.now - (this.#ended[1]?.at ?? head.now) > RATE_MS) this.#ended.shift();
  }

  /** @param {number} keep how many stretches */
  #forget(keep) {
    this.stretches = new Stretches(keep);
    this.workers.clear();
    this.cpu.clear();
    this.functions.clear();
    this.workerNames = [];
    this.labels = [];
    this.samples = [];
    this.happenings = [];
    this.#ended = [];
  }

  /** @param {WorkerRow} row */
  #worker(row) {
    const before = this.workers.get(row.name);
    const [fromAt, fromMs] = before ? [before.toldAt, before.cpuMs] : [row.joinedAt, 0];
    if (row.toldAt - fromAt >= 100) {
      this.cpu.set(row.name, (row.cpuMs - fromMs) / (row.toldAt - fromAt));
    }
    this.workers.set(row.name, row);
  }

  /** Whether it has ended. */
  get isOver() {
    return this.head?.state.kind === "ended";
  }

  /**
   * How far the run is, in milliseconds since its base.
   *
   * @param {number} now by this machine's clock
   */
  time(now) {
    if (this.head === undefined) return 0;
    const { state } = this.head;
    if (state.kind === "ended") return state.at - this.base;
    return (this.connected ? now + this.#aheadMs : this.head.now) - this.base;
  }

  /** Tasks that ended in a second, lately; in the whole of a run that is over. */
  get rate() {
    if (this.head === undefined) return 0;
    const { done, failed } = this.head.tasks;
    if (this.isOver) return this.head.wallMs > 0 ? (done + failed) / this.head.wallMs * 1000 : 0;
    const known = this.#ended.at(-1);
    let first = this.#ended[0];
    if (known === undefined || first === undefined) return 0;
    // A page that was just opened has the samples of the time before.
    if (known.at - first.at < RATE_MS / 2) {
      const sample = this.samples.findLast(([at]) => known.at - at >= RATE_MS / 2);
      if (sample) first = { at: sample[0], ended: sample[1] + sample[2] };
    }
    return known.at > first.at ? (known.ended - first.ended) / (known.at - first.at) * 1000 : 0;
  }

  /** Milliseconds until all that is known is done, at this rate; infinite for who knows when. */
  get leftMs() {
    if (this.head === undefined) return Infinity;
    const { queued, running } = this.head.tasks;
    const { rate } = this;
    return queued + running === 0 ? 0 : rate > 0 ? (queued + running) / rate * 1000 : Infinity;
  }

  /** @param {{ label: number }} stretch */
  labelOf({ label }) {
    return this.labels[label] ?? "?";
  }

  /** @param {{ worker: number }} stretch */
  workerOf({ worker }) {
    return this.workerNames[worker] ?? "?";
  }

  /**
   * The workers' rows in the task stream: who took the place of a lost one is in the same row. The
   * origin comes first, then the others by their hosts and numbers.
   *
   * @returns {{ place: string, workers: WorkerRow[] }[]}
   */
  places() {
    /** @type {Map<string, WorkerRow[]>} */
    const places = new Map();
    for (const worker of this.workers.values()) {
      const place = placeOf(worker.name);
      const known = places.get(place);
      if (known) known.push(worker);
      else places.set(place, [worker]);
    }
    const list = [...places].map(([place, workers]) => ({ place, workers }));
    return list.sort((a, b) =>
      Number(b.workers[0]?.origin ?? false) - Number(a.workers[0]?.origin ?? false) ||
      a.place.localeCompare(b.place, "en", { numeric: true })
    );
  }
}
