/**
 * Files by the C library itself. Deno opens nothing below `/dev` for a process that may not do
 * everything, and that is where systems keep files in memory. Where the library's own file is not
 * known, it comes with zeromq's addon, which every process of a run may load.
 *
 * @module
 */

import { openC } from "./c_library.ts";
import { zeromqLibraries } from "./zeromq_folder.ts";

const SYMBOLS = {
  open: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  unlink: { parameters: ["buffer"], result: "i32" },
  pread: { parameters: ["i32", "buffer", "usize", "i64"], result: "isize" },
  pwrite: { parameters: ["i32", "buffer", "usize", "i64"], result: "isize" },
} as const;

/** Of Linux: read and write, create what is not there, follow no link, not for other programs. */
const READ_WRITE = 0o2, CREATE_NEW = 0o300, NO_FOLLOW = 0o400000, CLOSE_ON_EXEC = 0o2000000;
const OWN = 0o600;

/** A file that is open. */
export interface NativeFile {
  /**
   * Fills `into` with what is at a place.
   *
   * @throws {Error} when the file has less
   */
  read(at: number, into: Uint8Array): void;
  /** @throws {Error} when there is no room, for example */
  write(at: number, data: Uint8Array): void;
  close(): void;
}

/** What can be done with files by their path. */
export interface NativeFiles {
  /** @throws {Error} when there is one already, or none can be made */
  create(path: string): NativeFile;
  /** @throws {Error} when there is none */
  open(path: string): NativeFile;
  remove(path: string): void;
}

/** Undefined where the library cannot be called, or is another. */
export function nativeFiles(): NativeFiles | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const own = openC(SYMBOLS);
  if (own !== undefined) return filesOf(own);
  for (const library of zeromqLibraries()) {
    try {
      const { symbols } = Deno.dlopen(library, SYMBOLS);
      return filesOf(symbols);
    } catch {
      // Built for another C library, or inside a compiled program.
    }
  }
  return undefined;
}

type Library = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

function filesOf(library: Library): NativeFiles {
  const open = (path: string, flags: number): NativeFile => {
    const descriptor = library.open(
      pathOf(path),
      READ_WRITE | NO_FOLLOW | CLOSE_ON_EXEC | flags,
      OWN,
    );
    if (descriptor < 0) throw new Error(`${path} cannot be opened`);
    return {
      read: (at, into) => transfer("read from", library.pread, descriptor, at, into),
      write: (at, data) => transfer("written to", library.pwrite, descriptor, at, data),
      close: () => void library.close(descriptor),
    };
  };
  return {
    create: (path) => open(path, CREATE_NEW),
    open: (path) => open(path, 0),
    remove: (path) => void library.unlink(pathOf(path)),
  };
}

/** One call moves 2 GiB at most, and less where it likes. */
function transfer(
  done: string,
  call: Library["pread"] | Library["pwrite"],
  descriptor: number,
  at: number,
  bytes: Uint8Array,
): void {
  for (let moved = 0; moved < bytes.length;) {
    const rest = bytes.subarray(moved) as Uint8Array<ArrayBuffer>;
    const count = Number(call(descriptor, rest, BigInt(rest.length), BigInt(at + moved)));
    if (count <= 0) throw new Error(`a file in memory could not be ${done}`);
    moved += count;
  }
}

function pathOf(path: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${path}\0`) as Uint8Array<ArrayBuffer>;
}
