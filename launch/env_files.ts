/**
 * Environment variables of the user's for processes on all hosts.
 *
 * @module
 */

import { parseEnv } from "node:util";
import { UsageError } from "./usage_error.ts";

/**
 * Reads what was given with `--env`: `NAME=VALUE`, or `NAME` for the value it has here.
 *
 * @throws {UsageError} when it has none here
 */
export function readVariables(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(given.map((text) => {
    const at = text.indexOf("=");
    if (at >= 0) return [text.slice(0, at), text.slice(at + 1)];
    const value = Deno.env.get(text);
    if (value !== undefined) return [text, value];
    throw new UsageError(`${text} (--env) is not set here: give it a value, --env ${text}=...`);
  }));
}

/** Says what is wrong with a value of `--env`, as the end of a sentence. */
export function checkVariable(text: string): string | undefined {
  return /^[A-Za-z_]\w*(=|$)/.test(text) ? undefined : "a variable's name, or NAME=VALUE";
}

/** Prints its environment. */
const PRINTING = "data:text/javascript,console.log(JSON.stringify(Deno.env.toObject()))";

/**
 * What Deno makes of files of environment variables here, for hosts that do not have them.
 *
 * @param deno the Deno to ask
 */
export async function readEnvFiles(
  deno: string,
  files: readonly string[],
): Promise<Record<string, string>> {
  if (files.length === 0) return {};
  const { stdout } = await new Deno.Command(deno, {
    args: [
      ...["run", "-A", "--no-config", "--no-lock", "--quiet"],
      ...files.map((file) => `--env-file=${file}`),
      PRINTING,
    ],
    stdin: "null",
    stderr: "null",
  }).output();
  const all: Record<string, string> = JSON.parse(new TextDecoder().decode(stdout));
  const names = files.flatMap((file) => Object.keys(parseEnv(Deno.readTextFileSync(file))));
  return Object.fromEntries(
    names.flatMap((name) => all[name] === undefined ? [] : [[name, all[name]]]),
  );
}
