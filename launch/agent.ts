/**
 * The launcher's hand on another host. It starts processes there, passes on what they print and how
 * they end, and ends them all when the launcher ends or is not heard of any more.
 *
 * @module
 */

import { linesOf, SILENCE } from "./agent_messages.ts";
import type { Order, Ready, Report } from "./agent_messages.ts";
import { killGroup, niced } from "./process.ts";
import { startReaper } from "./reaper.ts";

/** What the bootstrap hands over. */
export interface Connection {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What it has read too much. */
  readonly rest: Uint8Array;
  /** The shipment's folder, removed in the end; empty if there is none. */
  readonly folder: string;
}

/** Milliseconds in which a host answers, or is taken for out of reach. */
const REACH_WITHIN = 3_000;
/** Milliseconds after SIGTERM until SIGKILL, when the launcher has gone. */
const TERMINATE = 300;

interface Child {
  readonly pid: number;
  readonly input: WritableStreamDefaultWriter<Uint8Array> | undefined;
}

/** Serves a launcher until it has gone; does not return. */
export async function serve({ reader, rest, folder }: Connection): Promise<never> {
  const children = new Map<number, Child>();
  const reaper = startReaper();
  let heardAt = performance.now();
  let lookedAt = heardAt;
  let paused = false;
  const timer = setInterval(() => {
    const now = performance.now();
    // A host that slept cannot say who was silent.
    if (now - lookedAt > SILENCE / 2) heardAt = now;
    lookedAt = now;
    if (!paused && now - heardAt > SILENCE) void end();
  }, 500);

  // Only there can Deno find the package without being told where to look.
  const addon = folder === "" ? (await import("../wire/zeromq_folder.ts")).zeromqFolder() : "";
  const ready: Ready = { ready: true, folder, addon };
  await say(ready);
  try {
    for await (const line of linesOf(reader, rest)) {
      heardAt = performance.now();
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
        if (child !== undefined) killGroup(child.pid, order.signal);
        return;
      }
      case "input": {
        const input = children.get(order.id)?.input;
        if (order.data === null) input?.close().catch(() => {});
        else input?.write(Uint8Array.fromBase64(order.data)).catch(() => {});
        return;
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
        return void say({ on: "pong" });
    }
  }

  function start({ id, args, env, nice, stdin }: Order & { do: "start" }): void {
    try {
      const [command, ...others] = niced([Deno.execPath(), ...args], nice ?? undefined);
      const child = new Deno.Command(command, {
        args: others,
        env,
        stdin: stdin ? "piped" : "null",
        stdout: "piped",
        stderr: "piped",
        detached: true,
      }).spawn();
      reaper.watch(child.pid);
      children.set(id, { pid: child.pid, input: stdin ? child.stdin.getWriter() : undefined });
      child.status.then(() => reaper.forget(child.pid));
      const streams = Promise.all([
        forward(id, child.stdout, false),
        forward(id, child.stderr, true),
      ]);
      child.status.then(async ({ code, signal }) => {
        children.delete(id);
        // Whoever it started may keep the streams open.
        await Promise.race([streams, new Promise((resolve) => setTimeout(resolve, 200))]);
        await say({ on: "exit", id, code, signal });
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
    clearInterval(timer);
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      if (children.size === 0) break;
      for (const { pid } of children.values()) killGroup(pid, signal);
      await new Promise((resolve) => setTimeout(resolve, TERMINATE));
    }
    await reaper.close();
    if (folder !== "") await Deno.remove(folder, { recursive: true }).catch(() => {});
    Deno.exit(0);
  }
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

/** Which hosts can be connected to, in their order, each with the address here that leads there. */
async function reach(hosts: readonly string[], port: number): Promise<string[]> {
  const reached = await Promise.all(hosts.map(async (hostname) => {
    const late = new Promise<undefined>((resolve) =>
      setTimeout(() => resolve(undefined), REACH_WITHIN)
    );
    const connected = Deno.connect({ hostname, port }).then((connection) => {
      const { localAddr } = connection;
      connection.close();
      return `${hostname} ${localAddr.hostname}`;
    }, () => undefined);
    return await Promise.race([connected, late]);
  }));
  return reached.filter((text) => text !== undefined);
}
