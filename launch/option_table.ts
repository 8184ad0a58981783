/**
 * The command's options: the one table from which --help, the parsing, the completions and the man
 * page come.
 *
 * @module
 */

import { readDashboard } from "./dashboard_option.ts";
import { INSPECT_FLAGS, readInspected, UNSTABLE } from "./deno_flags.ts";
import type { InspectFlag } from "./deno_flags.ts";
import { checkVariable } from "./env_files.ts";
import { PERMISSION_FLAGS } from "./permissions.ts";
import { LOG_FORMATS } from "../telemetry/log_entry.ts";
import { readSize } from "../wire/sizes.ts";

/** One option of the command. */
export interface OptionRow {
  /** The long form without dashes. */
  readonly long: string;
  /** The letter of the short form. */
  readonly short?: string;
  /** Another long form, kept for those who know it. */
  readonly alias?: string;
  /** What the value is called; absent when the option takes none. */
  readonly value?: string;
  /** What kind of thing the value is, for completions. */
  readonly kind?: "number" | "file" | "folder" | "host" | "list" | readonly string[];
  /** True when the value may be left out; it is then always joined on with "=". */
  readonly optional?: boolean;
  /** What it does, for --help. */
  readonly text: string;
  /** True when it takes all words up to the next option. */
  readonly several?: boolean;
  /** True when --help leaves it out. */
  readonly hidden?: boolean;
  /** True when it may be given more than once, and each counts. */
  readonly repeated?: boolean;
  /** True for Deno's own permission flags. */
  readonly permission?: boolean;
  /** True for Deno's other own flags. */
  readonly deno?: boolean;
  /** Says what is wrong with a value, as the end of a sentence: "must be …". */
  check?(value: string): string | undefined;
}

/** What --scheduler takes. */
const SCHEDULERS: readonly string[] = ["auto", "slurm", "sge", "pbs", "lsf", "none"];

