/**
 * libzmq, called by Deno itself. The files of the package's addon have all of it inside and let it
 * be called, but on Windows. That takes 17 ms and 6 MB where the package's own code takes 44 ms and
 * 20 MB, in each process that has to do with other hosts (Deno 2.9.6), most of it for what Node's
 * modules need; and a small message from one socket to another takes 1.9 µs.
 *
 * @module
 */

import { C_SYMBOLS } from "./c_library.ts";
import { temporaryPrefix } from "./temporary.ts";
import { zeromqLibraries } from "./zeromq_folder.ts";

const SYMBOLS = {
  zmq_ctx_new: { parameters: [], result: "pointer" },
  zmq_ctx_term: { parameters: ["pointer"], result: "i32" },
  zmq_socket: { parameters: ["pointer", "i32"], result: "pointer" },
  zmq_close: { parameters: ["pointer"], result: "i32" },
  zmq_setsockopt: { parameters: ["pointer", "i32", "buffer", "usize"], result: "i32" },
  zmq_getsockopt: { parameters: ["pointer", "i32", "buffer", "buffer"], result: "i32" },
  zmq_bind: { parameters: ["pointer", "buffer"], result: "i32" },
  zmq_connect: { parameters: ["pointer", "buffer"], result: "i32" },
  zmq_send: { parameters: ["pointer", "buffer", "usize", "i32"], result: "i32" },
  zmq_msg_init: { parameters: ["buffer"], result: "i32" },
  zmq_msg_recv: { parameters: ["buffer", "pointer", "i32"], result: "i32" },
  zmq_msg_data: { parameters: ["buffer"], result: "pointer" },
  zmq_msg_size: { parameters: ["buffer"], result: "usize" },
  zmq_msg_more: { parameters: ["buffer"], result: "i32" },
  zmq_msg_close: { parameters: ["buffer"], result: "i32" },
  zmq_socket_monitor: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  zmq_curve_keypair: { parameters: ["buffer", "buffer"], result: "i32" },
  zmq_has: { parameters: ["buffer"], result: "i32" },
  zmq_errno: { parameters: [], result: "i32" },
  zmq_strerror: { parameters: ["i32"], result: "pointer" },
  zmq_poll: { parameters: ["buffer", "i32", "i64"], result: "i32", nonblocking: true },
  // Of the C library, which the file needs and so comes with it. Deno itself reads memory only for
  // processes that may call every library.
  ...C_SYMBOLS,
} as const;

/** The functions of libzmq and of the C library that are called here. */
export type Libzmq = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Undefined where the package has no file that can be called like this. */
export function openLibzmq(): Libzmq | undefined {
  for (const file of zeromqLibraries()) {
    try {
      return onDisk(file, (path) => Deno.dlopen(path, SYMBOLS)).symbols;
    } catch {
      // Built for another C library, or without the functions.
    }
  }
}

/** A file of a compiled program is inside the executable, where the system cannot load it from. */
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

/** The numbers that operating systems have for what can go wrong, where we tell them apart. */
const CODES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  linux: {
    4: "EINTR",
    11: "EAGAIN",
    13: "EACCES",
    19: "ENODEV",
    22: "EINVAL",
    93: "EPROTONOSUPPORT",
    98: "EADDRINUSE",
    99: "EADDRNOTAVAIL",
    113: "EHOSTUNREACH",
  },
  darwin: {
    4: "EINTR",
    35: "EAGAIN",
    13: "EACCES",
    19: "ENODEV",
    22: "EINVAL",
    43: "EPROTONOSUPPORT",
    48: "EADDRINUSE",
    49: "EADDRNOTAVAIL",
    65: "EHOSTUNREACH",
  },
};

/** What libzmq says went wrong with the call before. */
export function lastError(libzmq: Libzmq): Error & { code?: string } {
  const number = libzmq.zmq_errno();
  const text = libzmq.zmq_strerror(number);
  const bytes = new Uint8Array(Number(libzmq.strlen(text)));
  libzmq.memcpy(bytes, text, BigInt(bytes.length));
  const code = CODES[Deno.build.os]?.[number];
  return Object.assign(new Error(new TextDecoder().decode(bytes)), { code });
}
