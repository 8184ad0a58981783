/**
 * Large binary data between processes of one host: written once into a file in memory, and read once.
 * What travels through sockets is where it is.
 *
 * Fresh memory is what costs: a page that nobody has had takes the system longer than copying a
 * hundred that are there (100 MB into a new file 520 ms, into one that was used before 17 ms, on the
 * machine where this was measured). So files are used again and again: each process has some of its
 * own, which only it fills. Data of calls lies there until their outcomes are known, since a call
 * that is lost with its worker is read again; that of a result until its owner has read it, which it
 * notes in the file.
 *
 * A file begins with 16 bytes: the number of its present use, that of the last one that is over, and
 * the kind of the present one, 4 bytes each (little-endian). Whoever reads looks at the first one
 * before and after: a worker that was believed lost may come too late. The launcher reads the rest,
 * to remove what a process has left that is gone (`launch/shared_sweep.ts`).
 *
 * Where there is no room, no permission, or nothing of the kind, data travels as it does otherwise.
 *
 * @module
 */

import { LIMITS } from "./limits.ts";
import { nativeFiles } from "./native_files.ts";
import type { NativeFile, NativeFiles } from "./native_files.ts";

const HEAD_BYTES = 16;
/** Kinds of use. */
const CALL = 1, RESULT = 2;
/** A file may be so many times as large as what is put into it. */
const MOST_SLACK = 4;
/** What a reference begins with; it is far smaller than data that travels by itself. */
const MARK = new TextEncoder().encode("in shared memory: ");
const NAME = /^[a-z0-9]+-[0-9]+$/;

/** Whose data it is, which says who ends its use. */
export type Use = "call" | "result";

/** Where data is. */
interface Reference {
  readonly file: string;
  /** The number of the file's use. */
  readonly number: number;
  readonly bytes: number;
  readonly use: Use;
}

/** A file of this process. */
interface Slot {
  readonly name: string;
  readonly file: NativeFile;
  readonly capacity: number;
  number: number;
  /** For what it is in use. */
  use: Use | undefined;
}

/** The files of one process in a folder that it shares with others. */
export class SharedMemory {
  readonly #slots: Slot[] = [];
  readonly #unused: FinalizationRegistry<Reference>;
  readonly #findFiles: () => NativeFiles | undefined;
  /** Null where they cannot be used. */
  #files: NativeFiles | null | undefined;
  #bytes = 0;
  #made = 0;
  /** Until when nothing is written, as there was no room. */
  #fullUntil = 0;

  /**
   * @param folder which all processes may read and write
   * @param name of this process, lower case letters and digits, unlike that of any other
   * @param files how files are used, asked for with the first data; undefined where they cannot be
   */
  constructor(
    readonly folder: string,
    private readonly name: string,
    files: () => NativeFiles | undefined,
  ) {
    this.#findFiles = files;
    // Whoever spawned a call that was never sent, or has forgotten it, needs its data no longer.
    this.#unused = new FinalizationRegistry((reference) => this.#end(reference));
  }

  /**
   * Keeps data.
   *
   * @returns what stands for it, or undefined when it has to travel itself
   */
  put(data: Uint8Array, use: Use): Uint8Array | undefined {
    if (data.length < LIMITS.sharedFromBytes || performance.now() < this.#fullUntil) {
      return undefined;
    }
    let slot: Slot | undefined;
    try {
      slot = this.#free(data.length) ?? this.#make(data.length);
      if (slot === undefined) return undefined;
      slot.number++;
      slot.file.write(0, head(slot.number, 0, use === "result" ? RESULT : CALL));
      slot.file.write(HEAD_BYTES, data);
    } catch {
      if (slot !== undefined) this.#remove(slot);
      this.#fullUntil = performance.now() + LIMITS.sharedFullMs;
      return undefined;
    }
    slot.use = use;
    const reference: Reference = { file: slot.name, number: slot.number, bytes: data.length, use };
    const frame = write(reference);
    if (use === "call") this.#unused.register(frame, reference, frame);
    return frame;
  }

