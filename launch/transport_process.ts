/**
 * The process here that leads to another host: an ssh, an srun, a qrsh.
 *
 * @module
 */

import { stripVTControlCharacters } from "node:util";
import { LIMITS } from "../wire/limits.ts";
import { setTimeout } from "../wire/timers.ts";
import { linesOf, MARK } from "./agent_messages.ts";
import { explainFailure, HostError } from "./host_errors.ts";
import type { Progress } from "./host_errors.ts";
import { within } from "./process.ts";
import type { TransportCommand } from "./transports.ts";

/** What is needed to open it. */
export interface TransportOptions {
  /** The host's name, for messages. */
  readonly host: string;
  readonly transport: TransportCommand;
  /** Addresses here, "127.0.0.1:5555", that ports there are to lead to. */
  readonly forwards: readonly string[];
  /** Told of the transport's process as soon as there is one, and when it has ended. */
  watch(pid: number): void;
  forget(pid: number): void;
  /** A line that is not from the agent: ssh's complaints, a shell's greetings. */
  onNotice(line: string): void;
}

/** The transport's process, and what comes of it. */
export interface Connection {
  readonly lines: AsyncGenerator<string>;
  readonly ports: Promise<ReadonlyMap<string, number>>;
  /** How it ended: never fulfilled, rejected with what to tell. */
  readonly ended: Promise<never>;
  readonly exited: Promise<unknown>;
  write(text: string): void;
  writeBytes(bytes: Uint8Array): void;
  closeInput(): void;
  kill(): void;
  /** How far it has come, for whoever has to tell why it did not come further. */
  readonly progress: Progress;
  /** Fulfilled when a prolog there has ended and all that it wrote to its standard error is here. */
  readonly prologHeard: Promise<void>;
  /** What a promise gives, unless the connection ends or the time is over. */
  soon<T>(promise: Promise<T>, milliseconds: number, complaint: string): Promise<T>;
}

/** What was written to standard error is remembered up to so many lines. */
const MOST_COMPLAINTS = 200;

/**
 * Starts it.
 *
 * @throws {HostError} when there is no such command
 */
export function openTransport(
  { host, transport, forwards, watch, forget, onNotice }: TransportOptions,
): Connection {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(transport.command, {
      args: [...transport.args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      // Our Ctrl-C is not its: it is ended when the run is.
      detached: true,
    }).spawn();
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "not found" : (error as Error).message;
    throw new HostError(host, `cannot run ${transport.command}: ${why}`);
  }
  watch(child.pid);
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  const progress: Progress = { step: "login", detail: "", printed: [], complaints: [] };
  const { promise: prologHeard, resolve: prologEnded } = Promise.withResolvers<void>();
  const { promise: ports, resolve: allPorts } = Promise.withResolvers<Map<string, number>>();
  const found = new Map<string, number>();
  if (forwards.length === 0) allPorts(found);
  const read = (async () => {
    for await (const line of linesOf(child.stderr.getReader())) {
      const [, port, to] = /^Allocated port (\d+) for remote forward to (\S+)/.exec(line) ?? [];
      if (to !== undefined) {
        found.set(to, Number(port));
        if (forwards.every((address) => found.has(address))) allPorts(found);
      } else if (line.includes(MARK)) {
        if (line.includes(`${MARK}prolog begins`)) progress.complaints = [];
        else prologEnded();
      } else {
        const text = stripVTControlCharacters(line).trim();
        if (text === "" || progress.complaints.length >= MOST_COMPLAINTS) continue;
        progress.complaints.push(text);
        onNotice(text);
      }
    }
  })();
  const { promise: drained, resolve: drain } = Promise.withResolvers<void>();
  const lines = (async function* () {
    yield* linesOf(child.stdout.getReader());
    drain();
  })();
  const exited = child.status.then(async (status) => {
    forget(child.pid);
    // What it had to say tells more than how it ended.
    await within(Promise.all([read, drained]), LIMITS.silentOutputMs);
    return status;
  });
  const ended = exited.then((status): never => {
    throw explainFailure(host, transport.command, status.code, progress);
  });
  ended.catch(() => {});
  return {
    lines,
    progress,
    prologHeard,
    ports,
    ended,
    exited,
    write: (text) => void writer.write(encoder.encode(text)).catch(() => {}),
    writeBytes: (bytes) => void writer.write(bytes).catch(() => {}),
    closeInput: () => void writer.close().catch(() => {}),
    kill() {
      try {
        Deno.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    },
    async soon(promise, milliseconds, complaint) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new HostError(host, complaint)), milliseconds);
      });
      try {
        return await Promise.race([promise, ended, late]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
