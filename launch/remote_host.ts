/**
 * Another host, as long as its agent is connected: processes there look like processes here.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { linesOf, MARK } from "./agent_messages.ts";
import type { HostFacts, Opening, Order, Reached, Ready, Report } from "./agent_messages.ts";
import { createInputFlow, passInput } from "./remote_input.ts";
import type { InputFlow } from "./remote_input.ts";
import { listenForSilence } from "./silence.ts";
import { forwardLines } from "./output.ts";
import { within } from "./process.ts";
import type { Exit, ProcessSpec, RunningProcess } from "./process.ts";
import { explainFailure, HostError } from "./host_errors.ts";
import type { TransportCommand } from "./transports.ts";

/** What is needed to connect. */
export interface RemoteOptions {
  /** The host's name, for messages. */
  readonly host: string;
  readonly transport: TransportCommand;
  /** Addresses here, "127.0.0.1:5555", that ports there are to lead to. */
  readonly forwards: readonly string[];
  /** What the agent is, once it is known what the host is. */
  opening(facts: HostFacts): Promise<{ agent: string; shipment: Uint8Array | undefined }>;
  /** Told of the transport's process as soon as there is one, and when it has ended. */
  watch(pid: number): void;
  forget(pid: number): void;
  /** A line that is not from the agent: ssh's complaints, a shell's greetings. */
  onNotice(line: string): void;
}

/** A connected host. */
export interface RemoteHost {
  readonly facts: HostFacts;
  readonly ready: Ready;
  /** Ports there by the addresses here that they lead to. */
  readonly ports: ReadonlyMap<string, number>;
  /** Starts a process there. Once the host is lost it throws. */
  start(spec: ProcessSpec): RunningProcess;
  /** Those of these paths that are not there. */
  missing(paths: readonly string[]): Promise<string[]>;
  /** Those of these hosts that can be connected to from there. */
  reachable(hosts: readonly string[], port: number): Promise<Reached[]>;
  /** Why it is lost, once it is. */
  readonly lost: Promise<string>;
  /** Nothing will be heard of the launcher for a while. */
  pause(): void;
  /** Ends the agent and all it has started; the way to it is closed after so many milliseconds. */
  close(milliseconds: number): Promise<void>;
}

/**
 * Connects to a host.
 *
 * @throws {HostError} when that fails; the message names the host and the remedy
 */
export async function connectHost(options: RemoteOptions): Promise<RemoteHost> {
  const { host } = options;
  const connection = open(options);
  const { lines } = connection;
  try {
    const facts = await connection.soon(
      firstWord(lines, options),
      LIMITS.hostAnswerMs,
      "does not answer",
    );
    const { agent, shipment } = await options.opening(facts);
    const opening: Opening = { agent, shipment: shipment?.length ?? 0 };
    connection.write(JSON.stringify(opening) + "\n");
    if (shipment !== undefined) connection.writeBytes(shipment);
    const ready = await connection.soon(
      readyLine(lines),
      LIMITS.hostReadyMs,
      "is not ready in time",
    );
    const ports = await connection.soon(
      connection.ports,
      LIMITS.hostAnswerMs,
      "does not forward ports (does its sshd allow it?)",
    );
    return serve(connection, facts, ready, ports);
  } catch (error) {
    connection.kill();
    if (error instanceof HostError) throw error;
    throw new HostError(host, (error as Error).message);
  }
}

/** The first line of the agent, past whatever a login shell prints. */
async function firstWord(lines: AsyncGenerator<string>, options: RemoteOptions) {
  for (let next = await lines.next(); !next.done; next = await lines.next()) {
    const at = next.value.indexOf(MARK);
    if (at >= 0) return JSON.parse(next.value.slice(at + MARK.length)) as HostFacts;
    options.onNotice(next.value);
  }
  return await new Promise<never>(() => {});
}

async function readyLine(lines: AsyncGenerator<string>): Promise<Ready> {
  const next = await lines.next();
  if (next.done) return await new Promise<never>(() => {});
  return JSON.parse(next.value) as Ready;
}