  /**
   * The data that `frame` stands for, in memory of its own. That of a result is there no longer then.
   *
   * @throws {Error} when it is not there
   */
  take(frame: Uint8Array): Uint8Array<ArrayBuffer> {
    const reference = read(frame);
    const { number, bytes, use } = reference;
    return this.#using(reference, (file) => {
      const data = new Uint8Array(bytes);
      const before = numberOf(file);
      file.read(HEAD_BYTES, data);
      if (before !== number || numberOf(file) !== number) throw gone(reference);
      if (use === "result") file.write(4, head(number));
      return data;
    });
  }

  /** Nobody will read what these frames stand for, as far as they stand for something. */
  drop(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      if (!isReference(frame)) continue;
      this.#unused.unregister(frame);
      const reference = read(frame);
      if (reference.use === "call") this.#end(reference);
      else {
        try {
          this.#using(reference, (file) => {
            if (numberOf(file) === reference.number) file.write(4, head(reference.number));
          });
        } catch {
          // Its process may have removed it.
        }
      }
    }
  }

  /** @throws {Error} where files cannot be used */
  #native(): NativeFiles {
    if (this.#files === undefined) this.#files = this.#findFiles() ?? null;
    if (this.#files === null) throw new Error("files in memory cannot be used here");
    return this.#files;
  }

  #end({ file, number }: Reference): void {
    const slot = this.#slots.find(({ name }) => name === file);
    if (slot?.number === number && slot.use === "call") slot.use = undefined;
  }

  /** A file of this process that is free and large enough, and not much too large. */
  #free(bytes: number): Slot | undefined {
    let best: Slot | undefined;
    for (const slot of this.#slots) {
      if (slot.capacity < bytes || slot.capacity > MOST_SLACK * bytes) continue;
      if (best !== undefined && best.capacity <= slot.capacity) continue;
      if (!this.#isInUse(slot)) best = slot;
    }
    return best;
  }

  #isInUse(slot: Slot): boolean {
    if (slot.use === "result" && endedIn(slot.file) === slot.number) slot.use = undefined;
    return slot.use !== undefined;
  }

  /** Makes a file, for which others may have to go that are free. */
  #make(bytes: number): Slot | undefined {
    for (const slot of [...this.#slots]) {
      if (this.#bytes + bytes <= LIMITS.sharedBytes) break;
      if (!this.#isInUse(slot)) this.#remove(slot);
    }
    if (this.#bytes + bytes > LIMITS.sharedBytes) return undefined;
    const name = `${this.name}-${++this.#made}`;
    const file = this.#native().create(`${this.folder}/${name}`);
    const slot: Slot = { name, file, capacity: bytes, number: 0, use: undefined };
    this.#slots.push(slot);
    this.#bytes += bytes;
    return slot;
  }

  #remove(slot: Slot): void {
    this.#slots.splice(this.#slots.indexOf(slot), 1);
    this.#bytes -= slot.capacity;
    slot.file.close();
    this.#native().remove(`${this.folder}/${slot.name}`);
  }

  /**
   * Uses a file. One of another process is not kept open: it may be removed, and what is open keeps
   * its memory.
   */
  #using<T>({ file: name }: Reference, use: (file: NativeFile) => T): T {
    const own = this.#slots.find((slot) => slot.name === name);
    if (own !== undefined) return use(own.file);
    const file = this.#native().open(`${this.folder}/${name}`);
    try {
      return use(file);
    } finally {
      file.close();
    }
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    const bytes = this.#slots.reduce((sum, { capacity }) => sum + capacity, 0);
    if (bytes !== this.#bytes || bytes > LIMITS.sharedBytes) {
      throw new Error(`files in shared memory have ${bytes} bytes, ${this.#bytes} counted`);
    }
  }

  /** Closes and removes the files of this process. */
  close(): void {
    for (const slot of [...this.#slots]) this.#remove(slot);
  }
}

/** What somebody else can tell of a file of a process that is gone. */
export interface LeftFile {
  /** The number of the process. */
  readonly pid: number;
  /**
   * Whether nobody will read it: what a call brought along, as whoever awaits its outcome is gone,
   * or a result that was read.
   */
  isOver(head: Uint8Array<ArrayBuffer>): boolean;
}

/** Bytes that {@link LeftFile.isOver} looks at. */
export const LEFT_HEAD_BYTES = HEAD_BYTES;

/** Of a file of this name; undefined for what is none of a process's. */
export function leftFile(name: string): LeftFile | undefined {
  const [, pid] = /^([0-9a-z]+)[0-9a-f]{8}-[0-9]+$/.exec(name) ?? [];
  if (pid === undefined) return undefined;
  return {
    pid: parseInt(pid, 36),
    isOver(head) {
      const [number, ended, kind] = new Uint32Array(head.buffer, 0, 3);
      return kind === CALL || (kind === RESULT && number === ended);
    },
  };
}

/** That of this process, if it shares memory with others. */
let own: SharedMemory | undefined;

/** From now on large data is kept in a folder where all processes of the run find it. */
export function shareMemory(folder: string): void {
  const name = Deno.pid.toString(36) + crypto.randomUUID().slice(0, 8);
  own = new SharedMemory(folder, name, nativeFiles);
}

/** The opposite of {@link shareMemory}. */
export function shareNoMemory(): void {
  own?.close();
  own = undefined;
}

/** The memory that this process shares with others. */
export function sharedMemory(): SharedMemory | undefined {
  return own;
}

/** Whether a frame stands for data that is elsewhere; such data has always more bytes. */
export function isReference(frame: Uint8Array): boolean {
  return frame.length < LIMITS.sharedFromBytes && frame.length > MARK.length &&
    MARK.every((byte, i) => frame[i] === byte);
}

/** Bytes of the data that a frame is, or stands for. */
export function dataBytes(frame: Uint8Array): number {
  return isReference(frame) ? read(frame).bytes : frame.length;
}

/**
 * The data that a frame is, or a copy of what it stands for, which stays where it is. Not for a
 * result, which is read once.
 *
 * @throws {Error} when it is not there
 */
export function dataOf(frame: Uint8Array): Uint8Array {
  return own !== undefined && isReference(frame) ? own.take(frame) : frame;
}

function write(reference: Reference): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(reference));
  const frame = new Uint8Array(MARK.length + text.length);
  frame.set(MARK);
  frame.set(text, MARK.length);
  return frame;
}

/** @throws {Error} when it means nothing */
function read(frame: Uint8Array): Reference {
  const reference = JSON.parse(new TextDecoder().decode(frame.subarray(MARK.length)));
  const { file, number, bytes, use } = reference ?? {};
  const isOne = typeof file === "string" && NAME.test(file) && (use === "call" || use === "result");
  if (!isOne || !Number.isInteger(number) || !(bytes > 0 && bytes <= LIMITS.sharedBytes)) {
    throw new Error("something in shared memory has no place there");
  }
  return reference;
}

function gone({ bytes }: Reference): Error {
  return new Error(`${bytes} bytes in shared memory are not there any more`);
}

function numberOf(file: NativeFile): number {
  return headOf(file)[0]!;
}

function endedIn(file: NativeFile): number {
  return headOf(file)[1]!;
}

/** The two numbers a file begins with. */
function headOf(file: NativeFile): Uint32Array {
  const numbers = new Uint32Array(HEAD_BYTES / 4);
  file.read(0, new Uint8Array(numbers.buffer));
  return numbers;
}

/** Numbers as they stand there. */
function head(...numbers: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(numbers).buffer);
}
