/**
 * Scripts of `--prolog`: sourced before anything else is started on a host.
 *
 * @module
 */

import { stripVTControlCharacters } from "node:util";
import { LIMITS } from "../wire/limits.ts";
import { setTimeout } from "../wire/timers.ts";
import { forwardLines } from "./output.ts";
import type { Output } from "./output.ts";
import { killGroup, sweepGroup } from "./process.ts";
import type { Reaper } from "./reaper.ts";
import { quote } from "./transports.ts";

/** A script of `--prolog`. */
export interface Prolog {
  /** Where it is on its host. */
  readonly path: string;
  /** What it says, if it is sent there. */
  readonly text?: string;
}

/** Pieces of a shell's script around a prolog. */
export interface Around {
  /** When it cannot be read. */
  readonly missing: string;
  readonly before: string;
  /** When it has ended: `$scoop_how` is "returned" or "exited", and `$scoop_code` with what. */
  readonly after: string;
  /** What comes next, unless it has exited with something else than 0. */
  readonly go: string;
}

/** No line of a prolog's says that. */
const END = "scoop-end-of-the-prolog";

/**
 * A shell's script that sources a prolog. Where it says `exit 0` it is done, and what it has set
 * counts. It has no part in what is said around it: its input is empty, and what it does to the
 * streams for good is undone.
 */
export function sourceProlog({ path, text }: Prolog, around: Around): string {
  const [file] = [quote([path])];
  const check = text === undefined ? `[ -r ${file} ] && [ ! -d ${file} ] || ${around.missing}` : "";
  // What was sent is not put into a file: there may be no room for one, and who would remove it?
  const [from, here] = text === undefined
    ? [file, ""]
    : ["/dev/fd/6", ` 6<<'${END}'\n${text.replace(/\n?$/, "\n")}${END}`];
  return `
scoop_after() {
  scoop_code=$?
  scoop_how=$1
  trap - EXIT
  exec <&7 >&8 2>&9 7<&- 8>&- 9>&-
  set +eu
${around.after}
  [ "$scoop_how" = returned ] || [ "$scoop_code" = 0 ] || exit "$scoop_code"
${around.go}
}
${check}
exec 7<&0 8>&1 9>&2
${around.before}
trap 'scoop_after exited' EXIT
. ${from} </dev/null${here}
scoop_after returned`;
}

/** The command line that starts `command` after a prolog, whose output goes nowhere. */
export function afterProlog(command: readonly string[], prolog: string): string[] {
  const script = sourceProlog({ path: prolog }, {
    missing: "exit 1",
    before: "exec >/dev/null 2>&1",
    after: "",
    go: `exec ${quote(command)}`,
  });
  return ["sh", "-c", script];
}

/** How a prolog has ended. */
export interface PrologEnd {
  readonly how: "returned" | "exited" | "replaced" | "endless" | "missing";
  readonly code: number;
  /** What it printed, line by line. */
  readonly printed: readonly string[];
  /** The same on its standard error. */
  readonly complaints: readonly string[];
}

/**
 * Sources a prolog here to see what comes of it. What it has started in the background is ended: each
 * process sources it anew.
 *
 * @param reaper ends it when the launcher dies
 */
export async function tryProlog(
  path: string,
  shell = "sh",
  reaper?: Pick<Reaper, "watch" | "forget">,
): Promise<PrologEnd> {
  try {
    Deno.openSync(path).close();
  } catch {
    return { how: "missing", code: 1, printed: [], complaints: [] };
  }
  const script = sourceProlog({ path }, {
    missing: "exit 1",
    before: ":",
    after: 'echo "$scoop_how $scoop_code"',
    go: ":",
  });
  const child = new Deno.Command(shell, {
    args: ["-c", script],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  reaper?.watch(child.pid);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killGroup(child.pid, "SIGKILL");
  }, LIMITS.prologMs);
  // Something in the background may hold its streams, and go on.
  const lines = [child.stdout, child.stderr].map((stream) => linesFrom(stream, child.status));
  const { code } = await child.status;
  clearTimeout(timer);
  await sweepGroup(child.pid);
  const [printed, complaints] = await Promise.all(lines) as [string[], string[]];
  reaper?.forget(child.pid);
  const [, how = "", ended = ""] = /^(returned|exited) (\d+)$/.exec(printed.at(-1) ?? "") ?? [];
  if (late) return { how: "endless", code, printed, complaints };
  if (how === "") return { how: "replaced", code, printed, complaints };
  return {
    how: how as "returned" | "exited",
    code: Number(ended),
    printed: printed.slice(0, -1),
    complaints,
  };
}

/** All lines of a stream, until it is silent after the end of who prints. */
async function linesFrom(
  stream: ReadableStream<Uint8Array>,
  exited: Promise<unknown>,
): Promise<string[]> {
  const parts: Uint8Array[] = [];
  const output: Output = {
    write: (bytes) => Promise.resolve(void parts.push(bytes)),
    flush: () => Promise.resolve(),
  };
  await forwardLines(stream, output, { last: "as is" }, exited);
  const text = stripVTControlCharacters(await new Blob(parts as BlobPart[]).text());
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}
