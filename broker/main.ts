/**
 * A broker started by hand: `deno run -A broker/main.ts --help`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { configureLogging, getLogger } from "../telemetry/logging.ts";
import { DEFAULT_ADDRESS, nextPort } from "../wire/addresses.ts";
import { startBroker } from "./broker.ts";
import type { BrokerHandle } from "./broker.ts";

const HELP = `Usage: broker/main.ts [options]

Starts a broker: the process that takes in tasks and gives them to workers. It ends when the
origin has ended its program, or with Ctrl-C.

Options:
  --address ADDRESS       where workers connect (BROKER_ADDRESS; default tcp://127.0.0.1:5555)
  --meta-address ADDRESS  where load and membership are published (META_ADDRESS; default: the
                          port above)
  --name NAME             the broker's name (BROKER_NAME; default broker)
  -v, --verbose           say who joins and leaves; twice for more
  -h, --help              show this help

Workers and the origin find it with the environment variables BROKER_ADDRESS and META_ADDRESS.
When SCOOP_KEY is set, only workers with the same SCOOP_KEY are let in.
`;

/** What the command line and the environment say. */
interface Settings {
  readonly address: string;
  readonly metaAddress: string;
  readonly name: string;
  readonly key: string;
  readonly verbosity: number;
}

if (import.meta.main) await main(Deno.args);

async function main(args: string[]): Promise<void> {
  const settings = read(args);
  configureLogging({ verbosity: settings.verbosity, name: settings.name });
  const log = getLogger("broker");
  const over = Promise.withResolvers<string>();
  let broker: BrokerHandle;
  try {
    broker = await startBroker({
      name: settings.name,
      taskAddress: settings.address,
      metaAddress: settings.metaAddress,
      runKey: settings.key,
      size: 1,
      onEnd: over.resolve,
    });
  } catch (error) {
    return leave(1, (error as Error).message);
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => over.resolve(`the broker got a ${signal}`));
  }
  log.info("listens at {task}, meta socket at {meta}", {
    task: broker.taskAddress,
    meta: broker.metaAddress,
  });
  const reason = await over.promise;
  log.info("ends: {reason}", { reason });
  await broker.close(reason);
  Deno.exit(0);
}

function read(args: string[]): Settings {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        address: { type: "string" },
        "meta-address": { type: "string" },
        name: { type: "string" },
        verbose: { type: "boolean", short: "v", multiple: true },
        help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    return leave(2, `${(error as Error).message.split(". ")[0]}; try --help`);
  }
  if (values.help) {
    console.log(HELP);
    Deno.exit(0);
  }
  const address = values.address ?? Deno.env.get("BROKER_ADDRESS") ?? DEFAULT_ADDRESS;
  let metaAddress = values["meta-address"] ?? Deno.env.get("META_ADDRESS");
  try {
    metaAddress ??= nextPort(address);
  } catch (error) {
    return leave(2, (error as Error).message);
  }
  return {
    address,
    metaAddress,
    name: values.name ?? Deno.env.get("BROKER_NAME") ?? "broker",
    key: Deno.env.get("SCOOP_KEY") ?? "",
    verbosity: values.verbose?.length ?? 0,
  };
}

function leave(code: number, text: string): never {
  console.error(`scoop broker: ${text}`);
  Deno.exit(code);
}
