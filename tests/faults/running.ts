/**
 * Runs of the command, or of its parts by hand, whose processes a test looks at and kills.
 *
 * Every process of a run inherits a mark in its environment. So a test finds them all, whoever
 * started them, and none outlives the test.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** Generous, against hangs only: milliseconds that anything may take on a busy machine. */
const LIMIT = 90_000;
const MARK = "SCOOP_TEST_RUN";
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** True where processes can be found by their environment, which these tests need. */
export const canFindProcesses = Deno.build.os === "linux";

/** The path of one of our files, from the repository's top. */
export function path(name: string): string {
  return ROOT + name;
}

/** A process of a run. */
export interface Process {
  readonly pid: number;
  /** "launcher", "origin", "worker-1", "reaper", or its command line. */
  readonly name: string;
}

/** How a process is started. */
export interface StartOptions {
  /** Added to this process's environment. */
  env?: Record<string, string>;
  /** The folder to run it in; the repository's unless given. */
  cwd?: string;
  /** Text for its standard input, which ends after it; "open" leaves it open; none unless given. */
  stdin?: string;
  /** The mark of another run that this process belongs to. */
  mark?: string;
}

/** How a process ended and what it printed. */
export interface Ended {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process under test, and everything it starts. */
export interface Run extends AsyncDisposable {
  readonly pid: number;
  readonly mark: string;
  /** What has been printed so far. */
  stdout(): string;
  stderr(): string;
  /** Waits until what was printed, on either stream, matches. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits until something is so; fails when the process ends before. */
  until(condition: () => boolean): Promise<void>;
  /** Writes to its standard input, which was started as "open". */
  type(text: string): Promise<void>;
  /** Sends a signal, to the whole process group if asked to, as a terminal does. */
  kill(signal: Deno.Signal, to?: "process" | "group"): void;
  /** What lives of the run, this process among it. */
  processes(): Process[];
  /** Waits for this process's end. */
  ended(): Promise<Ended>;
  /** Waits until nothing of the run is left. */
  gone(): Promise<void>;
}

/** Runs the command: `deno run -A cli.ts <args>`. */
export function scoop(args: string[], options: StartOptions = {}): Run {
  return start(Deno.execPath(), ["run", "-A", path("cli.ts"), ...args], options);
}

/** Runs a file of ours or a program by hand: `deno run -A <args>`. */
export function deno(args: string[], options: StartOptions = {}): Run {
  return start(Deno.execPath(), ["run", "-A", ...args], options);
}

/** Runs the command to its end, and sees to it that nothing is left of it. */
export async function runScoop(args: string[], options: StartOptions = {}): Promise<Ended> {
  await using run = scoop(args, options);
  const ended = await run.ended();
  await run.gone();
  return ended;
}

/** Starts any program. */
export function start(command: string, args: string[], options: StartOptions = {}): Run {
  const { env = {}, cwd = ROOT, stdin, mark = crypto.randomUUID() } = options;
  const child = new Deno.Command(command, {
    args,
    cwd,
    env: { NO_COLOR: "1", ...env, [MARK]: mark },
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    // The head of a group of its own, as a command in a terminal is.
    detached: true,
  }).spawn();
  const writer = stdin === undefined ? undefined : child.stdin.getWriter();
  const type = (text: string) => writer!.write(new TextEncoder().encode(text));
  let input = Promise.resolve();
  if (writer && stdin !== "open") input = type(stdin!).then(() => writer.close()).catch(() => {});
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  let over = false;
  const end = Promise.all([child.status, stdout.end, stderr.end]).then(() => over = true);
  const what = args.join(" ");
  const told = () => `\n${what} printed\n${stdout.text()}\nand on stderr\n${stderr.text()}`;
  const run: Run = {
    pid: child.pid,
    mark,
    stdout: stdout.text,
    stderr: stderr.text,
    type,
    async prints(pattern) {
      const find = () => pattern.exec(stdout.text()) ?? pattern.exec(stderr.text());
      await until(() => over || find() !== null, () => `did not print ${pattern}${told()}`);
      return find() ?? assert.fail(`ended and did not print ${pattern}${told()}`);
    },
    async until(condition) {
      let met = false;
      const look = () => met = condition();
      await until(() => look() || over, () => `never true: ${condition}${told()}`);
      // What was true once has been; a last look, since it may have ended right after the last.
      assert(met || condition(), `ended before ${condition}${told()}`);
    },
    kill(signal, to = "process") {
      Deno.kill(to === "group" ? -child.pid : child.pid, signal);
    },
    processes: () => processesOf(mark),
    async ended() {
      if (!await within(end, LIMIT)) assert.fail(`never ended: ${list(mark)}${told()}`);
      const { code, signal } = await child.status;
      return { code, signal, stdout: stdout.text(), stderr: stderr.text() };
    },
    async gone() {
      await until(() => processesOf(mark).length === 0, () => `left: ${list(mark)}${told()}`);
    },
    async [Symbol.asyncDispose]() {
      await killAll(mark);
      await child.status;
      await input;
      if (stdin === "open") await writer!.close().catch(() => {});
      await Promise.all([stdout.stop(), stderr.stop()]);
    },
  };
  return run;
}

/** Waits until something is so. */
export async function until(
  condition: () => boolean,
  problem: () => string = () => `never true: ${condition}`,
): Promise<void> {
  const began = performance.now();
  while (!condition()) {
    if (performance.now() - began > LIMIT) assert.fail(problem());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A folder that is there while `use` runs. */
export async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "scoop-test-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function processesOf(mark: string): Process[] {
  const found: Process[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    const pid = Number(name);
    if (Number.isNaN(pid)) continue;
    const environment = variablesOf(pid);
    if (environment.get(MARK) !== mark) continue;
    found.push({ pid, name: environment.get("WORKER_NAME") ?? commandName(pid) });
  }
  return found;
}

/** The variables that a process was started with; as good as none when it has ended. */
export function variablesOf(pid: number): Map<string, string> {
  return new Map(
    read(pid, "environ").split("\0").map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

function commandName(pid: number): string {
  const words = read(pid, "cmdline").split("\0");
  if (words.includes(path("cli.ts"))) return "launcher";
  return words[0]?.endsWith("/sh") ? "reaper" : words.join(" ");
}

/** Empty when the process has ended: that of a zombie is empty, and others cannot be read. */
function read(pid: number, file: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${file}`);
  } catch {
    return "";
  }
}

function list(mark: string): string {
  return processesOf(mark).map(({ pid, name }) => `${name} (${pid})`).join(", ");
}

async function killAll(mark: string): Promise<void> {
  // More than once: one that is about to start another is found only afterwards.
  for (let left = processesOf(mark); left.length > 0; left = processesOf(mark)) {
    for (const { pid } of left) killNow(pid);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Kills with -9; nothing happens when it has gone already. */
export function killNow(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // Gone.
  }
}

/**
 * Kills with -9 as if the power had gone: all are stopped first, lest one of them tidies up between
 * another's end and its own.
 */
export function cutPower(processes: readonly { readonly pid: number }[]): void {
  for (const { pid } of processes) {
    try {
      Deno.kill(pid, "SIGSTOP");
    } catch {
      // Gone.
    }
  }
  for (const { pid } of processes) killNow(pid);
}

function collect(stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  async function readAll() {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
    }
  }
  return { end: readAll(), text: () => text, stop: () => reader.cancel() };
}

async function within(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const result = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return result;
}
