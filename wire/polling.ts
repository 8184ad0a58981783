/**
 * What Deno calls by itself in the file of zeromq's addon. It does not import the package.
 *
 * @module
 */

import { breatheBy } from "./breath.ts";
import { temporaryPrefix } from "./temporary.ts";
import type { Poll, Polling } from "./waiter.ts";
import { zeromqLibraries } from "./zeromq_folder.ts";

const SYMBOLS = {
  zmq_poll: { parameters: ["buffer", "i32", "i64"], result: "i32", nonblocking: true },
  usleep: { parameters: ["u32"], result: "i32", nonblocking: true, optional: true },
} as const;

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
 * libzmq's own `zmq_poll`, which the package does not offer. Undefined where the file does not
 * either, as on Windows. The C library that the file needs comes with it, and its `usleep` is what
 * breathing needs (`wire/breath.ts`).
 */
export function openPoll(): Polling | undefined {
  for (const file of zeromqLibraries()) {
    try {
      const { zmq_poll, usleep } = onDisk(file, (path) => Deno.dlopen(path, SYMBOLS)).symbols;
      if (usleep !== null) breatheBy(() => usleep(1));
      return { poll: zmq_poll as Poll, hold: findHold() };
    } catch {
      // Built for another C library, or without the function.
    }
  }
}

/**
 * A file of a compiled program is inside the executable, where the system cannot load it from. Any
 * copy will do: what is waited for are descriptors, not sockets of this library.
 */
function onDisk<L>(file: string, load: (path: string) => L): L {
  if (!Deno.build.standalone) return load(file);
  const copy = Deno.makeTempFileSync({ prefix: temporaryPrefix("addon"), suffix: ".node" });
  try {
    Deno.writeFileSync(copy, Deno.readFileSync(file));
    return load(copy);
  } finally {
    remove(copy);
  }
}

/** What is loaded has no need of its file any more, but on Windows, where that cannot be removed. */
function remove(copy: string): void {
  try {
    Deno.removeSync(copy);
  } catch {
    addEventListener("unload", () => Deno.removeSync(copy));
  }
}
