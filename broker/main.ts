/**
 * A broker in a process of its own: `deno run -A broker/main.ts --help`.
 *
 * @module
 */

import type { RunEvent } from "../telemetry/events.ts";
import type { RunStats } from "../telemetry/stats.ts";
import type { LogEntry } from "../telemetry/log_entry.ts";
import { configureLogging, getLogger, writeWhole } from "../telemetry/logging.ts";
import { entryMark } from "../telemetry/marks.ts";
import type { BrokerAddress } from "../wire/addresses.ts";
import { makeRunKeys } from "../wire/keys.ts";
import { useConnections } from "../wire/socket.ts";
import { startBroker } from "./broker.ts";
import type { BrokerHandle } from "./broker.ts";
import type { Excess } from "./excess.ts";
import { Questions } from "./questions.ts";
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
  showLog(settings);
  const log = getLogger("broker");
  const over = Promise.withResolvers<string>();
  const announce = settings.announce ? say : () => {};
  const orders = settings.announce ? readOrders() : undefined;
  // A launcher says first what the program is: workers may come as soon as there is a broker.
  const program = (await orders?.next())?.value?.program;
  const questions = new Questions((id) => announce({ askStats: id }));
  let broker: BrokerHandle;
  /** Whether the run ends with this broker. */
  let isAlone = true;
  try {
    useConnections();
    broker = await startBroker({
      name: settings.name,
      taskAddress: settings.address,
      metaAddress: settings.metaAddress,
      runKey: settings.key,
      ...(settings.keys && { keys: settings.keys }),
      size: settings.size,
      ...(program && { program }),
      replaces: settings.replaces,
      owned: settings.owned,
      watched: settings.watched,
      ...(settings.events && {
        onEvent: (event: RunEvent) => announce({ event }),
        stats: () => questions.ask(),
      }),
      onWorkerJoined: (name) => announce({ workerJoined: { name } }),
      onWorkerLost: (name, reason) => announce({ workerLost: { name, reason } }),
      onWorkerStuck: (name, reason) => announce({ workerStuck: { name, reason } }),
      onWorkerRetired: (name, reason) => announce({ workerRetired: { name, reason } }),
      onEnd(reason) {
        announce({ ended: reason });
        over.resolve(reason);
      },
    });
    broker.join(settings.peers);
  } catch (error) {
    return leave(1, (error as Error).message);
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => {
      isAlone = !broker.hasPeers;
      over.resolve(`the broker got a ${signal}`);
    });
  }
  const { taskAddress: task, metaAddress: meta } = broker;
  log.info("listens at {task}, meta socket at {meta}", { task, meta });
  if (orders !== undefined) {
    announce({ task: advertised(task, settings), meta: advertised(meta, settings) });
    void follow(orders, broker, questions).then(over.resolve);
  }
  const reason = await over.promise;
  log.info("ends: {reason}", { reason });
  if (isAlone) await broker.close(reason);
  else await broker.leave();
}

/** Shows what is logged on stderr, as entries for a launcher that wants those. */
function showLog({ verbosity, name, log }: Settings): void {
  const take = log && ((entry: LogEntry) => writeWhole(Deno.stderr, entryMark(log.token, entry)));
  configureLogging({ verbosity, name, ...(take && { take }) });
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
  readonly peers?: readonly BrokerAddress[];
  readonly program?: { main: string; modules: string[] };
  readonly size?: number;
  readonly workerExited?: { name: string; reason: string };
  readonly workerExceeds?: { name: string; excess: Excess };
  readonly drain?: string;
  readonly stats?: { id: number; stats: RunStats };
  readonly close?: string;
}

/** What a launcher says, until it has gone. */
async function* readOrders(): AsyncGenerator<Order> {
  let held = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (held + text).split("\n");
    held = lines.pop()!;
    for (const line of lines) {
      try {
        yield JSON.parse(line) as Order;
      } catch (error) {
        complain(error);
      }
    }
  }
}

/** Obeys a launcher until it has gone, or wants an end; returns why. */
async function follow(
  orders: AsyncGenerator<Order>,
  broker: BrokerHandle,
  questions: Questions,
): Promise<string> {
  for await (const order of orders) {
    if (order.close !== undefined) return order.close;
    try {
      if (order.stats !== undefined) questions.answered(order.stats.id, order.stats.stats);
      obey(broker, order);
    } catch (error) {
      complain(error);
    }
  }
  return "its launcher has ended";
}

/** Who listens to a launcher says so; one order that makes no sense is not the run's end. */
function complain(error: unknown): void {
  say({ error: String(error) });
}

function obey(broker: BrokerHandle, order: Order): void {
  const { peers, program, size, workerExited, workerExceeds, drain } = order;
  if (peers !== undefined) broker.join(peers);
  if (program !== undefined) broker.setProgram(program);
  if (size !== undefined) broker.resize(size);
  if (workerExited !== undefined) broker.workerExited(workerExited.name, workerExited.reason);
  if (workerExceeds !== undefined) broker.workerExceeds(workerExceeds.name, workerExceeds.excess);
  if (drain !== undefined) broker.drain(drain);
}

function leave(code: number, text: string): never {
  console.error(`scoop broker: ${text}`);
  Deno.exit(code);
}
