/**
 * Whether Deno takes the flags that are meant for it, and the program with them: asked before
 * anything starts, since afterwards every process of the run would say the same.
 *
 * @module
 */

import { runFlags } from "./deno_flags.ts";
import type { DenoFlags } from "./deno_flags.ts";
import { firstError } from "./inspection.ts";
import { UsageError } from "./usage_error.ts";

/** The program cannot be run as the flags say. */
export class VetError extends Error {
  override name = "VetError";

  /** @param isOfOneModule whether a module makes no sense in itself, wherever it is */
  constructor(message: string, readonly isOfOneModule = false) {
    super(message);
  }
}

/** What to look at. */
export interface Vetted {
  /** The Deno that will run the program. */
  readonly deno: string;
  /** URL of the program's main module. */
  readonly program: string;
  /** With absolute paths. */
  readonly flags: DenoFlags;
  /** Flags on the finding of modules. */
  readonly finding: readonly string[];
}

/**
 * Looks whether the program can be run as the flags say: type-checked, from Deno's cache alone,
 * with a lock file that is not out of date.
 *
 * @throws {UsageError} when Deno does not know one of the flags
 * @throws {VetError} when the program cannot be run so; for errors in its types, with Deno's report
 */
export async function vet({ deno, program, flags, finding }: Vetted): Promise<void> {
  const { check, frozen, cachedOnly, unstable, v8Flags } = flags;
  const isFile = program.startsWith("file:");
  const looks = isFile && (check !== undefined || frozen || cachedOnly);
  if (!looks && unstable.length === 0 && v8Flags.length === 0) return;
  const passed = runFlags({ ...flags, unstable: looks ? [] : unstable }, (path) => path);
  const checking = check === undefined ? "--no-check" : check === "all" ? "--check=all" : "--check";
  // Deno looks at a program without running it only as at a test, which must be a file.
  const args = looks
    ? ["test", "--no-run", checking, ...(frozen ? ["--frozen"] : []), ...finding, ...passed]
    : ["run", ...passed];
  const { success, stderr } = await new Deno.Command(deno, {
    args: [...args, "--quiet", looks ? program : "data:text/javascript,"],
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0" },
    stdin: "null",
    stdout: "null",
  }).output();
  if (success) return;
  const text = new TextDecoder().decode(stderr);
  // Its deno.json keeps it from being a test, and who knows what else of it.
  if (!text.includes("error: No test modules found")) throw explain(text);
}

function explain(stderr: string): VetError | UsageError {
  const types = /^([^]*?)\n+error: Type checking failed\./.exec(stderr);
  if (types !== null) {
    return new VetError(`the program has errors in its types\n${types[1]!.trim()}`);
  }
  const line = firstError(stderr);
  const [, unknown] = /^unexpected argument '(.*?)'/.exec(line) ?? [];
  if (unknown !== undefined) return new UsageError(`Deno knows no option ${unknown}`);
  const [, flag] = /^V8 did not recognize flag '(.*?)'/.exec(line) ?? [];
  if (flag !== undefined) return new UsageError(`V8 knows no flag ${flag} (--v8-flags)`);
  if (line.startsWith("SyntaxError: ")) return new VetError(line, true);
  // "Failed loading …", and the reason one line below.
  const [, why] = /^ +0: (.*?)\.?$/m.exec(stderr) ?? [];
  return new VetError(why === undefined ? line : `${line.replace(/\.$/, "")} (${why})`);
}
