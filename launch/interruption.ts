/**
 * What can end a run from outside: signals, and a reader of the output that goes away.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { setTimeout } from "../wire/timers.ts";
import type { RunningProcess } from "./process.ts";
import { ENDING_SIGNALS, followJobControl, onEndingSignal } from "./signals.ts";

/** The number of SIGPIPE, by which a command ends when nobody reads its output any more. */
const SIGPIPE = 13;

/** See the module's text. */
export interface Interruption {
  /** The first signal's number, 0 while there was none. */
  signalled(): number;
  /** Milliseconds that are left of what was promised when there was a signal. */
  left(): number;
  /** Fulfilled when there was a signal and the program was given time enough. */
  readonly enough: Promise<void>;
  stop(): void;
}

/** Who is concerned. */
export interface Interrupted {
  /** Aborted when nobody reads the output any more. */
  readonly readerGone: AbortSignal;
  everyone(): RunningProcess[];
  /** Passes the first signal on; false when there is no program yet that could take its time. */
  first(signal: Deno.Signal): boolean;
  /** The launcher is about to be stopped, until somebody continues it. */
  pause(): void;
}

/** Listens; a second signal kills everyone. */
export function listen({ readerGone, everyone, first, pause }: Interrupted): Interruption {
  const { promise: enough, resolve: giveUp } = Promise.withResolvers<void>();
  let signalled = 0;
  let signalledAt = 0;
  let patience: ReturnType<typeof setTimeout> | undefined;
  const signalAll = (signal: Deno.Signal) => everyone().forEach((process) => process.kill(signal));
  const interrupt = (signal: Deno.Signal, number: number) => {
    if (signalled > 0) {
      signalAll("SIGKILL");
      return giveUp();
    }
    signalled = number;
    signalledAt = performance.now();
    if (!first(signal)) return giveUp();
    patience = setTimeout(giveUp, LIMITS.interruptedProgramMs);
  };
  const stopListening = onEndingSignal((name) => interrupt(name, ENDING_SIGNALS[name]));
  const stopFollowing = followJobControl((signal) => {
    signalAll(signal);
    if (signal === "SIGSTOP") pause();
  });
  const onReaderGone = () => interrupt("SIGTERM", SIGPIPE);
  if (readerGone.aborted) onReaderGone();
  else readerGone.addEventListener("abort", onReaderGone);
  return {
    signalled: () => signalled,
    left: () => Math.max(0, signalledAt + LIMITS.endMs - performance.now()),
    enough,
    stop() {
      clearTimeout(patience);
      stopListening();
      stopFollowing();
      readerGone.removeEventListener("abort", onReaderGone);
    },
  };
}
