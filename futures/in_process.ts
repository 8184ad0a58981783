/**
 * The runtime of a program that was not launched with workers: it runs all tasks by itself, under
 * the same rules.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import { Executor } from "./executor.ts";
import { LocalQueue } from "./local_queue.ts";
import type { RunInfo, Runtime } from "./runtime.ts";
import { bundleSize } from "./sizing.ts";
import { newTurn } from "./turn.ts";
import type { Turn } from "./turn.ts";
import type { LocalWork, Source } from "./work.ts";

/** See the module's text. */
export class InProcess implements Runtime {
  readonly info: RunInfo = {
    isRunning: false,
    isOrigin: true,
    size: 1,
    workerName: "origin",
    brokerName: "",
  };
  readonly executor: Executor;
  readonly program: Turn = newTurn("program", false);
  readonly serving = false;
  #queue = new LocalQueue();
  #constants = new Map<string, Encoded>();
  #waiting = new Map<string, ((payload: Encoded) => void)[]>();

  constructor() {
    this.executor = new Executor({
      take: () => this.#queue.takeNewest((source) => bundleSize(source, source.remaining, 1)),
      // Only chunks of a map have a rest, and those are sources as well.
      putBack: (work) => this.#queue.putBack(work as LocalWork & Source, work.turn!),
    });
    // The program itself has the processor until it awaits something.
    this.executor.active = 1;
  }

  offer(source: Source, turn: Turn): void {
    this.#queue.push(source, turn);
    this.executor.wake();
  }

  setConstant(name: string, payload: Encoded): Promise<void> {
    if (this.#constants.has(name)) return Promise.reject(constantTaken(name));
    this.#constants.set(name, payload);
    for (const resolve of this.#waiting.get(name) ?? []) resolve(payload);
    this.#waiting.delete(name);
    return Promise.resolve();
  }

  getConstant(name: string): Promise<Encoded> {
    const payload = this.#constants.get(name);
    if (payload !== undefined) return Promise.resolve(payload);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(name);
      if (waiting === undefined) this.#waiting.set(name, [resolve]);
      else waiting.push(resolve);
    });
  }

  dropConstant(name: string): void {
    this.#constants.delete(name);
  }

  serve(): Promise<void> {
    return Promise.resolve();
  }

  report(text: string): void {
    console.error(`scoop: ${text}`);
  }
}

/** The error of setting a constant again. */
export function constantTaken(name: string): Error {
  return new Error(`the shared constant "${name}" is set already, and constants do not change`);
}
