/**
 * What all open pages are told, and when: at most four times a second, however much happens, and
 * each of them as fast as it reads.
 *
 * @module
 */

import { LIMITS } from "../../wire/limits.ts";
import { setTimeout } from "../../wire/timers.ts";
import type { RunModel } from "../run_model.ts";
import { createHistory } from "./history.ts";
import { createReader } from "./reader.ts";
import { standingOf } from "./standing.ts";
import type { Standing } from "./standing.ts";

/** What an open page gets next; undefined when there is nothing more. */
export type NextMessage = () => Promise<string | undefined>;

/** What happens, for all open pages. */
export interface News {
  /** The model has taken in events. */
  readonly changed: () => void;
  /** There will be no more. */
  end(): void;
  /** For a page that has just been opened. */
  follow(): NextMessage;
}

/** Begins with how the model stands. */
export function createNews(model: RunModel, now: () => number): News {
  const history = createHistory();
  /** Resolved when there is something new. */
  let next = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let [version, isOver] = [0, false];
  let known: { version: number; standing: Standing } | undefined;

  const wake = () => {
    timer = undefined;
    history.flush();
    version++;
    next.resolve();
    next = Promise.withResolvers();
  };
  const standing = (): Standing => {
    if (known?.version !== version) known = { version, standing: standingOf(model, now()) };
    return known.standing;
  };

  return {
    changed() {
      history.take(model);
      if (timer !== undefined || isOver) return;
      timer = setTimeout(wake, LIMITS.pageMs);
      Deno.unrefTimer(timer);
    },
    end() {
      clearTimeout(timer);
      history.take(model);
      isOver = true;
      wake();
    },
    follow() {
      history.flush();
      const reader = createReader();
      let told = -1;
      return async () => {
        if (told === version && isOver) return undefined;
        if (told === version) await Promise.race([next.promise, sleep(LIMITS.pageSignMs)]);
        if (told === version && !isOver) version++;
        told = version;
        return JSON.stringify(reader.next(model, history, standing()));
      };
    },
  };
}

/** Waits, without keeping the process alive. */
function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, ms)));
}

/** Sends a message only when the last one was taken. */
export function eventStream(next: NextMessage, close: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode("retry: 1000\n\n"));
    },
    async pull(controller) {
      const text = await next();
      if (text !== undefined) return controller.enqueue(encoder.encode(`data: ${text}\n\n`));
      close();
      controller.close();
    },
    cancel: close,
  }, { highWaterMark: 0 });
}
