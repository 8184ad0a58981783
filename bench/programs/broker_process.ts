/**
 * A broker in a process of its own, for programs that speak to it without workers.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { type BrokerAddress, ipcAddress, nextPort } from "../../wire/addresses.ts";

/** A broker that runs. */
export interface BrokerProcess {
  readonly pid: number;
  readonly taskAddress: string;
  readonly metaAddress: string;
  /** Waits for its end, which the origin's goodbye brings about; after a while it is killed. */
  ended(): Promise<void>;
}

/** Milliseconds that a broker has to end by itself. */
const LEAVE = 5_000;

/** What is to be started. */
export interface BrokerOptions {
  /** Instead of the broker, with the same arguments. */
  readonly module?: URL;
  /** Further arguments. */
  readonly args?: readonly string[];
  /** Where it listens. */
  readonly place?: BrokerAddress;
}

/** Starts a broker by hand. The variable BENCH_BROKER_FLAGS, a JSON list, holds flags for Deno. */
export function startBrokerProcess(options: BrokerOptions = {}): BrokerProcess {
  const { module = new URL("../../broker/main.ts", import.meta.url), args = [] } = options;
  const { task, meta } = options.place ?? freePlaces(1)[0]!;
  const flags: string[] = JSON.parse(Deno.env.get("BENCH_BROKER_FLAGS") ?? "[]");
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", ...flags, fileURLToPath(module)],
      ...["--address", task, "--meta-address", meta, ...args],
    ],
    stdin: "null",
    stdout: "null",
  }).spawn();
  return {
    pid: child.pid,
    taskAddress: task,
    metaAddress: meta,
    async ended() {
      const timer = setTimeout(() => child.kill("SIGKILL"), LEAVE);
      await child.status;
      clearTimeout(timer);
    },
  };
}

/** Addresses on which nobody listens, for so many brokers: sockets in a folder, as in a run on one host. */
export function freePlaces(count: number): BrokerAddress[] {
  const folder = Deno.makeTempDirSync({ prefix: "scoop-bench-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  return Array.from({ length: count }, (_, i) => {
    const task = ipcAddress(folder, `broker-${i + 1}`)!;
    return { task, meta: nextPort(task) };
  });
}
