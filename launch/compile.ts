/**
 * Compiles a program that begins with `startup` to one binary that launches its own broker and
 * workers, or the command itself: `deno task compile program.ts [flags of deno compile]`.
 *
 * @module
 */

import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { temporaryPrefix } from "../wire/temporary.ts";
import { zeromqFolder } from "../wire/zeromq_folder.ts";
import { inspectProgram } from "./inspection.ts";
import { findConfig, findProgram } from "./program.ts";
import { removeForsakenIn } from "./run_folder.ts";
import { UsageError } from "./usage_error.ts";

/** What is compiled. */
export interface Compilation {
  /** The text of the module that is the binary's beginning. */
  readonly entry: string;
  /** Arguments for `deno`, up to the entry's path. */
  readonly args: readonly string[];
  /** Where the binary is put. */
  readonly output: string;
}

const USAGE = "usage: deno task compile program.ts [flags of deno compile]";

/**
 * Plans a compilation.
 *
 * @param name of the program's file
 * @param flags for `deno compile`; without a permission among them the binary may do everything
 * @throws {UsageError} when there is no such program, or it does not begin with `startup`
 * @throws {Error} when the program cannot be loaded
 */
export async function planCompilation(
  name: string,
  flags: readonly string[],
  deno: string = Deno.execPath(),
): Promise<Compilation> {
  const program = findProgram(name);
  const config = findConfig(program.folders[0] ?? Deno.cwd());
  const found = config ? ["--config", config] : [];
  const { modules, problem } = await inspectProgram(deno, program.url, found);
  if (problem !== undefined) throw new Error(problem);
  const isCommand = program.url === import.meta.resolve("../cli.ts");
  const text = isCommand ? "" : await Deno.readTextFile(new URL(program.url));
  if (!isCommand && !/\bstartup\s*\(/.test(text)) {
    throw new UsageError(`${name} calls no startup(main), where a compiled program begins`);
  }
  const { output = basename(name).replace(/\.[cm]?[jt]sx?$/, ""), others } = takeOutput(flags);
  const permitted = flags.some((flag) => /^(-A|--allow-|-[RWNESI]\b)/.test(flag));
  return {
    entry: isCommand ? `import ${JSON.stringify(program.url)};\n` : entryText(program.url, modules),
    output: resolve(output),
    args: [
      "compile",
      ...(permitted ? [] : ["-A"]),
      ...found,
      ...otherBuilds().flatMap((folder) => ["--exclude", folder]),
      ...others,
      ...["--output", resolve(output)],
    ],
  };
}

/** Of the flags the one that names the output, and the others. */
function takeOutput(flags: readonly string[]): { output?: string; others: readonly string[] } {
  const at = flags.findIndex((flag) => /^(-o|--output(=|$))/.test(flag));
  if (at < 0) return { others: flags };
  const [, joined] = /^(?:-o|--output=)=?(.+)$/s.exec(flags[at]!) ?? [];
  const count = joined === undefined ? 2 : 1;
  const output = joined ?? flags[at + 1];
  if (!output) throw new UsageError(`${flags[at]} needs the path of the binary`);
  return { output, others: flags.toSpliced(at, count) };
}

/** The module that hands the program's modules to `launch/self.ts`, which comes first. */
function entryText(main: string, others: readonly string[]): string {
  const urls = [main, ...others];
  const imports = urls.map((url, i) => `import * as m${i} from ${JSON.stringify(url)};\n`);
  const entries = urls.map((url, i) => `  ${JSON.stringify(url)}: m${i},\n`);
  return `import { runSelf } from ${JSON.stringify(import.meta.resolve("./self.ts"))};\n` +
    imports.join("") +
    `\nawait runSelf(${JSON.stringify(main)}, {\n${entries.join("")}});\n`;
}

/** zeromq's builds for other systems, 27 MB of 36. */
function otherBuilds(): string[] {
  const build = join(zeromqFolder(), "build");
  const { os, arch } = Deno.build;
  const system = os === "windows" ? "win32" : os;
  const processor = arch === "x86_64" ? "x64" : "arm64";
  const folders: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(build)) {
    if (!isDirectory) continue;
    if (name !== system) folders.push(join(build, name));
    else {
      for (const each of Deno.readDirSync(join(build, name))) {
        if (each.name !== processor) folders.push(join(build, name, each.name));
      }
    }
  }
  return folders;
}

/** Compiles; returns the exit code. */
async function compile([name, ...flags]: readonly string[]): Promise<number> {
  if (name === undefined || name.startsWith("-")) {
    console.error(`scoop: name the program first\n${USAGE}`);
    return 2;
  }
  let plan: Compilation;
  try {
    plan = await planCompilation(name, flags);
  } catch (error) {
    console.error(`scoop: ${(error as Error).message}`);
    return error instanceof UsageError ? 2 : 1;
  }
  const folder = await Deno.makeTempDir({ prefix: temporaryPrefix("compile") });
  void removeForsakenIn(dirname(folder));
  try {
    const entry = join(folder, basename(plan.output) + ".ts");
    await Deno.writeTextFile(entry, plan.entry);
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: [...plan.args, pathToFileURL(entry).href],
      stdin: "null",
    }).spawn().status;
    return code;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await compile(Deno.args));
