/**
 * How to wait, by what `wire/libzmq.ts` calls.
 *
 * @module
 */

import { useCLibrary } from "./c_library.ts";
import type { Libzmq } from "./libzmq.ts";
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

/** Waits by libzmq's `zmq_poll`; the file has the C library as well. */
export function pollingBy(libzmq: Libzmq): Polling {
  useCLibrary(libzmq);
  return { poll: libzmq.zmq_poll as Poll, hold: findHold() };
}
