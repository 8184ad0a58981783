/**
 * What a broker started by hand is told by its arguments and its environment.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { decodeLogWay } from "../telemetry/marks.ts";
import type { LogWay } from "../telemetry/marks.ts";
import { DEFAULT_ADDRESS, nextPort, readAddresses } from "../wire/addresses.ts";
import type { BrokerAddress } from "../wire/addresses.ts";
import { checkReach, readRunKeys } from "../wire/keys.ts";
import type { RunKeys } from "../wire/keys.ts";

/** The text of --help. */
export const HELP = `Usage: broker/main.ts [options]

Starts a broker: the process that takes in tasks and gives them to workers. It ends when the
origin has ended its program, or with Ctrl-C.

Options:
  --address ADDRESS       where workers connect (BROKER_ADDRESS; default tcp://127.0.0.1:5555)
  --meta-address ADDRESS  where load and membership are published (META_ADDRESS; default: the
                          port above, or the path with -meta behind it)
  --peers ADDRESS,...     other brokers of the same run (BROKER_ADDRESSES)
  --meta-peers ADDRESS,...  their meta sockets (META_ADDRESSES; default: as above)
  --name NAME             the broker's name (BROKER_NAME; default broker)
  --size N                number of workers in the run, if that is known
  --owned                 the origin owns the workers and executes nothing itself
  --replaces              lost workers are replaced: their tasks wait for the replacements
  --make-keys             print keys for brokers and workers on several hosts, and end
  --announce              talk to a launcher: lines of JSON on standard input and output
  --events                tell the launcher what happens in the run
  --watched               have workers tell of each stretch of their work
  --advertise HOST        the name under which --announce tells of the broker
  -v, --verbose           say who joins and leaves; twice for more
  -h, --help              show this help

Workers and the origin find it with the environment variables BROKER_ADDRESS and META_ADDRESS.
When SCOOP_KEY is set, only workers with the same SCOOP_KEY are let in. An address that other hosts
can reach needs SCOOP_BROKER_KEYS, and workers there SCOOP_KEYS: both come from --make-keys.
`;

/** See the module's text. */
export interface Settings {
  readonly address: string;
  readonly metaAddress: string;
  readonly peers: readonly BrokerAddress[];
  readonly name: string;
  readonly size: number;
  readonly replaces: boolean;
  readonly owned: boolean;
  /** Whether a launcher is told what happens, and of each stretch of work. */
  readonly events: boolean;
  readonly watched: boolean;
  readonly key: string;
  readonly keys: RunKeys | undefined;
  readonly announce: boolean;
  readonly advertise: string;
  readonly verbosity: number;
  /** What a launcher wants to have of what is logged. */
  readonly log: LogWay | undefined;
}

/** What the arguments ask for. */
export type Request = Settings | "help" | "make keys";

/**
 * Reads the arguments.
 *
 * @param env a variable of the environment
 * @throws {Error} when they, or the environment, make no sense; the message says why in one line
 */
export function readSettings(
  args: string[],
  env: (name: string) => string | undefined,
): Request {
  const values = parse(args);
  if (values.help) return "help";
  if (values["make-keys"]) return "make keys";
  const address = values.address ?? env("BROKER_ADDRESS") ?? DEFAULT_ADDRESS;
  const metaAddress = values["meta-address"] ?? env("META_ADDRESS") ?? nextPort(address);
  const size = values.size ?? "1";
  if (!/^\d{1,9}$/.test(size) || size === "0") {
    throw new Error(`--size must be a whole number, 1 or more, not "${size}"`);
  }
  const peers = readAddresses(
    values.peers ?? env("BROKER_ADDRESSES"),
    values["meta-peers"] ?? env("META_ADDRESSES"),
  );
  const encoded = env("SCOOP_BROKER_KEYS");
  const keys = encoded === undefined ? undefined : readRunKeys(encoded);
  checkReach([address, metaAddress], "SCOOP_BROKER_KEYS", keys);
  const log = env("SCOOP_LOG");
  return {
    address,
    metaAddress,
    peers: peers.filter(({ task }) => task !== address),
    name: values.name ?? env("BROKER_NAME") ?? "broker",
    size: Number(size),
    replaces: values.replaces ?? false,
    owned: values.owned ?? false,
    events: values.events ?? false,
    watched: values.watched ?? false,
    key: env("SCOOP_KEY") ?? "",
    keys,
    announce: values.announce ?? false,
    advertise: values.advertise ?? "",
    verbosity: values.verbose?.length ?? 0,
    log: log === undefined ? undefined : decodeLogWay(log),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        address: { type: "string" },
        "meta-address": { type: "string" },
        peers: { type: "string" },
        "meta-peers": { type: "string" },
        name: { type: "string" },
        size: { type: "string" },
        replaces: { type: "boolean" },
        owned: { type: "boolean" },
        events: { type: "boolean" },
        watched: { type: "boolean" },
        "make-keys": { type: "boolean" },
        announce: { type: "boolean" },
        advertise: { type: "string" },
        verbose: { type: "boolean", short: "v", multiple: true },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new Error(`${(error as Error).message.split(". ")[0]}; try --help`);
  }
}
