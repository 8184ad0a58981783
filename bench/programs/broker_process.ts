/**
 * A broker in a process of its own, for programs that speak to it without workers.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

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

/**
 * Starts a broker by hand. The variable BENCH_BROKER_FLAGS, a JSON list, holds flags for Deno.
 *
 * @param module what to start instead of the broker, with the same arguments
 */
export function startBrokerProcess(
  module = new URL("../../broker/main.ts", import.meta.url),
): BrokerProcess {
  const [taskAddress, metaAddress] = freePorts(2).map((port) => `tcp://127.0.0.1:${port}`);
  const flags: string[] = JSON.parse(Deno.env.get("BENCH_BROKER_FLAGS") ?? "[]");
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      ...flags,
      fileURLToPath(module),
      "--address",
      taskAddress!,
      "--meta-address",
      metaAddress!,
    ],
    stdin: "null",
    stdout: "null",
  }).spawn();
  return {
    pid: child.pid,
    taskAddress: taskAddress!,
    metaAddress: metaAddress!,
    async ended() {
      const timer = setTimeout(() => child.kill("SIGKILL"), LEAVE);
      await child.status;
      clearTimeout(timer);
    },
  };
}

function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  return listeners.map((listener) => {
    listener.close();
    return (listener.addr as Deno.NetAddr).port;
  });
}
