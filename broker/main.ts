/**
 * A broker in a process of its own: `deno run -A broker/main.ts --help`.
 *
 * @module
 */

import { configureLogging, getLogger } from "../telemetry/logging.ts";
import { makeRunKeys } from "../wire/keys.ts";
import { startBroker } from "./broker.ts";
import type { BrokerHandle, PeerAddress } from "./broker.ts";
import { HELP, readSettings } from "./settings.ts";
import type { Settings } from "./settings.ts";

if (import.meta.main) await main(Deno.args);

async function main(args: string[]): Promise<void> {
  let request;
  try {
    request = readSettings(args, (name) => Deno.env.get(name) || undefined);
  } catch (error) {
    return leave(2, (error as Error).message);
  }
  if (request === "help") console.log(HELP);
  else if (request === "make keys") await printKeys();
  else await serve(request);
  Deno.exit(0);
}

/** The one place where keys are printed: whoever starts a run by hand has to hand them out. */
async function printKeys(): Promise<void> {
  const keys = await makeRunKeys();
  console.log(`export SCOOP_BROKER_KEYS='${keys.encode()}'`);
  console.log(`export SCOOP_KEYS='${keys.worker.encode()}'`);
}

async function serve(settings: Settings): Promise<void> {
  configureLogging({ verbosity: settings.verbosity, name: settings.name });
  const log = getLogger("broker");
  const over = Promise.withResolvers<string>();
  const announce = settings.announce ? say : () => {};
  let broker: BrokerHandle;
  try {
    broker = await startBroker({
      name: settings.name,
      taskAddress: settings.address,
      metaAddress: settings.metaAddress,
      runKey: settings.key,
      ...(settings.keys && { keys: settings.keys }),
      size: settings.size,
      onWorkerLost: (name, reason) => announce({ workerLost: { name, reason } }),
      onWorkerStuck: (name, reason) => announce({ workerStuck: { name, reason } }),
      onEnd: over.resolve,
    });
    broker.join(settings.peers);
  } catch (error) {
    return leave(1, (error as Error).message);
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => over.resolve(`the broker got a ${signal}`));
  }
  const { taskAddress: task, metaAddress: meta } = broker;
  log.info("listens at {task}, meta socket at {meta}", { task, meta });
  if (settings.announce) {
    announce({ task: advertised(task, settings), meta: advertised(meta, settings) });
    void listen(broker).then(over.resolve);
  }
  const reason = await over.promise;
  log.info("ends: {reason}", { reason });
  await broker.close(reason);
}

/** An address as other hosts reach it. */
function advertised(address: string, { advertise }: Settings): string {
  return advertise === "" ? address : address.replace(/\/\/(0\.0\.0\.0|\*):/, `//${advertise}:`);
}

function say(message: unknown): void {
  console.log(JSON.stringify(message));
}

/** What a launcher says. */
interface Order {
  readonly peers?: readonly PeerAddress[];
  readonly program?: { main: string; modules: string[] };
  readonly size?: number;
  readonly workerExited?: { name: string; reason: string };
  readonly close?: string;
}

/** Obeys a launcher until it has gone, or wants an end; returns why. */
async function listen(broker: BrokerHandle): Promise<string> {
  let held = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (held + text).split("\n");
    held = lines.pop()!;
    for (const line of lines) {
      const { peers, program, size, workerExited, close } = JSON.parse(line) as Order;
      if (peers !== undefined) broker.join(peers);
      if (program !== undefined) broker.setProgram(program);
      if (size !== undefined) broker.resize(size);
      if (workerExited !== undefined) broker.workerExited(workerExited.name, workerExited.reason);
      if (close !== undefined) return close;
    }
  }
  return "its launcher has ended";
}

function leave(code: number, text: string): never {
  console.error(`scoop broker: ${text}`);
  Deno.exit(code);
}
