/**
 * The bench's command line.
 *
 * @module
 */

import { parseArgs } from "node:util";

const HELP = `Usage: deno task bench [options]

Measures this project and its peers on the same work, and prints one table.

Options:
  --quick          1 run of each instead of 2
  --repeat N       N runs of each
  --only REGEXP    only rows whose name matches
  --ours           without the peers
  --with REGEXP    only peers whose name matches
  --scale X        X times as many tasks, such as 0.01 to see whether all works
  --json FILE      write all figures of all runs to FILE
  --write          write the tables into docs/benchmarks.md and README.md
  --store          write the ratios to the best peers and to raw zeromq to bench/ratios.json
  --check          compare the ratios with these; the exit code is 1 when one has fallen by
                   more than 15 %
  --from FILE      do so with the figures that --json wrote, and measure nothing
  --profile DIR    write profiles of our own processes to DIR (one run, without the peers),
                   and print the functions that took the most time
  --list           print the names of the rows
  -h, --help       show this help
`;

/** What was asked for. */
export interface Settings {
  /** Runs of each contestant in each row. */
  readonly repeat: number;
  readonly only: RegExp;
  /** Peers that take part. */
  readonly peers: RegExp;
  readonly scale: number;
  readonly json: string | undefined;
  readonly write: boolean;
  readonly store: boolean;
  readonly check: boolean;
  /** Figures of an earlier run, instead of a new one. */
  readonly from: string | undefined;
  readonly profile: string | undefined;
  readonly list: boolean;
}

/** Matches no name. */
const NOBODY = /(?!)/;

/** Reads the command line; help and mistakes end the process. */
export function readArguments(args: string[]): Settings {
  try {
    return settings(args);
  } catch (error) {
    console.error(`bench: ${(error as Error).message.split(". ")[0]}; try --help`);
    Deno.exit(2);
  }
}

function settings(args: string[]): Settings {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean" },
      repeat: { type: "string" },
      only: { type: "string", default: "" },
      ours: { type: "boolean" },
      with: { type: "string", default: "" },
      scale: { type: "string", default: "1" },
      json: { type: "string" },
      write: { type: "boolean", default: false },
      store: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      from: { type: "string" },
      profile: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(HELP);
    Deno.exit(0);
  }
  const { json, write, store, check, from, profile, list } = values;
  const scale = Number(values.scale);
  if (!(scale > 0 && Number.isFinite(scale))) {
    throw new Error(`--scale must be a number over 0, got ${values.scale}`);
  }
  const usual = profile !== undefined || values.quick ? 1 : 2;
  const repeat = values.repeat === undefined ? usual : Number(values.repeat);
  if (!Number.isInteger(repeat) || repeat < 1) {
    throw new Error(`--repeat must be a whole number over 0, got ${values.repeat}`);
  }
  if (scale !== 1 && (write || store || check)) {
    throw new Error(
      "--write, --store and --check are for figures of the usual size, without --scale",
    );
  }
  if (from !== undefined && !(write || store || check)) {
    throw new Error("--from is for --write, --store or --check");
  }
  if (write && values.only !== "") {
    throw new Error("--write is for whole tables, without --only");
  }
  const alone = values.ours || profile !== undefined;
  return {
    repeat,
    only: new RegExp(values.only),
    peers: alone ? NOBODY : new RegExp(values.with),
    scale,
    ...{ json, write, store, check, from, profile, list },
  };
}
