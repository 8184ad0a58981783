/**
 * What a task leaves open on the origin: a timer, a server, a connection, a process. It would keep
 * the program's process alive, and with it the run, although the program has ended; on any other
 * worker it ends with the run. So what a task opens keeps the process alive as long as the task
 * runs, and no longer. What the program itself opens is its own affair.
 *
 * A task is known by its asynchronous context. Deno tells nobody what is open, so the calls that
 * open something are seen to, one by one; Node's modules, web workers and watchers of files cannot
 * be had in this way.
 *
 * @module
 */

import { currentTurn } from "../futures/turn.ts";
import type { Turn } from "../futures/turn.ts";
import "../wire/connections.ts";
import { setTimeout } from "../wire/timers.ts";
import { KeptAlive } from "./kept_alive.ts";
import { replaceWhenUsed } from "./replaced.ts";

/** Tasks that run and have something open. */
const alive = new KeptAlive();

/** Has what tasks open in this process keep it alive no longer than they run. */
export function releaseLeftOpen(): void {
  const { unrefTimer } = Deno;
  for (const name of ["setTimeout", "setInterval"] as const) {
    adopting(globalThis, name, (timer: unknown) => {
      if (typeof timer === "number") unrefTimer(timer);
      else (timer as { unref?(): void }).unref?.();
    });
  }
  for (const name of ["serve", "listen", "listenTls", "connect", "connectTls"]) {
    replaceWhenUsed(Deno, name, (open) => adopted(open, unref));
  }
  replaceWhenUsed(Deno, "Command", (Command) => {
    adopting((Command as typeof Deno.Command).prototype, "spawn", unref);
    return Command;
  });
  // Whoever has got hold of the class before us need not ask for it again.
  Deno.unrefTimer(setTimeout(() => void Deno.Command, 0));
}

function unref(opened: unknown): void {
  (opened as { unref?(): void }).unref?.();
  // What comes in there is the task's as well.
  if (opened instanceof Object && "accept" in opened) adopting(opened, "accept", unref);
}

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** Replaces a function by one that sees to what tasks open with it. */
function adopting(home: object, name: string, release: (opened: unknown) => void): void {
  try {
    Reflect.set(home, name, adopted(Reflect.get(home, name), release));
  } catch {
    // It has been frozen: then it is as it would be without us.
  }
}

/** A function that does the same and sees to what tasks open with it; what is none stays. */
function adopted(original: unknown, release: (opened: unknown) => void): unknown {
  if (typeof original !== "function") return original;
  const open = original as AnyFunction;
  const replaced = function (this: unknown, ...args: unknown[]): unknown {
    const opened = Reflect.apply(open, this, args);
    const turn = currentTurn();
    if (turn === undefined) return opened;
    if (opened instanceof Promise) opened.then((one) => adopt(turn, one, release), () => {});
    else adopt(turn, opened, release);
    return opened;
  };
  Object.defineProperties(replaced, Object.getOwnPropertyDescriptors(open));
  return replaced;
}

function adopt(turn: Turn, opened: unknown, release: (opened: unknown) => void): void {
  try {
    release(opened);
  } catch {
    // It is closed by now.
    return;
  }
  if (turn.state === "over" || turn.ended !== undefined) return;
  alive.change(1);
  turn.ended = () => void alive.change(-1);
}
