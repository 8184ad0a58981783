/**
 * What shells need to complete the command's options: made from the table that --help is made from.
 *
 * Each script divides the line as the command itself does: an option that takes several words takes
 * all up to the next option, and what follows the program's name belongs to the program.
 *
 * @module
 */

import { OPTIONS, UNSTABLE_OPTIONS } from "./option_table.ts";
import type { OptionRow } from "./option_table.ts";

/** Shells that there are completions for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** One of them. */
export type Shell = typeof SHELLS[number];

const SHOWN = [...OPTIONS.filter((row) => !row.hidden), ...UNSTABLE_OPTIONS];
const VALUED = SHOWN.filter(takesWord);
/** Options that take one word after them, and those that take several. */
const ONE = VALUED.filter((row) => !row.several);
const SEVERAL = VALUED.filter((row) => row.several);
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

/** "-n" and "--workers"; an alias is understood, but not offered. */
function names(row: OptionRow, withAlias = false): string[] {
  const long = withAlias && row.alias ? [row.long, row.alias] : [row.long];
  return [...(row.short ? [`-${row.short}`] : []), ...long.map((name) => `--${name}`)];
}

/** All names of some options, with something between them. */
function allNames(rows: readonly OptionRow[], between: string): string {
  return rows.flatMap((row) => names(row, true)).join(between);
}

function bash(): string {
  const offered = SHOWN.flatMap((row) => names(row)).join(" ");
  const values = VALUED.map((row) => `    ${allNames([row], "|")}) ${bashValue(row)} return ;;`);
  return `# bash completion for scoop, for bash 4 and later: . <(scoop completions bash)
_scoop() {
  local line=$COMP_LINE words=() word name option= i last
  # bash divides words at "=", ":" and "@" too: what no blank comes before goes on with its word.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((i > 0)) && [[ $line != [[:blank:]]* ]]; then
      word=\${words[\${#words[@]} - 1]}$word
      words[\${#words[@]} - 1]=$word
    else
      words+=("$word")
    fi
    line=\${line#*"\${COMP_WORDS[i]}"}
  done
  last=$((\${#words[@]} - 1))
  for ((i = 1; i < last; i++)); do
    name=\${words[i]}
    case $name in
      ${allNames(ONE, "|")}) ((++i == last)) && option=$name ;;
      ${allNames(SEVERAL, "|")})
        while ((++i < last)) && [[ \${words[i]} != -* ]]; do :; done
        ((i-- == last)) && option=$name ;;
      -?*) [[ $name != -- ]] || { compopt -o default; COMPREPLY=(); return; } ;;
      *) compopt -o default; COMPREPLY=(); return ;;
    esac
  done
  if [[ $word == -*=* ]]; then
    option=\${word%%=*} word=\${word#*=}
  elif [[ $word == -* && " ${allNames(SEVERAL, " ")} " == *" $option "* ]]; then
    option=
  fi
  case $option in
    "") ;;
${values.join("\n")}
    *) compopt -o default; COMPREPLY=(); return ;;
  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${offered}" -- "$word")
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
  const specs = SHOWN.flatMap((row) => names(row).map((name) => zshSpec(row, name)));
  return `#compdef scoop
# zsh completion for scoop: scoop completions zsh > "\${fpath[1]}/_scoop"
_scoop() {
  local i=2
  # _arguments knows no option that takes all words up to the next one: it is shown the last only.
  while ((i < CURRENT)); do
    case $words[i] in
      --) break ;;
${SEVERAL.map(zshSeveral).join("\n")}
      ${allNames(ONE, "|")}) ((i += 2)) ;;
      -?*) ((i++)) ;;
      *) break ;;
    esac
  done
  _arguments -s -S -A '-*' \\
${specs.map((spec) => `    '${spec}' \\`).join("\n")}
    '1:program:_files' \\
    '*::argument:_default'
}
# Both as a file of fpath and when it is sourced.
if [[ $funcstack[1] == _scoop ]]; then _scoop "$@"; else compdef _scoop scoop; fi
`;
}

/** Takes all values of an option but the last away. */
function zshSeveral(row: OptionRow): string {
  return `      ${allNames([row], "|")})
        words[i]=--${row.long}
        while ((i + 2 <= CURRENT)) && [[ $words[i+1] != -* && $words[i+2] != -* ]]; do
          words[i+1]=()
          ((CURRENT--))
        done
        ((i += 2)) ;;`;
}

/** What _arguments is told of one name of an option. */
function zshSpec(row: OptionRow, name: string): string {
  const escaped = (text: string) => text.replaceAll(/[[\]:\\]/g, "\\$&").replaceAll("'", "'\\''");
  const again = row.long === "verbose" || row.permission || row.several || row.repeated ? "*" : "";
  const colons = row.optional ? "::" : ":";
  const value = row.value === undefined ? "" : `${colons}${escaped(row.value)}:${zshValue(row)}`;
  const sign = row.optional ? "=-" : value && (name.startsWith("--") ? "=" : "+");
  return `${again}${name}${sign}[${escaped(row.text)}]${value}`;
}

function zshValue({ kind }: OptionRow): string {
  if (Array.isArray(kind)) return `(${kind.join(" ")})`;
  if (kind === "file") return "_files";
  if (kind === "folder") return "_files -/";
  return kind === "host" ? "_ssh_hosts" : " ";
}

function fish(): string {
  const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = SHOWN.map((row) => {
    const words = ["complete -c scoop -n 'test (__scoop_at) != program'"];
    if (row.short) words.push(`-s ${row.short}`);
    words.push(`-l ${row.long}`);
    if (takesWord(row)) words.push(fishValue(row));
    words.push(`-d ${quoted(row.text)}`);
    return words.join(" ");
  });
  const several = SEVERAL.map((row) =>
    `complete -c scoop -n 'test (__scoop_at) = ${row.long}' ${fishValue(row)}`
  );
  return `# fish completion for scoop: scoop completions fish > ~/.config/fish/completions/scoop.fish
# Whether the word is the program's, a further value of an option, or one of the options.
function __scoop_at
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        set -l word $words[1]
        set -e words[1]
${SEVERAL.map(fishSeveral).join("\n")}
        if contains -- $word ${allNames(ONE, " ")}
            set -e words[1]
        else if test "$word" = --; or not string match -q -- '-?*' $word
            echo program
            return
        end
    end
    echo options
end
${[...lines, ...several].join("\n")}
`;
}

/** Passes over all values of an option that takes several. */
function fishSeveral(row: OptionRow): string {
  return `        if contains -- $word ${allNames([row], " ")}
            while set -q words[1]; and not string match -q -- '-*' $words[1]
                set -e words[1]
            end
            set -q words[1]; and continue
            echo ${row.long}
            return
        end`;
}

function fishValue({ kind }: OptionRow): string {
  if (Array.isArray(kind)) return `-x -a '${kind.join(" ")}'`;
  if (kind === "file") return "-r -F";
  if (kind === "folder") return "-x -a '(__fish_complete_directories)'";
  return kind === "host" ? "-x -a '(__fish_print_hostnames)'" : "-x";
}
