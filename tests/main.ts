/**
 * Runs the test files, several at a time: `deno task test` the quick ones, `deno task test:long` the
 * others. Most of their time they wait for processes, so two of them hardly take longer than one.
 *
 * `deno run -A tests/main.ts quick|long [--jobs N] [flags of deno test]`
 *
 * @module
 */

import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Whatever takes minutes begins first, lest it be the last that is waited for. */
const FIRST = [
  "tests/faults/resume_kills_long_test.ts",
  "tests/clusters/clusters_long_test.ts",
  "tests/command/import_long_test.ts",
  "tests/api/ways_",
];
/** Whatever compares times has the machine to itself, after all others. */
const ALONE = [
  "tests/api/growth_long_test.ts",
  "tests/api/scale_long_test.ts",
  "tests/broker/bundle_queue_test.ts",
  "tests/clusters/far_long_test.ts",
  "tests/futures/local_queue_test.ts",
  "tests/soak/lateness_test.ts",
  "tests/soak/starts_long_test.ts",
  "tests/wire/deque_test.ts",
];
/** Batches of quick files for each that run at a time: the start of a process costs as well. */
const BATCHES = 6;

/** Files that one process tests, and how it ended. */
interface Outcome {
  readonly files: readonly string[];
  readonly success: boolean;
  readonly output: string;
}

/** All test files of a kind, by their paths from the repository's top. */
function* testFiles(kind: "quick" | "long", folder = "tests"): Generator<string> {
  const entries = [...Deno.readDirSync(ROOT + folder)];
  for (const { name, isDirectory } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* testFiles(kind, path);
    else if (name.endsWith("_test.ts") && name.endsWith("_long_test.ts") === (kind === "long")) {
      yield path;
    }
  }
}

/** What is tested together: long files each by itself. */
function batchesOf(kind: "quick" | "long", jobs: number): string[][] {
  const files = [...testFiles(kind)].filter((file) => !ALONE.includes(file));
  if (kind === "long") {
    const rank = (file: string) => {
      const at = FIRST.findIndex((first) => file.startsWith(first));
      return at < 0 ? FIRST.length : at;
    };
    return files.sort((a, b) => rank(a) - rank(b)).map((file) => [file]);
  }
  const count = Math.min(files.length, BATCHES * jobs);
  // Neighbours, which are alike, are not to be in the same.
  return Array.from({ length: count }, (_, i) => files.filter((_, at) => at % count === i));
}

async function run(args: string[], piped: boolean): Promise<{ success: boolean; output: string }> {
  const stdio = piped ? "piped" : "inherit";
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    stdin: "null",
    stdout: stdio,
    stderr: stdio,
  });
  if (!piped) return { success: (await command.spawn().status).success, output: "" };
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { success, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Tests all batches, `jobs` at a time, and yields how each ended as soon as it has. */
async function* testAll(
  batches: readonly string[][],
  jobs: number,
  flags: readonly string[],
): AsyncGenerator<Outcome> {
  const waiting = [...batches];
  const running = new Map<number, Promise<[number, Outcome]>>();
  for (let next = 0;;) {
    while (running.size < jobs && waiting.length > 0) {
      const files = waiting.shift()!;
      const key = next++;
      // Types are checked once, for all of them.
      const ended = run(["test", "-A", "--no-check", ...flags, ...files], true);
      running.set(key, ended.then((outcome) => [key, { files, ...outcome }]));
    }
    if (running.size === 0) return;
    const [key, outcome] = await Promise.race(running.values());
    running.delete(key);
    yield outcome;
  }
}

/** What deno test says of the tests that failed; all it has said where it did not come so far. */
function errorsOf(output: string): string {
  const at = output.lastIndexOf("\n ERRORS ");
  return at < 0 ? output : output.slice(at + 1);
}

async function main([kind, ...args]: string[]): Promise<number> {
  if (kind !== "quick" && kind !== "long") throw new TypeError(`"quick" or "long", not ${kind}`);
  const at = args.indexOf("--jobs");
  const [, given] = at < 0 ? [] : args.splice(at, 2);
  const jobs = Number(given ?? Math.max(2, navigator.hardwareConcurrency));
  if (!(jobs >= 1)) throw new TypeError(`--jobs must be a number, 1 or more: ${given}`);
  const batches = batchesOf(kind, jobs);
  const alone = [...testFiles(kind)].filter((file) => ALONE.includes(file));
  if (!(await run(["check", "--quiet", ...batches.flat(), ...alone], false)).success) return 1;
  const failed: Outcome[] = [];
  for (const [some, atATime] of [[batches, jobs], [[alone], 1]] as const) {
    for await (const outcome of testAll(some, atATime, args)) {
      console.log(outcome.output.trimEnd());
      if (!outcome.success) failed.push(outcome);
    }
  }
  // Once more at the end, where it is looked for.
  for (const { files, output } of failed) {
    const again = errorsOf(output).trim().replaceAll(/^(ok|FAILED) \|/gm, "  $1 |");
    console.log(`\nfailed in ${files.join(" ")}:\n${again}`);
  }
  return failed.length === 0 ? 0 : 1;
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main(Deno.args);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exitCode = 2;
  }
}
