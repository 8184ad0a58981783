/**
 * The launcher's hand on another host. It starts processes there, passes on what they print and how
 * they end, and ends them all when the launcher ends or is not heard of any more.
 *
 * @module
 */

import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { LIMITS } from "../wire/limits.ts";
import { setTimeout } from "../wire/timers.ts";
import { linesOf } from "./agent_messages.ts";
import type { Order, Ready, Report } from "./agent_messages.ts";
import { roomHere } from "./capacity.ts";
import { onlyChanges, watchProcess } from "./memory_watch.ts";
import { killGroup, niced, sweepGroup } from "./process.ts";
import { startReaper } from "./reaper.ts";
import { removeForsakenIn } from "./run_folder.ts";
import { listenForSilence } from "./silence.ts";

/** What the bootstrap hands over. */
export interface Connection {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What it has read too much. */
  readonly rest: Uint8Array;
  /** The shipment's folder, removed in the end; empty if there is none. */
  readonly folder: string;
  /** zeromq's library in the shipment: one for each C library that the host may have. */
  readonly libraries: readonly string[];
  /** What ended the bootstrap is for the agent from now on. */
  stopListening(): void;
}

/** A process, as long as anything is left of it and its group. */
interface Child {
  readonly pid: number;
  alive: boolean;
  readonly input: WritableStreamDefaultWriter<Uint8Array> | undefined;
}

/**
 * Serves a launcher until it has gone; does not return.
 *
 * @throws {Error} when zeromq's library cannot be loaded, before anything else
 */
export async function serve(connection: Connection): Promise<never> {
  const { reader, rest, folder } = connection;
  // Only there can Deno find the package without being told where to look.
  const zeromq = folder === "" ? await import("../wire/zeromq_folder.ts") : undefined;
  const addon = zeromq?.zeromqFolder() ?? "";
  loadOneOf(zeromq?.zeromqLibraries() ?? connection.libraries);
  const children = new Map<number, Child>();
  const reaper = startReaper({ folder });
  for (const signal of LAST_SIGNALS) Deno.addSignalListener(signal, () => void end());
  connection.stopListening();
  let paused = false;
  let answering = false;
  const silence = listenForSilence(LIMITS.pingMs, {
    look: () => void (paused && silence.heard()),
    tooLong: () => void end(),
  }, () => children.size > 0 ? LIMITS.agentSilenceMs : LIMITS.idleAgentSilenceMs);

  const ready: Ready = { ready: true, folder, addon, room: roomHere() };
  await say(ready);
  void removeForsakenIn(folder === "" ? tmpdir() : dirname(folder));
  try {
    for await (const line of linesOf(reader, rest)) {
      silence.heard();
      const order = JSON.parse(line) as Order;
      paused = order.do === "pause";
      obey(order);
    }
  } catch {
    // The launcher has gone in the middle of a line.
  }
  return await end();

  function obey(order: Order): void {
    switch (order.do) {
      case "start":
        return start(order);
      case "signal": {
        const child = children.get(order.id);
        if (child !== undefined) killGroup(child.pid, order.signal, child.alive);
        return;
      }
      case "input": {
        const input = children.get(order.id)?.input;
        return void (input && pass(order.id, order.data, input));
      }
      case "look":
        return void look(order.paths).then((texts) =>
          say({ on: "answer", question: order.question, texts })
        );
      case "reach":
        return void reach(order.hosts, order.port).then((texts) =>
          say({ on: "answer", question: order.question, texts })
        );
      case "ping":
        return void answerPing();
    }
  }

  async function pass(
    id: number,
    data: string | null,
    input: WritableStreamDefaultWriter<Uint8Array>,
  ): Promise<void> {
    try {
      if (data === null) return await input.close();
      const bytes = Uint8Array.fromBase64(data);
      await input.write(bytes);
      void say({ on: "taken", id, bytes: bytes.length });
    } catch {
      // Nobody reads it any more, so there is no use in sending more.
    }
  }

  async function answerPing(): Promise<void> {
    // A launcher that does not read goes on pinging; answers would pile up.
    if (answering) return;
    answering = true;
    await say({ on: "pong" });
    answering = false;
  }

  function start(
    { id, args, defaults, nice, stdin, memory, ...order }: Order & { do: "start" },
  ): void {
    try {
      const unset = Object.entries(defaults ?? {}).filter(([name]) => !Deno.env.has(name));
      const env = { ...Object.fromEntries(unset), ...order.env };
      const [command, ...others] = niced([Deno.execPath(), ...args], nice ?? undefined);
      const child = new Deno.Command(command, {
        args: others,
        env,
        stdin: stdin ? "piped" : "null",
        stdout: "piped",
        stderr: "piped",
        detached: true,
      }).spawn();
      const { pid } = child;
      reaper.watch(pid);
      const known: Child = { pid, alive: true, input: stdin ? child.stdin.getWriter() : undefined };
      children.set(id, known);
      if (memory !== null) {
        const tell = (bytes: number) => void say({ on: "memory", id, bytes });
        watchProcess(pid, child.status, onlyChanges(memory, tell));
      }
      const streams = Promise.all([
        forward(id, child.stdout, false),
        forward(id, child.stderr, true),
      ]);
      child.status.then(async ({ code, signal }) => {
        known.alive = false;
        const swept = sweepGroup(pid).then(() => {
          children.delete(id);
          reaper.forget(pid);
        });
        // Whoever it started may keep the streams open.
        await Promise.race([streams, sleep(LIMITS.silentOutputMs)]);
        await say({ on: "exit", id, code, signal });
        await swept;
        await say({ on: "swept", id });
      });
    } catch (error) {
      void say({ on: "failure", id, message: (error as Error).message });
    }
  }

  async function forward(id: number, stream: ReadableStream<Uint8Array>, error: boolean) {
    for await (const chunk of stream) {
      await say({ on: "output", id, error, data: chunk.toBase64() });
    }
  }

  async function end(): Promise<never> {
    silence.stop();
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      for (const { pid, alive } of children.values()) killGroup(pid, signal, alive);
      for (let waited = 0; waited < LIMITS.terminateMs; waited += LIMITS.sweepLookMs) {
        if (children.size === 0) break;
        await sleep(LIMITS.sweepLookMs);
      }
    }
    await reaper.killAll();
    if (folder !== "") await Deno.remove(folder, { recursive: true }).catch(() => {});
    Deno.exit(0);
  }
}

