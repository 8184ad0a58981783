/**
 * How to wait, by what `wire/libzmq.ts` calls.
 *
 * @module
 */

import { breatheBy } from "./breath.ts";
import type { Libzmq } from "./libzmq.ts";
import { readProcessorTimeBy } from "./processor_time.ts";
import type { Poll, Polling } from "./waiter.ts";

/** What Deno offers to its own modules only, as far as it goes. */
interface Internals {
  readonly core?: {
    refOpPromise?(promise: Promise<unknown>): void;
    unrefOpPromise?(promise: Promise<unknown>): void;
  };
}

/**
 * Whether a call keeps the process alive can be said for timers and connections, but not for calls
 * of other libraries, unless by what Deno's own modules use. Should that go one day, sockets that
 * nobody waits for are looked at now and then instead.
 */
function findHold(): Polling["hold"] {
  const { internal } = Deno as unknown as { internal: symbol };
  const { core } = (Deno as unknown as Record<symbol, Internals | undefined>)[internal] ?? {};
  const { refOpPromise: ref, unrefOpPromise: unref } = core ?? {};
  if (typeof ref !== "function" || typeof unref !== "function") return undefined;
  return (call, holds) => holds ? ref(call) : unref(call);
}

/**
 * Waits by libzmq's `zmq_poll`. Has `wire/breath.ts` breathe by the C library's `usleep`, and
 * processor time be read by its `clock`.
 */
export function pollingBy({ zmq_poll, usleep, clock }: Libzmq): Polling {
  breatheBy(() => usleep(1));
  readProcessorTimeBy(clock);
  return { poll: zmq_poll as Poll, hold: findHold() };
}
