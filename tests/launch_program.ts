/**
 * Runs programs as a user would, for tests: with the command, or with `deno run` alone.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** How a program is run. */
export interface RunProgramOptions {
  /** The command's `-n`; left out unless given. */
  workers?: number;
  /** Further flags before the program's name, for example `--allow-net=127.0.0.1`. */
  flags?: string[];
  /** The program's own arguments. */
  args?: string[];
  /** Variables added to this process's environment. */
  env?: Record<string, string>;
  /** The folder to run it in, and that relative names of programs start from; the repository's. */
  cwd?: string;
  /** Told all that was printed on stderr so far, whenever there is more. */
  onStderr?: (text: string) => void;
  /** Milliseconds after which it is ended and the call rejects; 120,000 by default. */
  timeout?: number;
}

/** What a program left behind. */
export interface ProgramResult {
  code: number;
  stdout: string;
  stderr: string;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CLI = fileURLToPath(new URL("../cli.ts", import.meta.url));

/** Generous, against hangs only: it has to hold on a machine that does a lot besides. */
const TIMEOUT = 120_000;
/** Milliseconds the command has, after SIGTERM, to end the processes of its run. */
const END = 5_000;

/**
 * Runs a program with the command: `deno run -A cli.ts -n <workers> <flags> <program> <args>`.
 *
 * @returns its exit code and all that it and its workers printed.
 * @throws {Error} with what was printed so far, when it takes longer than `timeout`; its processes
 * have ended then.
 */
export function runProgram(
  program: string,
  options: RunProgramOptions = {},
): Promise<ProgramResult> {
  const { workers, flags = [], args = [] } = options;
  const count = workers === undefined ? [] : ["-n", String(workers)];
  return runDeno([CLI, ...count, ...flags, program, ...args], options);
}

/** Runs a program without the command: `deno run -A <program> <args>`. See {@link runProgram}. */
export function runAlone(
  program: string,
  options: Omit<RunProgramOptions, "workers"> = {},
): Promise<ProgramResult> {
  const { flags = [], args = [] } = options;
  return runDeno([...flags, program, ...args], options);
}

async function runDeno(args: string[], options: RunProgramOptions): Promise<ProgramResult> {
  const { env = {}, cwd = ROOT, timeout = TIMEOUT } = options;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr, options.onStderr);
  const ended = Promise.all([child.status, stdout.end, stderr.end]);
  try {
    if (!await within(ended, timeout)) {
      child.kill("SIGTERM");
      if (!await within(ended, END)) child.kill("SIGKILL");
      await child.status;
      throw new Error(
        `deno run -A ${args.join(" ")} took longer than ${timeout} ms; it printed\n` +
          `${stdout.text()}\nand on stderr\n${stderr.text()}`,
      );
    }
    // Deno tells of what it fetches for the first time, which is nobody's doing.
    const said = stderr.text().replaceAll(/^Download https:.*\n/gm, "");
    return { code: (await child.status).code, stdout: stdout.text(), stderr: said };
  } finally {
    // Whoever else holds the pipes must not keep the test from ending.
    await Promise.all([stdout.stop(), stderr.stop()]);
  }
}

/** Gathers a stream's text; what has come so far can be looked at before the end. */
function collect(stream: ReadableStream<Uint8Array>, onMore?: (text: string) => void) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  async function read() {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      onMore?.(text);
    }
  }
  return { end: read(), text: () => text, stop: () => reader.cancel() };
}

/** Whether `promise` is fulfilled within so many milliseconds. */
async function within(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const result = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return result;
}