/** What ends a process that does not see to it. */
const LAST_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGTERM", "SIGHUP", "SIGINT"];

/**
 * Tries whether processes will be able to load zeromq's library, which each of them would tell in
 * many lines otherwise. Of several one is enough: they are for different C libraries.
 */
function loadOneOf(paths: readonly string[]): void {
  const problems: Error[] = [];
  for (const path of paths) {
    try {
      return void Deno.dlopen(path, {});
    } catch (error) {
      problems.push(Object.assign(error as Error, { path }));
    }
  }
  if (problems.length > 0) throw problems[0];
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const encoder = new TextEncoder();
let saying = Promise.resolve();

/** Writes one line; lines do not mix. */
function say(message: Report | Ready): Promise<void> {
  const line = encoder.encode(JSON.stringify(message) + "\n");
  return saying = saying.then(async () => {
    for (let at = 0; at < line.length;) at += await Deno.stdout.write(line.subarray(at));
  }).catch(() => {});
}

async function look(paths: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const path of paths) {
    try {
      await Deno.stat(path);
    } catch {
      missing.push(path);
    }
  }
  return missing;
}

/**
 * Which hosts can be connected to, in their order: the address that a name led to, with which
 * nobody has to look it up again, and the address here that leads there.
 */
async function reach(hosts: readonly string[], port: number): Promise<string[]> {
  const reached = await Promise.all(hosts.map(async (hostname) => {
    const late = sleep(LIMITS.reachMs).then(() => undefined);
    const connected = Deno.connect({ hostname, port }).then((connection) => {
      const { localAddr, remoteAddr } = connection;
      connection.close();
      // What is valid on one link alone names the link.
      const address = hostname.includes("%") ? hostname : remoteAddr.hostname;
      return `${address} ${localAddr.hostname}`;
    }, () => undefined);
    return await Promise.race([connected, late]);
  }));
  return reached.filter((text) => text !== undefined);
}
