/**
 * Runs under siege: their results are counted while hostile peers and strangers talk to their
 * brokers.
 */

import assert from "node:assert/strict";
import { makeRunKeys } from "../../wire/keys.ts";
import { deno, inFolder, path, scoop, variablesOf } from "../faults/running.ts";
import type { Run } from "../faults/running.ts";
import { besiege } from "./peer.ts";
import type { Target } from "./peer.ts";
import { strangers } from "./strangers.ts";

const PROGRAM = path("tests/hostile/programs/steady.ts");
/** Names that are said: of processes, of constants, of nobody. */
const NAMES = ["origin", "worker-1", "worker-2", "left", "right", "broker", "broker-2", "x", ""];

/** What is said, and to whom. */
export interface Siege {
  /** Messages for each broker. */
  readonly count: number;
  /** Strangers at each address. */
  readonly strangers: number;
  readonly seed: number;
  /** Whether the hostile take tasks, of which they are believed: then these may fail. */
  readonly takes: boolean;
  /** Is called with the run as soon as it computes; disposed of when nothing is said any more. */
  watch?(run: Run): Disposable;
}

/** The command's own run, of two brokers, whose members know its secret and have no keys. */
export function besiegeCommand(siege: Siege): Promise<void> {
  return underSiege(async (file, how) => {
    await using run = scoop(["-n", "3", "-b", "2", "-A", PROGRAM, file, ...how]);
    await run.prints(/round 1$/m);
    const targets = new Map<string, Target>();
    for (const { pid } of run.processes()) {
      const env = variablesOf(pid);
      const [task, meta] = [env.get("BROKER_ADDRESS"), env.get("META_ADDRESS")];
      if (task && meta) targets.set(task, { task, meta, key: env.get("SCOOP_KEY")! });
    }
    assert.equal(targets.size, 2, "each broker has workers");
    for (const target of targets.values()) await attack(run, target, siege);
    await end(run, file);
  }, siege.takes);
}

/** A run by hand over tcp, whose members have keys. */
export function besiegeByHand(siege: Siege): Promise<void> {
  return underSiege(async (file, how) => {
    const keys = await makeRunKeys();
    const SCOOP_KEY = "the run's secret";
    const address = ["--address", "tcp://127.0.0.1:*", "--meta-address", "tcp://127.0.0.1:*"];
    await using broker = deno([path("broker/main.ts"), ...address, "-v"], {
      env: { SCOOP_KEY, SCOOP_BROKER_KEYS: keys.encode() },
    });
    const [, task, meta] = await broker.prints(/listens at (\S+), meta socket at (\S+)/);
    const env = {
      ...{ SCOOP_KEY, SCOOP_KEYS: keys.worker.encode() },
      ...{ BROKER_ADDRESS: task!, META_ADDRESS: meta! },
    };
    const worker = (name: string) =>
      deno([path("worker/main.ts"), PROGRAM], {
        env: { ...env, WORKER_NAME: name },
        mark: broker.mark,
      });
    await using left = worker("left");
    await using right = worker("right");
    await using origin = deno([PROGRAM, file, ...how], { env, mark: broker.mark });
    await origin.prints(/round 1$/m);
    const { curve } = keys.worker;
    await attack(origin, { task: task!, meta: meta!, key: SCOOP_KEY, curve }, siege);
    await end(origin, file);
    for (const run of [left, right, broker]) {
      const { code, stdout, stderr } = await run.ended();
      assert.deepEqual([code, stdout], [0, ""], stderr);
      checkErrors(stderr);
    }
    await broker.gone();
  }, siege.takes);
}

async function underSiege(
  use: (file: string, how: string[]) => Promise<void>,
  takes: boolean,
): Promise<void> {
  await inFolder((folder) => use(`${folder}/end`, takes ? ["lenient"] : []));
}

async function attack(run: Run, target: Target, siege: Siege): Promise<void> {
  const { count, seed, takes } = siege;
  using _watch = siege.watch?.(run);
  const parts = await Promise.allSettled([
    besiege(target, { names: NAMES, count, seed, takes }),
    strangers(target.task, siege.strangers, seed),
    strangers(target.meta, siege.strangers, seed + 1),
  ]);
  const reasons = parts.flatMap((part) => part.status === "rejected" ? [`${part.reason}`] : []);
  if (reasons.length === 0) return;
  const alive = run.processes().map(({ name }) => name).join(", ");
  const printed = `${run.stdout().slice(-500)}\nand on stderr\n${run.stderr().slice(-3000)}`;
  assert.fail(
    `${reasons.join("; ")}; there are ${alive || "no processes"}, which printed ${printed}`,
  );
}

/** The run goes on as if nothing had happened, and ends. */
async function end(run: Run, file: string): Promise<void> {
  const rounds = () => run.stdout().match(/^round /gm)?.length ?? 0;
  const before = rounds();
  await run.until(() => rounds() > before);
  await Deno.writeTextFile(file, "");
  const { code, stdout, stderr } = await run.ended();
  assert.match(stdout, /^\d+ rounds, all right\n$/m, stderr);
  assert.equal(code, 7, stderr);
  assert.doesNotMatch(stdout, /FORBIDDEN/);
  checkErrors(stderr);
  await run.gone();
}

/**
 * Whatever is said on stderr is one line of ours; beside those that tell of who has come, and who
 * is gone, there are not many.
 */
function checkErrors(stderr: string): void {
  const lines = stderr.split("\n").filter((line) => line !== "");
  for (const line of lines) assert.match(line, /^scoop\b/);
  const others = lines.filter((line) =>
    !/\b(joined|takes part|lost|is stuck|replaced)\b/.test(line)
  );
  assert.ok(others.length < 300, `${others.length} lines: ${others.slice(-20).join("\n")}`);
}
