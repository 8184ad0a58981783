/**
 * Another host, as long as its agent is connected: processes there look like processes here.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import type { Failed, HostFacts, Opening, Order, Reached, Ready } from "./agent_messages.ts";
import type { Report } from "./agent_messages.ts";
import { createInputFlow, passInput } from "./remote_input.ts";
import type { InputFlow } from "./remote_input.ts";
import { listenForSilence } from "./silence.ts";
import { forwardLines } from "./output.ts";
import { within } from "./process.ts";
import type { Exit, ProcessSpec, RunningProcess } from "./process.ts";
import { explainFailed, HostError } from "./host_errors.ts";
import { meet } from "./meeting.ts";
import type { Meeting } from "./meeting.ts";
import { openTransport } from "./transport_process.ts";
import type { Connection, TransportOptions } from "./transport_process.ts";

/** What is needed to connect. */
export interface RemoteOptions extends TransportOptions, Meeting {
  /** What the agent is, once it is known what the host is. */
  opening(facts: HostFacts): Promise<Omit<Opening, "shipment"> & { shipment?: Uint8Array }>;
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
  const connection = openTransport(options);
  try {
    const facts = await meet(connection, options);
    const { agent, shipment, libraries } = await options.opening(facts);
    const opening: Opening = { agent, shipment: shipment?.length ?? 0, libraries };
    connection.write(JSON.stringify(opening) + "\n");
    if (shipment !== undefined) connection.writeBytes(shipment);
    const ready = await connection.soon(
      readyLine(connection, options),
      LIMITS.hostReadyMs,
      "is not ready in time",
    );
    connection.progress.step = "ready";
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

/** The agent's first line of its own. */
async function readyLine(
  { lines }: Connection,
  { host, onNotice }: RemoteOptions,
): Promise<Ready> {
  for (let next = await lines.next(); !next.done; next = await lines.next()) {
    if (!next.value.startsWith("{")) {
      onNotice(next.value);
      continue;
    }
    const ready = JSON.parse(next.value) as Ready | Failed;
    if ("failed" in ready) throw explainFailed(host, ready);
    return ready;
  }
  return await new Promise<never>(() => {});
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
      const { args, env, defaults = {}, nice = null, stdin } = spec;
      const memory = spec.memory?.limit ?? null;
      order({ do: "start", id, args, env, defaults, nice, stdin: stdin !== "null", memory });
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
