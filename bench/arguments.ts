/**
 * The bench's command line.
 *
 * @module
 */

import { parseArgs } from "node:util";

const HELP = `Usage: deno task bench [options]

Measures this project and its peers on the same work, and prints one table.

Options:
  --quick          2 runs of each instead of 5
  --repeat N       N runs of each
  --only REGEXP    only rows whose name matches
  --ours           without the peers
  --with REGEXP    only peers whose name matches
  --scale X        X times as many tasks, such as 0.01 to see whether all works
  --json FILE      write all figures of all runs to FILE
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
      profile: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(HELP);
    Deno.exit(0);
  }
  const { json, profile, list } = values;
  const scale = Number(values.scale);
  if (!(scale > 0)) throw new Error(`--scale must be a number over 0, got ${values.scale}`);
  const usual = profile !== undefined ? 1 : values.quick ? 2 : 5;
  const repeat = values.repeat === undefined ? usual : Number(values.repeat);
  if (!Number.isInteger(repeat) || repeat < 1) {
    throw new Error(`--repeat must be a whole number over 0, got ${values.repeat}`);
  }
  const alone = values.ours || profile !== undefined;
  return {
    repeat,
    only: new RegExp(values.only),
    peers: alone ? NOBODY : new RegExp(values.with),
    scale,
    json,
    profile,
    list,
  };
}