/** Every option, in the order --help shows them. */
export const OPTIONS: readonly OptionRow[] = [
  {
    long: "workers",
    short: "n",
    value: "N",
    kind: "number",
    text: "number of workers, the origin among them (default: one per processor)",
    check: (value) => wholeNumber(value, 1, Infinity) ? undefined : "a whole number, 1 or more",
  },
  {
    long: "hosts",
    alias: "host",
    value: "host...",
    kind: "host",
    several: true,
    text: "hosts to run on ([user@]name[:port]), up to the next option; the first one runs the " +
      "program",
  },
  {
    long: "hostfile",
    value: "file",
    kind: "file",
    text: "a file of hosts, one a line, each with its number of workers if that is not 1",
  },
  {
    long: "brokers",
    short: "b",
    value: "N",
    kind: "number",
    text: "number of brokers, spread over the hosts (default: 1)",
    check: (value) => wholeNumber(value, 1, 1000) ? undefined : "a whole number, 1 or more",
  },
  {
    long: "path",
    short: "p",
    value: "folder",
    kind: "folder",
    text: "the program's folder on other hosts (default: the same as here)",
  },
  {
    long: "ship",
    text: "send the program and all it imports to the other hosts, which need only Deno",
  },
  {
    long: "tunnel",
    short: "e",
    text: "lead all connections of other hosts through ssh",
  },
  {
    long: "broker-hostname",
    alias: "external-hostname",
    value: "name",
    kind: "host",
    text: "the name or address under which other hosts reach this one",
  },
  {
    long: "ssh-executable",
    value: "file",
    kind: "file",
    text: "the ssh to reach other hosts with (default: ssh)",
  },
  {
    long: "scheduler",
    value: "name",
    kind: SCHEDULERS,
    text: "whose allocation of hosts to use: auto (the default), slurm, sge, pbs, lsf or none",
    check: (value) => SCHEDULERS.includes(value) ? undefined : `one of ${SCHEDULERS.join(", ")}`,
  },
  { long: "require-all", text: "do not run without a host that cannot be reached" },
  { long: "dry-run", text: "print who would run where, and start nothing" },
  {
    long: "env",
    value: "NAME[=VALUE]",
    kind: "list",
    repeated: true,
    text: "set an environment variable on all hosts (without a value: as it is here)",
    check: checkVariable,
  },
  {
    long: "prolog",
    value: "file",
    kind: "file",
    text: "a shell script to source on each host before anything else",
  },
  {
    long: "nice",
    value: "N",
    kind: "number",
    text: "niceness to run the program with, -20 to 19",
    check: (value) => wholeNumber(value, -20, 19) ? undefined : "a whole number from -20 to 19",
  },
  {
    long: "max-memory",
    value: "size",
    kind: "list",
    text: "replace a worker that uses more, and end a task that uses more alone: 512M, 2G",
    check: checkSize,
  },
  {
    long: "max-tasks",
    value: "N",
    kind: "number",
    text: "replace a worker that has run so many tasks",
    check: (value) => wholeNumber(value, 1, Infinity) ? undefined : "a whole number, 1 or more",
  },
  {
    long: "heap",
    value: "size",
    kind: "list",
    text: "how large V8's heap may become in the program and in each worker: 4G",
    // With 8M no process gets as far as its program.
    check: (value) => checkSize(value) ?? (readSize(value)! < 2 ** 24 ? "16M or more" : undefined),
  },
  {
    long: "drain",
    value: "seconds",
    kind: "number",
    text: "so long before the end of a job of Slurm or PBS, begin no more tasks",
    check: (value) => wholeNumber(value, 1, Infinity) ? undefined : "a whole number, 1 or more",
  },
  {
    long: "verbose",
    short: "v",
    text: "say what happens, and which process and task each line is from; -vv says more",
  },
  {
    long: "quiet",
    short: "q",
    text: "print what the program prints and nothing else, but for the dashboard's address",
  },
  {
    long: "log",
    value: "file",
    kind: "file",
    text: "write all output to this file instead; it is replaced. Each line has its time, host, " +
      "process, level and task",
  },
  {
    long: "log-format",
    value: "format",
    kind: LOG_FORMATS,
    text: "how: text (the default), or json, an object a line",
    check: (value) =>
      LOG_FORMATS.some((one) => one === value) ? undefined : LOG_FORMATS.join(" or "),
  },
  { long: "debug", text: "-vv, and the whole stack of errors" },
  {
    long: "config",
    value: "file",
    kind: "file",
    text: "the program's deno.json (default: the nearest one above it)",
  },
  { long: "import-map", value: "file", kind: "file", text: "the program's import map" },
  {
    long: "deno-executable",
    value: "file",
    kind: "file",
    text: "the Deno to run the program with (default: the one that runs this command)",
  },
  {
    long: "profile",
    value: "folder",
    kind: "folder",
    text:
      "write to this folder a report on how the run went and why it was not faster, a trace for " +
      "ui.perfetto.dev, and a processor profile of each process",
  },
  {
    long: "progress",
    text: "tell how far the run has come, also where stderr is no terminal: every 30 seconds",
  },
  { long: "no-progress", text: "show no progress on the terminal" },
  {
    long: "dashboard",
    value: "where",
    kind: "list",
    optional: true,
    text: "serve a page that shows the run while it goes on, at 127.0.0.1:8877, or as in " +
      "--dashboard=9000, --dashboard=0.0.0.0:9000; 0 for any port",
    check: (value) => readDashboard(value) ? undefined : "[host:]port, with a port up to 65535",
  },
  {
    long: "resume",
    value: "file",
    kind: "file",
    text:
      "keep the results of the program's tasks in this file, and take from it those of former " +
      "runs instead of computing them again",
  },
  { long: "help", short: "h", text: "print this and exit" },
  { long: "version", text: "print the version and exit" },
  {
    long: "env-file",
    value: "file",
    kind: "file",
    optional: true,
    repeated: true,
    deno: true,
    text: "set environment variables from a file, on all hosts (default: .env)",
  },
  {
    long: "v8-flags",
    value: "flags",
    kind: "list",
    repeated: true,
    deno: true,
    text: "flags for V8, as in --v8-flags=--max-old-space-size=4096",
  },
  {
    long: "check",
    value: "all",
    kind: ["all"],
    optional: true,
    deno: true,
    text: "type-check the program before it runs; with all, what is remote as well",
    check: (value) => value === "all" ? undefined : "all, or nothing",
  },
  {
    long: "no-check",
    value: "remote",
    kind: ["remote"],
    optional: true,
    deno: true,
    text: "type-check nothing (the default); with remote, only what is local",
    check: (value) => value === "remote" ? undefined : "remote, or nothing",
  },
  {
    long: "frozen",
    alias: "frozen-lockfile",
    value: "false",
    kind: ["true", "false"],
    optional: true,
    deno: true,
    text: "do not run with a lock file that is out of date",
    check: (value) => /^(true|false)$/.test(value) ? undefined : "true or false",
  },
  { long: "cached-only", deno: true, text: "download nothing" },
  ...INSPECT_FLAGS.map(inspectRow),
  { long: "no-prompt", text: "as in deno run; always on", hidden: true, permission: true },
  ...PERMISSION_FLAGS.map(({ name, short, values, text }): OptionRow => ({
    long: name,
    text,
    permission: true,
    hidden: !name.startsWith("allow"),
    ...(short ? { short } : {}),
    ...(values ? { value: values, kind: "list" as const, optional: true } : {}),
  })),
];

/** How a value is written in a text for people: `<N>`, `<host>...`. */
export function valueForm(value: string): string {
  return `<${value.replace(/\.\.\.$/, "")}>${value.endsWith("...") ? "..." : ""}`;
}

/** Deno's flags for what it calls unstable, which are too many for --help. */
export const UNSTABLE_OPTIONS: readonly OptionRow[] = UNSTABLE.map((feature) => ({
  long: `unstable-${feature}`,
  deno: true,
  text: "turn on what Deno calls unstable",
}));

function inspectRow(flag: InspectFlag): OptionRow {
  const texts: Readonly<Record<InspectFlag, string>> = {
    "inspect": "let a debugger connect: to the origin, at 127.0.0.1:9229, or as in " +
      "--inspect=worker-2, --inspect=worker-2@127.0.0.1:9300",
    "inspect-brk": "the same, and wait for it and stop where the program begins",
    "inspect-wait": "the same, and only wait for it",
  };
  return {
    long: flag,
    value: "where",
    kind: "list",
    optional: true,
    repeated: true,
    deno: true,
    text: texts[flag],
    check: (value) =>
      readInspected(flag, value) ? undefined : "a worker, host:port, or worker@host:port",
  };
}

function checkSize(value: string): string | undefined {
  return readSize(value) === undefined ? "a size with its unit, such as 512M or 2G" : undefined;
}

function wholeNumber(text: string, least: number, most: number): boolean {
  return /^-?\d+$/.test(text) && Number(text) >= least && Number(text) <= most &&
    Number.isSafeInteger(Number(text));
}
