/**
 * The ways in which a program can run, and the programs of checks that run in each of them.
 *
 * A way names its traits: a check that cannot hold there says so by these, with the reason (see
 * `except` in `programs/checks.ts`), which is printed.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { withFakeSsh } from "../hosts/fake_ssh.ts";
import { runAlone, runProgram } from "../launch_program.ts";
import type { ProgramResult } from "../launch_program.ts";
import type { Trait } from "./programs/checks.ts";

/** A way to run a program. */
export interface Way {
  readonly name: string;
  readonly traits: readonly Trait[];
  /** Flags of the command; without them the program is run by itself. */
  readonly flags?: readonly string[];
  /** On hosts that a stand-in for ssh reaches. */
  readonly hosts?: readonly string[];
  /** The program awaits nothing at its top level: it goes on only as long as what it waits for. */
  readonly alone?: boolean;
}

/** All ways to run a program. */
export const WAYS = [
  { name: "plainly", traits: ["plain"], alone: true },
  { name: "-n 1", traits: ["single"], flags: ["-n", "1"] },
  { name: "-n 3", traits: ["several"], flags: ["-n", "3"], alone: true },
  { name: "-n 4 -b 2", traits: ["several", "federation"], flags: ["-n", "4", "-b", "2"] },
  { name: "with an Executor", traits: ["several", "executor"], alone: true },
  { name: "in a task of an Executor", traits: ["several", "task", "pool"] },
  { name: "in a task, -n 1", traits: ["single", "task"], flags: ["-n", "1"], alone: true },
  { name: "in a task, -n 3", traits: ["several", "task"], flags: ["-n", "3"] },
  {
    name: "on other hosts",
    traits: ["several", "hosts"],
    flags: ["-n", "3"],
    hosts: ["127.0.0.1", "alpha", "beta"],
  },
] as const satisfies readonly Way[];

/** The name of a way. */
export type WayName = (typeof WAYS)[number]["name"];

/** The programs that run in every way, and how many checks each has. */
export const PROGRAMS: Readonly<Record<string, number>> = {
  by_value: 10,
  concurrency: 8,
  errors: 9,
  facts: 4,
  future: 11,
  hostile: 8,
  idle: 8,
  large: 7,
  map: 20,
  options: 8,
  reduce: 10,
  retry: 11,
  scatter: 5,
  shared: 11,
  stats: 12,
  stop: 11,
  submit: 13,
  timeouts: 6,
  values: 3,
  wait: 12,
};

/** Generous, against hangs only: milliseconds a program may take, beside whatever else runs. */
const timeout = 240_000;

/** What a run may print on stderr beside what went wrong. */
const EXPECTED: RegExp[] = [
  /^Download https:/,
  /^scoop: running in this process only; to use all cores: deno run -A cli\.ts -n \d+ \S+\.ts$/,
  /^scoop: (?:a callback|the callback \S+) of .+ \(\S+:\d+\) failed: Error: this callback fails$/,
  /^scoop: worker-\d+(\.\d+)? was lost \(exit code 3\); starting worker-\d+\.\d+$/,
  // So does one that does not end when it is told to.
  /^scoop( \S+)?: worker-\d+(\.\d+)? (has to end: |was lost \()\S+ did not end within \d+ ms of /,
  // A task that computes far past its timeout costs its worker.
  /^scoop( \S+)?: worker-\d+(\.\d+)? has to end: \S+ ran longer than its timeout of \d+ ms$/,
  /^scoop: worker-\d+(\.\d+)? was lost \(\S+ ran longer than its timeout .*\); starting worker-/,
];

/**
 * Runs one of {@link PROGRAMS} in one way and sees to it that every check holds, or has a reason
 * not to, which is printed.
 *
 * @throws {Error} that names the way, the program and each check that failed.
 */
export async function checkProgram(way: Way, name: string): Promise<void> {
  const where = `${way.name}: ${name}`;
  const { code, stdout, stderr } = await run(way, name).catch((error) => {
    throw new Error(`${where}: ${error.message}`);
  });
  const told = stderr.split("\n").map((line) => line.replace(/^not ok: /, `not ok: ${where}: `))
    .filter((line) => line !== "" && !EXPECTED.some((pattern) => pattern.test(line)));
  const lines = stdout.trimEnd().split("\n");
  const last = lines.pop();
  for (const line of lines) console.log(line.replace(/^not here: /, `not here: ${where}: `));
  const checks = PROGRAMS[name];
  assert.ok(checks, `${name} is a program that is known`);
  if (told.length === 0 && code === 0 && last === `ok ${checks} of ${checks}`) return;
  throw new Error(`${where}: exit code ${code}, "${last}"\n${told.join("\n")}`);
}

/** Declares a test of each of {@link PROGRAMS} in one way. */
export function testWay(name: WayName): void {
  const way = WAYS.find((way) => way.name === name)!;
  for (const program of Object.keys(PROGRAMS)) {
    Deno.test(`api: ${program}, ${name}`, () => checkProgram(way, program));
  }
}

/** Runs what `use` does beside two foreign processes that keep the processors busy. */
export async function besideBusyProcesses<T>(use: () => Promise<T>): Promise<T> {
  const busy = Array.from({ length: 2 }, () =>
    new Deno.Command(Deno.execPath(), {
      args: ["eval", "for (;;);"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn());
  try {
    return await use();
  } finally {
    for (const process of busy) process.kill("SIGKILL");
    await Promise.all(busy.map((process) => process.status));
  }
}

async function run(way: Way, name: string): Promise<ProgramResult> {
  const program = fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url));
  const { flags, hosts, traits, alone = false } = way;
  const args = [`--way=${traits.join()}`, ...alone ? ["--alone"] : []];
  if (flags === undefined) return await runAlone(program, { args, timeout });
  if (hosts === undefined) {
    return await runProgram(program, { flags: [...flags, "-A"], args, timeout });
  }
  let result: ProgramResult | undefined;
  await withFakeSsh(async (ssh) => {
    const all = [...ssh, ...flags, "--hosts", ...hosts, "-A"];
    result = await runProgram(program, { flags: all, args, timeout });
  });
  return result!;
}
