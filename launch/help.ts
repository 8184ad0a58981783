/**
 * The text of `--help`, made from the table of options.
 *
 * @module
 */

import { OPTIONS, valueForm } from "./option_table.ts";
import type { OptionRow } from "./option_table.ts";

/** How the command is called. */
export const USAGE = "[options] <program> [arguments...]";

/** Characters of a line. */
const WIDTH = 80;

const HEAD = `Usage: scoop ${USAGE}

Runs a program that uses SCOOP's futures on many processes.
`;

const END = `
Everything after the program's name belongs to the program. All of deno run's
--deny-…, --ignore-… and --unstable-… flags are taken as well. "scoop
completions <shell>" prints completions for bash, zsh or fish; "scoop resume
FILE --list" shows what a file of --resume holds, "scoop resume FILE --forget
[KEY]" removes it.
`;

/** See the module's text. */
export function helpText(): string {
  const shown = OPTIONS.filter(({ hidden }) => !hidden);
  // One column for all groups.
  const column = Math.max(...shown.map((row) => term(row).length)) + 4;
  const group = (title: string, rows: readonly OptionRow[]) =>
    `\n${title}:\n${rows.map((row) => entry(row, column)).join("")}`;
  return HEAD +
    group("Options", shown.filter(({ permission, deno }) => !permission && !deno)) +
    group(
      "Other flags of Deno's, for the origin and the workers",
      shown.filter(({ deno }) => deno),
    ) +
    group(
      "Permissions (Deno's own, for the origin and the workers)",
      shown.filter(({ permission }) => permission),
    ) +
    END;
}

function term({ long, short, value, optional }: OptionRow): string {
  const name = short ? `-${short}, --${long}` : `--${long}`;
  if (value === undefined) return name;
  return optional ? `${name}[=${valueForm(value)}]` : `${name} ${valueForm(value)}`;
}

function entry(row: OptionRow, column: number): string {
  const [first = "", ...more] = wrapped(row.text, WIDTH - column);
  const lines = [`  ${term(row)}`.padEnd(column) + first];
  return [...lines, ...more.map((line) => " ".repeat(column) + line)].join("\n") + "\n";
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
