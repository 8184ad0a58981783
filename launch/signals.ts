/**
 * Signals to the launcher.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { setTimeout } from "../wire/timers.ts";

/** Signals that end a run, with their numbers, from which exit codes are made. */
export const ENDING_SIGNALS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGTERM: 15,
  SIGBREAK: 21,
} as const satisfies Partial<Record<Deno.Signal, number>>;

/** A signal that ends a run. */
export type EndingSignal = keyof typeof ENDING_SIGNALS;

/**
 * Calls `handler` for each ending signal that comes, until the returned function is called. Under
 * `nohup` a hangup stays ignored.
 */
export function onEndingSignal(handler: (signal: EndingSignal) => void): () => void {
  const removals: (() => void)[] = [];
  for (const signal of Object.keys(ENDING_SIGNALS) as EndingSignal[]) {
    if (signal === "SIGHUP" && ignoresHangups()) continue;
    listen(signal, () => handler(signal), removals);
  }
  return () => removals.forEach((remove) => remove());
}

/**
 * Makes Ctrl-Z and `fg` work on the whole run: the processes are in sessions of their own, where
 * the terminal's signals do not reach them.
 *
 * @param others sends a signal to every process of the run, on other hosts as well
 */
export function followJobControl(others: (signal: Deno.Signal) => void): () => void {
  const removals: (() => void)[] = [];
  if (Deno.build.os === "windows") return () => {};
  listen("SIGTSTP", () => {
    others("SIGSTOP");
    setTimeout(() => Deno.kill(Deno.pid, "SIGSTOP"), LIMITS.stopWordMs);
  }, removals);
  listen("SIGCONT", () => others("SIGCONT"), removals);
  return () => removals.forEach((remove) => remove());
}

/**
 * Passes SIGUSR1 and SIGUSR2 on, which mean whatever the program says. What comes before there is a
 * program waits for it.
 *
 * Deno opens a debugger in whatever process gets a SIGUSR1, listener or not: in this one it is
 * closed again before the program may want its port.
 */
export function passOnUserSignals(): UserSignals {
  const removals: (() => void)[] = [];
  const waiting: Deno.Signal[] = [];
  let program: Signalled | undefined;
  if (Deno.build.os === "windows") return { to() {}, stop() {} };
  const pass = (signal: Deno.Signal) => {
    if (program === undefined) waiting.push(signal);
    else program.kill(signal);
  };
  listen("SIGUSR1", () => void closeDebugger().then(() => pass("SIGUSR1")), removals);
  listen("SIGUSR2", () => pass("SIGUSR2"), removals);
  return {
    to(process) {
      program = process;
      for (const signal of waiting.splice(0)) process.kill(signal);
    },
    stop: () => removals.forEach((remove) => remove()),
  };
}

/** See {@link passOnUserSignals}. */
export interface UserSignals {
  /** From now on there is a program. */
  to(program: Signalled): void;
  stop(): void;
}

/** Whom a signal is sent. */
interface Signalled {
  kill(signal: Deno.Signal): void;
}

async function closeDebugger(): Promise<void> {
  const inspector = await import("node:inspector");
  for (let waited = 0; waited < LIMITS.debuggerMs; waited += LIMITS.debuggerLookMs) {
    if (inspector.url() !== undefined) return inspector.close();
    await new Promise((resolve) => setTimeout(resolve, LIMITS.debuggerLookMs));
  }
}

function listen(signal: Deno.Signal, handler: () => void, removals: (() => void)[]): void {
  try {
    Deno.addSignalListener(signal, handler);
    removals.push(() => Deno.removeSignalListener(signal, handler));
  } catch {
    // Not every system knows every signal.
  }
}

/** True when the launcher was started so as to survive a hangup; only Linux tells. */
function ignoresHangups(): boolean {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    const bits = /^SigIgn:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0";
    return (BigInt(`0x${bits}`) & 1n) === 1n;
  } catch {
    return false;
  }
}
