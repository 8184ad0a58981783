/**
 * Connections for this project's own use: like its timers (`wire/timers.ts`), they are not to be
 * taken for those of the task that happens to run when they are made.
 *
 * This module is loaded before anything is replaced, by whoever replaces.
 *
 * @module
 */

/** Connects to a socket with a path. */
export const connect: (options: Deno.UnixConnectOptions) => Promise<Deno.UnixConn> = Deno.connect;
/** Listens on a socket with a path. */
export const listen: (
  options: Deno.UnixListenOptions & { transport: "unix" },
) => Deno.UnixListener = Deno.listen;