/** The transport's process, and what comes of it. */
interface Connection {
  readonly lines: AsyncGenerator<string>;
  readonly ports: Promise<ReadonlyMap<string, number>>;
  /** How it ended: never fulfilled, rejected with what to tell. */
  readonly ended: Promise<never>;
  readonly exited: Promise<unknown>;
  write(text: string): void;
  writeBytes(bytes: Uint8Array): void;
  closeInput(): void;
  kill(): void;
  /** What a promise gives, unless the connection ends or the time is over. */
  soon<T>(promise: Promise<T>, milliseconds: number, complaint: string): Promise<T>;
}

function open({ host, transport, forwards, watch, forget, onNotice }: RemoteOptions): Connection {
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
  const complaints: string[] = [];
  const { promise: ports, resolve: allPorts } = Promise.withResolvers<Map<string, number>>();
  const found = new Map<string, number>();
  if (forwards.length === 0) allPorts(found);
  const read = (async () => {
    for await (const line of linesOf(child.stderr.getReader())) {
      const [, port, to] = /^Allocated port (\d+) for remote forward to (\S+)/.exec(line) ?? [];
      if (to !== undefined) {
        found.set(to, Number(port));
        if (forwards.every((address) => found.has(address))) allPorts(found);
      } else if (line.trim() !== "") {
        complaints.push(line.trim());
        onNotice(line);
      }
    }
  })();
  const exited = child.status.then(async (status) => {
    forget(child.pid);
    await within(read, LIMITS.silentOutputMs);
    return status;
  });
  const ended = exited.then((status): never => {
    throw explainFailure(host, transport.command, status.code, complaints);
  });
  ended.catch(() => {});
  return {
    lines: linesOf(child.stdout.getReader()),
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

/** A process there. */
interface RemoteProcess {
  readonly input: InputFlow;
  /** It was told to end, whatever it does. */
  doomed: boolean;
  uses(bytes: number): void;
  readonly out: WritableStreamDefaultWriter<Uint8Array>;
  readonly err: WritableStreamDefaultWriter<Uint8Array>;
  end(exit: Exit): void;
  /** Nothing is left of what it started. */
  swept(): void;
}

/** The connection at work. */
function serve(
  connection: Connection,
  facts: HostFacts,
  ready: Ready,
  ports: ReadonlyMap<string, number>,
): RemoteHost {
  const processes = new Map<number, RemoteProcess>();
  const questions = new Map<number, (texts: readonly string[]) => void>();
  const { promise: lost, resolve: lose } = Promise.withResolvers<string>();
  let numbers = 0;
  let gone: string | undefined;
  let closing = false;
  let silentUntil = 0;
  /** True while output of it waits for whoever reads ours. */
  let held = false;
  const order = (order: Order) => connection.write(JSON.stringify(order) + "\n");

  const silence = listenForSilence(LIMITS.pingMs, {
    look() {
      if (held) silence.heard();
      // A ping would say that the launcher goes on.
      if (performance.now() > silentUntil) order({ do: "ping" });
    },
    tooLong: () => giveUp(`its host was not heard of for ${patience() / 1000} s`),
  }, patience);

  /** That all its workers have lost their connections, too, says more than silence alone. */
  function patience(): number {
    const isLost = processes.size > 0 && [...processes.values()].every(({ doomed }) => doomed);
    return isLost ? LIMITS.lostHostSilenceMs : LIMITS.agentSilenceMs;
  }

  function giveUp(reason: string): void {
    if (gone !== undefined) return;
    gone = reason;
    silence.stop();
    connection.kill();
    for (const process of processes.values()) {
      process.end({ code: 255, signal: null, reason, away: true });
      process.swept();
    }
    processes.clear();
    lose(reason);
  }

  async function hear(report: Report): Promise<void> {
    if (report.on === "output") {
      const process = processes.get(report.id);
      const writer = report.error ? process?.err : process?.out;
      // Whoever prints faster than its output takes has to wait, and so has its host.
      await writer?.write(Uint8Array.fromBase64(report.data)).catch(() => {});
    } else if (report.on === "taken") {
      processes.get(report.id)?.input.taken(report.bytes);
    } else if (report.on === "memory") {
      processes.get(report.id)?.uses(report.bytes);
    } else if (report.on === "exit") {
      processes.get(report.id)?.end({ code: report.code, signal: report.signal });
    } else if (report.on === "swept") {
      processes.get(report.id)?.swept();
      processes.delete(report.id);
    } else if (report.on === "failure") {
      const { id, message } = report;
      processes.get(id)?.end({ code: 127, signal: null, reason: `not started: ${message}` });
      processes.get(id)?.swept();
      processes.delete(id);
    } else if (report.on === "answer") {
      questions.get(report.question)?.(report.texts);
      questions.delete(report.question);
    }
  }

  (async () => {
    for await (const line of connection.lines) {
      silence.heard();
      held = true;
      await hear(JSON.parse(line) as Report);
      held = false;
    }
  })().catch((error) => giveUp(`its host sent nonsense: ${error}`));
  connection.ended.catch((error: HostError) =>
    giveUp(closing ? "the run is over" : `the connection to its host ended: ${error.why}`)
  );

  const ask = (make: (question: number) => Order) =>
    connection.soon(
      new Promise<readonly string[]>((resolve) => {
        const question = ++numbers;
        questions.set(question, resolve);
        order(make(question));
      }).then((texts) => [...texts]),
      LIMITS.hostAnswerMs,
      "does not answer any more",
    );

  return {
    facts,
    ready,
    ports,
    lost,
    start(spec) {
      if (gone !== undefined) throw new Error(gone);
      const id = ++numbers;
      const { process, running } = remoteProcess(spec, {
        signal(signal) {
          process.doomed ||= signal === "SIGKILL";
          order({ do: "signal", id, signal });
        },
        input: (data) => order({ do: "input", id, data: data && data.toBase64() }),
      });
      processes.set(id, process);
      const { args, env, nice = null, stdin } = spec;
      const memory = spec.memory?.limit ?? null;
      order({ do: "start", id, args, env, nice, stdin: stdin !== "null", memory });
      if (spec.stdin === "inherit") {
        const send = (data: string | null) => order({ do: "input", id, data });
        void passInput(process.input, send, running);
      }
      return running;
    },
    missing: (paths) => ask((question) => ({ do: "look", question, paths })),
    async reachable(hosts, port) {
      const texts = await ask((question) => ({ do: "reach", question, hosts, port }));
      return texts.map((text) => {
        const [host = "", from = ""] = text.split(" ");
        return { host, from };
      });
    },
    pause() {
      silentUntil = performance.now() + LIMITS.pauseMs;
      order({ do: "pause" });
    },
    async close(milliseconds) {
      closing = true;
      silence.stop();
      connection.closeInput();
      await within(connection.exited, milliseconds);
      connection.kill();
    },
  };
}

function remoteProcess(
  spec: ProcessSpec,
  there: {
    signal(signal: Deno.Signal): void;
    input(data: Uint8Array | null): void;
  },
): { process: RemoteProcess; running: RunningProcess } {
  const { promise: exited, resolve } = Promise.withResolvers<Exit>();
  const { promise: swept, resolve: sweep } = Promise.withResolvers<void>();
  const out = new TransformStream<Uint8Array, Uint8Array>();
  const err = new TransformStream<Uint8Array, Uint8Array>();
  const writers = { out: out.writable.getWriter(), err: err.writable.getWriter() };
  let alive = true;
  let left = true;
  const drained = Promise.all([
    forwardLines(out.readable, spec.stdout, spec.lines, exited),
    forwardLines(err.readable, spec.stderr, spec.lines, exited),
    exited,
  ]).then(() => {});
  return {
    process: {
      ...writers,
      input: createInputFlow(exited),
      doomed: false,
      uses: (bytes) => spec.memory?.tell(bytes),
      end(exit) {
        alive = false;
        resolve(exit);
        for (const writer of Object.values(writers)) writer.close().catch(() => {});
      },
      swept() {
        left = false;
        sweep();
      },
    },
    running: {
      name: spec.name,
      since: performance.now(),
      exited,
      drained,
      swept,
      alive: () => alive,
      kill: (signal) => void (left && there.signal(signal)),
      tell: (text) => void (alive && there.input(new TextEncoder().encode(text))),
    },
  };
}
