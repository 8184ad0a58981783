/**
 * The README's first command, many times in a row.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Generous, against hangs only: milliseconds a start may take. */
const LIMIT = 120_000;

/** What a start printed, and how it ended. */
export interface Start {
  readonly number: number;
  readonly milliseconds: number;
  /** Undefined when all was well. */
  readonly problem: string | undefined;
}

/** Starts the command `times` times, one after the other, and tells of each. */
export async function* starts(times: number): AsyncGenerator<Start> {
  for (let number = 1; number <= times; number++) {
    const began = performance.now();
    const problem = await startOnce();
    yield { number, milliseconds: Math.round(performance.now() - began), problem };
  }
}

async function startOnce(): Promise<string | undefined> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "demo"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(LIMIT),
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  const [out, err] = [decoder.decode(stdout), decoder.decode(stderr)];
  try {
    assert.match(out, /^pi = 3\.14\d+\n$/);
    assert.deepEqual([code, err], [0, ""]);
  } catch {
    return `exit code ${code}, printed ${JSON.stringify(out)} and on stderr ${JSON.stringify(err)}`;
  }
}
