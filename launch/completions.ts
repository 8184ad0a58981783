/**
 * What shells need to complete the command's options: made from the table that --help is made from.
 *
 * @module
 */

import { OPTIONS } from "./option_table.ts";
import type { OptionRow } from "./option_table.ts";

/** Shells that there are completions for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** One of them. */
export type Shell = typeof SHELLS[number];

const SHOWN = OPTIONS.filter((row) => !row.hidden);
const WRITERS: Readonly<Record<Shell, () => string>> = { bash, zsh, fish };

/**
 * The script for a shell.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { completionsFor } from "./completions.ts";
 * assert.match(completionsFor("fish"), /-l workers/);
 * ```
 */
export function completionsFor(shell: Shell): string {
  return WRITERS[shell]();
}

/** Whether the word after an option is its value. */
function takesWord(row: OptionRow): boolean {
  return row.value !== undefined && !row.optional;
}

/** "-n" and "--workers", with a hidden alias too if asked for. */
function names(row: OptionRow, withAlias = false): string[] {
  const long = withAlias && row.alias ? [row.long, row.alias] : [row.long];
  return [...(row.short ? [`-${row.short}`] : []), ...long.map((name) => `--${name}`)];
}

function bash(): string {
  const patterns = (rows: readonly OptionRow[]) =>
    rows.flatMap((row) => names(row, true)).join("|");
  const valued = SHOWN.filter(takesWord);
  const cases = valued.map((row) => `    ${patterns([row])}) ${bashValue(row)} return ;;`);
  return `# bash completion for scoop: . <(scoop completions bash)
_scoop() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} i
  # What follows the program's name belongs to the program.
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      --) compopt -o default; COMPREPLY=(); return ;;
      ${patterns(valued)}) ((i++)) ;;
      -*) ;;
      *) compopt -o default; COMPREPLY=(); return ;;
    esac
  done
  case $before in
${cases.join("\n")}
  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${
    SHOWN.flatMap((row) => names(row)).join(" ")
  }" -- "$word")
  else
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -F _scoop scoop
`;
}

function bashValue({ kind }: OptionRow): string {
  const reply = (how: string) => `mapfile -t COMPREPLY < <(compgen ${how} -- "$word");`;
  if (Array.isArray(kind)) return reply(`-W "${kind.join(" ")}"`);
  if (kind === "file") return `compopt -o filenames; ${reply("-f")}`;
  if (kind === "folder") return `compopt -o filenames; ${reply("-d")}`;
  if (kind === "host") return reply("-A hostname");
  return "COMPREPLY=();";
}

function zsh(): string {
  const escaped = (text: string) => text.replaceAll(/[[\]:\\]/g, "\\$&").replaceAll("'", "'\\''");
  const specs = SHOWN.flatMap((row) =>
    names(row).map((name) => {
      const again = row.long === "verbose" || row.permission || row.several ? "*" : "";
      const value = row.value === undefined ? "" : `:${escaped(row.value)}:${zshValue(row)}`;
      const sign = takesWord(row) ? (name.startsWith("--") ? "=" : "+") : row.optional ? "=-" : "";
      return `  '${again}${name}${sign}[${escaped(row.text)}]${
        row.optional ? `:${value}` : value
      }' \\`;
    })
  );
  return `#compdef scoop
# zsh completion for scoop: scoop completions zsh > "\${fpath[1]}/_scoop"
_arguments -s -S \\
${specs.join("\n")}
  '1:program:_files' \\
  '*::argument:_files'
`;
}

function zshValue({ kind }: OptionRow): string {
  if (Array.isArray(kind)) return `(${kind.join(" ")})`;
  if (kind === "file") return "_files";
  if (kind === "folder") return "_files -/";
  return kind === "host" ? "_hosts" : " ";
}

function fish(): string {
  const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = SHOWN.map((row) => {
    const words = ["complete -c scoop"];
    if (row.short) words.push(`-s ${row.short}`);
    words.push(`-l ${row.long}`);
    if (takesWord(row)) words.push(fishValue(row));
    words.push(`-d ${quoted(row.text)}`);
    return words.join(" ");
  });
  return `# fish completion for scoop: scoop completions fish > ~/.config/fish/completions/scoop.fish\n${
    lines.join("\n")
  }\n`;
}

function fishValue({ kind }: OptionRow): string {
  if (Array.isArray(kind)) return `-x -a '${kind.join(" ")}'`;
  if (kind === "file") return "-r -F";
  if (kind === "folder") return "-x -a '(__fish_complete_directories)'";
  return kind === "host" ? "-x -a '(__fish_print_hostnames)'" : "-x";
}
