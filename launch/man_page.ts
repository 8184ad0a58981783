/**
 * The command's man page, made from the table that --help is made from: `deno task man`.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { OPTIONS, UNSTABLE_OPTIONS } from "./option_table.ts";
import type { OptionRow } from "./option_table.ts";

/** Exit codes, as `launch/launch.ts` gives them. */
const EXITS: readonly (readonly [code: string, meaning: string])[] = [
  ["the program's own", "the program has ended, whichever way"],
  ["1", "the run could not be started"],
  ["2", "the arguments make no sense"],
  ["74", "the program has ended with 0, but some of its output could not be written: a full disk"],
  ["75", "the job's time was over before the program had ended, and --drain has ended it"],
  ["128 + n", "signal n ended the program, or the command"],
];

/** Where the hosts of a run may come from. */
const VARIABLES: readonly (readonly [names: string, meaning: string])[] = [
  ["SLURM_JOB_NODELIST, SLURM_TASKS_PER_NODE", "the nodes of a job of Slurm"],
  ["PE_HOSTFILE", "the hosts of a job of SGE"],
  ["PBS_NODEFILE", "the hosts of a job of PBS or Torque"],
  ["LSB_MCPU_HOSTS, LSB_HOSTS", "the hosts of a job of LSF"],
];

/** The page, for man(7). */
export function manPage(): string {
  const shown = OPTIONS.filter((row) => !row.hidden);
  const own = shown.filter((row) => !row.permission && !row.deno);
  const deno = shown.filter((row) => row.deno);
  const permissions = shown.filter((row) => row.permission);
  return `.TH SCOOP 1 "" "scoop ${config.version}" "User Commands"
.SH NAME
scoop \\- run a program that uses SCOOP's futures on many processes
.SH SYNOPSIS
.B scoop
.RI [ options ]
.I program
.RI [ arguments ...]
.br
.B scoop completions
.IR bash | zsh | fish
.br
.B scoop resume
.I file
.B \\-\\-list
.br
.B scoop resume
.I file
.B \\-\\-forget
.RI [ key ]
.SH DESCRIPTION
Starts a broker and workers, on this host or on several, and runs the program on the first of them.
${text("Everything after the program's name belongs to the program.")}
.SH OPTIONS
${own.map(entry).join("")}.SH OTHER FLAGS OF DENO'S
${text("For the origin and the workers, here and on other hosts.")}
${deno.map(entry).join("")}.TP
${UNSTABLE_OPTIONS.map(({ long }) => `\\fB${text(`--${long}`)}\\fR`).join(", ")}
${text(UNSTABLE_OPTIONS[0]!.text)}
.SH PERMISSIONS
${text("Deno's own flags, for the origin and the workers; those that deny are taken as well.")}
${permissions.map(entry).join("")}.SH EXIT STATUS
${
    EXITS.map(([code, meaning]) => `.TP\n.B ${text(code)}\n${text(meaning)}\n`).join("")
  }.SH ENVIRONMENT
${VARIABLES.map(([names, meaning]) => `.TP\n.B ${text(names)}\n${text(meaning)}\n`).join("")}`;
}

function entry(row: OptionRow): string {
  const value = row.value === undefined ? "" : `\\fI${text(row.value)}\\fR`;
  const short = row.short ? [`\\fB\\-${row.short}\\fR`] : [];
  const longs = [row.long, ...(row.alias ? [row.alias] : [])]
    .map((name) => `\\fB${text(`--${name}`)}\\fR`);
  const joined = row.optional ? `[=${value}]` : value && ` ${value}`;
  return `.TP\n${[...short, ...longs].join(", ")}${joined}\n${text(row.text)}\n`;
}

/** Text of ours, with nothing in it that roff would take for its own. */
function text(plain: string): string {
  return plain.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll(/^([.'])/gm, "\\&$1");
}

if (import.meta.main) console.log(manPage().trimEnd());
