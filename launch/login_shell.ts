/**
 * What is said to the shells of another host before there is a Deno.
 *
 * The login shell, whichever that is (csh, fish, a restricted one), is given one short line without
 * anything that shells take in different ways. That starts `sh`, which reads the rest from its
 * input: there it can be long, and has no shell between.
 *
 * @module
 */

import { MARK, SHELL_MARK } from "./agent_messages.ts";
import { sourceProlog } from "./prolog.ts";
import type { Prolog } from "./prolog.ts";
import { quote } from "./transports.ts";

/**
 * The words of the command for the login shell. What is sent once {@link SHELL_MARK} was printed is
 * {@link shellScript}'s. No backslash, exclamation mark or line end: csh and fish would see them
 * within quotes. The mark is put together there, so that a host that prints what it was asked for
 * instead of doing it is not misunderstood.
 */
export const LOGIN_COMMAND: readonly string[] = [
  "sh",
  "-c",
  `echo ${SHELL_MARK.replace("-", '"-"')};read -r s;eval "$(printf %b "$s")"`,
];

/** What `sh` has to do there. */
export interface ShellTask {
  /** Deno's executable there: the first of these that can be run; "~" is the home folder. */
  readonly candidates: readonly string[];
  /** What Deno runs. */
  readonly module: string;
  /** Where to start it; empty for the home folder. */
  readonly folder: string;
  /** Whether the folder must be there. */
  readonly strict: boolean;
  /** A shell script to source before all this. */
  readonly prolog: Prolog | undefined;
}

/**
 * Words that follow {@link MARK} when they are printed by {@link shellScript}: `prolog begins`,
 * `prolog returned 0`, `prolog exited 3`, `home` and where that is, since the folder is missing;
 * `deno` and the executable that is started. The words after which nothing follows:
 * `failed prolog`, `failed folder`, `failed deno`, `failed executable` and its path.
 */
export function shellScript({ candidates, module, folder, strict, prolog }: ShellTask): string {
  const start = prolog === undefined ? "scoop_go" : sourceProlog(prolog, {
    missing: "scoop_fail prolog",
    before: "scoop_tell prolog begins >&2; scoop_tell prolog begins",
    after: 'scoop_tell prolog "$scoop_how" "$scoop_code" >&2\n' +
      'scoop_tell prolog "$scoop_how" "$scoop_code"',
    go: "scoop_go",
  });
  const script = `
scoop_tell() { printf '${asOctal(MARK)}%s\\n' "$*"; }
scoop_fail() { scoop_tell failed "$@"; exit 1; }
scoop_go() {
${folder === "" ? "" : goTo(folder, strict)}
  scoop_unfit=
  for scoop_deno in ${quote(candidates)}; do
    case $scoop_deno in "~/"*) scoop_deno=\${HOME:-}/\${scoop_deno#"~/"} ;; esac
    command -v "$scoop_deno" >/dev/null 2>&1 || [ -f "$scoop_deno" ] || continue
    case $scoop_deno in
      */*) [ -x "$scoop_deno" ] && [ ! -d "$scoop_deno" ] || { scoop_unfit=$scoop_deno; continue; } ;;
      *) command -v "$scoop_deno" >/dev/null 2>&1 || continue ;;
    esac
    scoop_tell deno "$scoop_deno"
    exec "$scoop_deno" run -A --no-config --no-lock --no-prompt --quiet ${quote([module])}
  done
  [ -z "$scoop_unfit" ] || scoop_fail executable "$scoop_unfit"
  scoop_fail deno
}
${start}
`;
  return `${encoded(script)}\n`;
}

/** The folder is taken to be below the home folder if it is not absolute, whatever a prolog does. */
function goTo(folder: string, strict: boolean): string {
  const way = folder.startsWith("/") ? quote([folder]) : `"\${HOME:-.}"/${quote([folder])}`;
  const otherwise = strict ? "scoop_fail folder" : `scoop_tell home "$PWD"`;
  return `  cd ${way} 2>/dev/null || ${otherwise}`;
}

/** As printf's %b takes it, in one line. */
function encoded(script: string): string {
  return script.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/** As printf takes it in its first argument. */
function asOctal(text: string): string {
  return [...text].map((letter) => {
    const code = letter.charCodeAt(0);
    return code < 32 ? `\\${code.toString(8).padStart(3, "0")}` : letter;
  }).join("");
}
