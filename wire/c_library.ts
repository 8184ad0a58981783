/**
 * The C library, called by Deno itself. On Linux it is part of Deno's process anyway, so that opening
 * it takes 3 ms where zeromq's addon, through which it can be reached as well, takes 10, and 3 MB of
 * memory (Deno 2.9.6).
 *
 * @module
 */

import { breatheAtLeastBy } from "./breath.ts";
import { readProcessorTimeBy } from "./processor_time.ts";

/** What is called of it, by whoever has opened it. */
export const C_SYMBOLS = {
  memcpy: { parameters: ["buffer", "pointer", "usize"], result: "void" },
  strlen: { parameters: ["pointer"], result: "usize" },
  usleep: { parameters: ["u32"], result: "i32", nonblocking: true },
  clock: { parameters: [], result: "i64" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** The functions of the C library that are called here. */
export type CLibrary = Deno.DynamicLibrary<typeof C_SYMBOLS>["symbols"];

/** Where distributions of Linux have it. Deno is built for this one, and for no other. */
const PLACES: readonly string[] = [
  `/lib/${Deno.build.arch}-linux-gnu/libc.so.6`,
  "/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
];

/** Where Linux tells what this process has loaded. */
const MAPS = "/proc/self/maps";

/**
 * Its file, for the permissions of other processes on this host; undefined where it is not known. One
 * that lies there and is another than that of this process is none: there would be two.
 */
export function cLibraryFile(): string | undefined {
  if (Deno.build.os !== "linux") return undefined;
  return PLACES.find(isOfThisProcess);
}

function isOfThisProcess(path: string): boolean {
  // A question in the terminal would be no answer.
  if (![path, MAPS].every((path) => isGranted({ name: "read", path }))) return false;
  try {
    const real = Deno.realPathSync(path);
    const loaded = Deno.readTextFileSync(MAPS).split("\n");
    return loaded.some((line) => line.endsWith(` ${real}`));
  } catch {
    // Not there, or it is not to be known.
    return false;
  }
}

/**
 * Functions of the C library; undefined where its file is not known or may not be called. Never asks
 * a person.
 */
export function openC<S extends Deno.ForeignLibraryInterface>(
  symbols: S,
): Deno.DynamicLibrary<S>["symbols"] | undefined {
  if (Deno.build.os !== "linux") return undefined;
  for (const path of PLACES) {
    if (!mayCall(path)) continue;
    try {
      return Deno.dlopen(path, symbols).symbols;
    } catch {
      // Not there.
    }
  }
  return undefined;
}

/** Whoever may call one file may call it because it is the right one; who may all has to look. */
function mayCall(path: string): boolean {
  if (!isGranted({ name: "ffi", path })) return false;
  return !isGranted({ name: "ffi" }) || isOfThisProcess(path);
}

function isGranted(one: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(one).state === "granted";
}

/** The same for what sockets within a host take; it tells breaths and processor times as well. */
export function openCLibrary(): CLibrary | undefined {
  const library = openC(C_SYMBOLS);
  if (library !== undefined) useCLibrary(library);
  return library;
}

/** Breathes by its `usleep`, where nothing better is known, and reads processor time by its `clock`. */
export function useCLibrary({ usleep, clock }: Pick<CLibrary, "usleep" | "clock">): void {
  breatheAtLeastBy(() => usleep(1));
  readProcessorTimeBy(clock);
}
