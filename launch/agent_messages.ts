/**
 * What the launcher and its agent on another host say to each other: one JSON text a line, since
 * srun and qrsh pass on lines, and not all of them pass on everything else unharmed.
 *
 * @module
 */

import type { Room } from "./capacity.ts";

/** What the agent's host is. */
export interface HostFacts {
  /** Version of Deno. */
  readonly deno: string;
  /** Its executable. */
  readonly executable: string;
  /** As in Deno.build. */
  readonly os: string;
  readonly arch: string;
  /** The C library, in the words of zeromq's builds: "glibc", "musl". */
  readonly libc: string;
  /** What the host calls itself. */
  readonly hostname: string;
  /** The address that the connection came from, as ssh says; empty if unknown. */
  readonly launcherAddress: string;
  /** The folder that it is in: that of --path, if it was given. */
  readonly cwd: string;
}

/** The first line that the launcher sends. */
export interface Opening {
  /** URL of the agent's module there; in it, SHIPMENT_FOLDER stands for where the shipment is. */
  readonly agent: string;
  /** Bytes of a shipment that follow the line at once; 0 for none. */
  readonly shipment: number;
  /** Where the shipment has zeromq's library; the agent looks by itself if there is no shipment. */
  readonly libraries: readonly string[];
}

/** What the agent, or what is there before it, answers when it cannot do its work. */
export interface Failed {
  /** Making a folder for the shipment, unpacking it, loading the agent, or zeromq's library. */
  readonly failed: "folder" | "unpack" | "agent" | "library";
  readonly message: string;
  /** The folder for temporary files, or the file of the library. */
  readonly path: string;
}

/** What the agent answers: it is there. */
export interface Ready {
  readonly ready: true;
  /** Where the shipment was unpacked, empty if there was none. */
  readonly folder: string;
  /** The folder of zeromq's addon; empty with a shipment, which brings its own. */
  readonly addon: string;
  /** What is left of the host. */
  readonly room?: Room;
}

/** What the launcher wants. */
export type Order =
  | {
    do: "start";
    id: number;
    /** Arguments for Deno. */
    args: readonly string[];
    env: Readonly<Record<string, string>>;
    /** Those of these that the host does not set itself count too. */
    defaults?: Readonly<Record<string, string>>;
    nice: number | null;
    /** Whether standard input will come. */
    stdin: boolean;
    /** Bytes of memory that it may use, if somebody wants to know how much it does; or null. */
    memory: number | null;
  }
  | { do: "signal"; id: number; signal: Deno.Signal }
  /** Bytes in base64 for a process's standard input; null ends it. */
  | { do: "input"; id: number; data: string | null }
  /** Which of these files and folders are not there? */
  | { do: "look"; question: number; paths: readonly string[] }
  /** Which of these hosts can be connected to, and from which address? */
  | { do: "reach"; question: number; hosts: readonly string[]; port: number }
  | { do: "ping" }
  /** The launcher will be silent for a while. */
  | { do: "pause" };

/** What the agent tells. */
export type Report =
  | { on: "output"; id: number; error: boolean; data: string }
  /** So many bytes more of its standard input are with the process. */
  | { on: "taken"; id: number; bytes: number }
  | { on: "exit"; id: number; code: number; signal: Deno.Signal | null }
  /** It uses so many bytes of memory. */
  | { on: "memory"; id: number; bytes: number }
  /** Nothing is left of what it had started either. */
  | { on: "swept"; id: number }
  /** A process could not be started. */
  | { on: "failure"; id: number; message: string }
  | { on: "answer"; question: number; texts: readonly string[] }
  | { on: "pong" };

/** What `sh` says first there; shells may print other things before, and on the same line. */
export const SHELL_MARK = "scoop-listens";

/** Put before what is said on the way to the agent; others may print between. */
export const MARK = "\x1escoop ";

/** A folder whose name is not known before the agent has made it. */
export const SHIPMENT_FOLDER = "/SHIPMENT-FOLDER";

/** Cuts a stream of bytes into lines. What came before `rest` is taken to be read already. */
export async function* linesOf(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  rest: Uint8Array = new Uint8Array(),
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let held = decoder.decode(rest, { stream: true });
  while (true) {
    let start = 0;
    for (let end = held.indexOf("\n"); end >= 0; end = held.indexOf("\n", start)) {
      yield held.slice(start, end);
      start = end + 1;
    }
    held = held.slice(start);
    const { done, value } = await reader.read();
    if (done) return;
    held += decoder.decode(value, { stream: true });
  }
}

/** A host that was reached, and the address of the other that leads there. */
export interface Reached {
  readonly host: string;
  readonly from: string;
}
