import assert from "node:assert/strict";
import { canFindProcesses, deno, path, scoop } from "./running.ts";
import type { Run } from "./running.ts";

const ignore = !canFindProcesses;
const PROGRAM = path("tests/faults/programs/limits.ts");

/** What the last line of a program says. */
function lastOf(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout.trim().split("\n").at(-1)!);
}

function countOf(names: unknown): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names as string[]) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

Deno.test({
  name: "limits: a worker that has kept too much is replaced after its task, and nothing is lost",
  ignore,
  async fn() {
    await using run = scoop(["-n", "2", "--max-memory", "400M", "-v", PROGRAM, "leak"]);
    const { code, stdout, stderr } = await run.ended();
    const { names } = JSON.parse(/\{.*\}/.exec(stdout)![0]) as { names: string[] };
    assert.deepEqual([code, names.length], [0, 16], stderr);
    // The program's own process runs none.
    assert.deepEqual([...new Set(names)].filter((name) => !name.startsWith("worker-1")), []);
    assert.ok(new Set(names).size > 1, "none was replaced");
    assert.match(stderr, /worker-1 is replaced \(used \d+ MiB, more than --max-memory 400 MiB\)/);
    assert.doesNotMatch(stderr, /run again|was lost/);
  },
});

const TOO_MUCH = /^WorkerLostError: grow used \d+(\.\d)? [MG]iB, more than --max-memory 400 MiB$/;

for (
  const [what, start] of [
    ["of the command's", () => scoop(["-n", "3", "--max-memory=400M", PROGRAM, "grow"])],
    ["with two brokers", () => scoop(["-n", "3", "-b2", "--max-memory=400M", PROGRAM, "grow"])],
    ["of an Executor's", () => deno(["-A", PROGRAM, "executor"])],
  ] as [string, () => Run][]
) {
  Deno.test({
    name: `limits: a task that uses too much fails alone, and is begun once, on a worker ${what}`,
    ignore,
    async fn() {
      await using run = start();
      const { code, stdout, stderr } = await run.ended();
      assert.equal(code, 0, stderr);
      const { done, reasons } = lastOf(stdout) as { done: number; reasons: string[] };
      assert.equal(done, 7);
      assert.equal(reasons.length, 1);
      assert.match(reasons[0]!, TOO_MUCH);
      assert.equal(stdout.match(/grow begins/g)!.length, 1);
    },
  });
}

Deno.test({
  name: "limits: a worker that uses too much without any task is told, and the run ends",
  ignore,
  async fn() {
    await using run = scoop(["-n", "2", "--max-memory", "10M", PROGRAM, "leak"]);
    const { code, stderr } = await run.ended();
    assert.equal(code, 1);
    assert.match(stderr, /with the program alone it used \d+ MiB, more than --max-memory 10 MiB/);
  },
});

Deno.test({
  name: "limits: a worker is replaced after as many tasks as --max-tasks says",
  ignore,
  async fn() {
    await using run = deno(["-A", PROGRAM, "tasks"]);
    const { code, stdout, stderr } = await run.ended();
    assert.equal(code, 0, stderr);
    const counts = countOf(lastOf(stdout).names);
    assert.ok(Math.max(...counts.values()) <= 3, stdout);
    assert.ok(counts.size >= 10, stdout);
    assert.equal(stderr, "");
  },
});

for (const [workers, tasks] of [[2, 1], [4, 3]]) {
  Deno.test({
    name: `limits: tasks that wait for others end, with ${workers} workers for ${tasks} tasks each`,
    ignore,
    async fn() {
      // With --max-memory the origin runs none.
      const limits = ["--max-memory=2G", `--max-tasks=${tasks}`];
      await using run = scoop([`-n${workers}`, ...limits, PROGRAM, "nested"]);
      const { code, stdout, stderr } = await run.ended();
      assert.equal(code, 0, stderr);
      assert.deepEqual(lastOf(stdout).sums, [190, 190, 190, 190]);
    },
  });
}

Deno.test({
  name: "limits: a heap that is full is said to be",
  ignore,
  async fn() {
    await using run = deno(["-A", PROGRAM, "heap"]);
    const { code, stdout } = await run.ended();
    assert.equal(code, 0);
    assert.match(stdout, /fillHeap.*was lost \(out of memory: V8's heap is full/);
  },
});

/** The environment of a job of Slurm that ends in so many seconds. */
const jobOf = (seconds: number) => ({
  SLURM_JOB_END_TIME: String(Math.ceil(Date.now() / 1000) + seconds),
});

for (const flags of [["-n3"], ["-n1"], ["-n4", "-b2"]]) {
  Deno.test({
    name: `limits: before the end of a job no more tasks are begun, ${flags.join(" ")}`,
    ignore,
    async fn() {
      const args = [...flags, "--drain", "10", PROGRAM, "settled"];
      await using run = scoop(args, { env: jobOf(18) });
      const { code, stdout, stderr } = await run.ended();
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^scoop: the job ends in 10 s \(--drain\): no more tasks are begun$/m);
      const [first, later] = stdout.trim().split("\n");
      const { done, reasons } = lastOf(first!) as { done: number; reasons: string[] };
      assert.ok(done > 0 && done < 200, `${done} are done`);
      for (const reason of [...reasons, later!]) {
        assert.match(reason, /^CancelledError: .*: the job ends in 10 s \(--drain\)$/);
      }
    },
  });
}

Deno.test({
  name: "limits: a program that is ended so has an exit code of its own",
  ignore,
  async fn() {
    await using run = scoop(["-n2", "--drain=10", PROGRAM, "drained"], { env: jobOf(16) });
    const { code, stderr } = await run.ended();
    assert.equal(code, 75, stderr);
    assert.match(stderr, /CancelledError: .*the job ends in 10 s/);
  },
});

Deno.test({
  name: "limits: SIGUSR1 and SIGUSR2 reach the program, and nobody else",
  ignore,
  async fn() {
    const args = ["-n2", "--allow-run", PROGRAM, "signals"];
    await using run = scoop(args);
    await run.prints(/waits/);
    for (const signal of ["SIGUSR1", "SIGUSR2", "SIGUSR1"] as const) {
      const before = run.stdout().split(`got ${signal}`).length;
      run.kill(signal);
      await run.until(() => run.stdout().split(`got ${signal}`).length > before);
    }
    run.kill("SIGTERM");
    const { code, stdout } = await run.ended();
    assert.equal(code, 143);
    assert.doesNotMatch(stdout, /sleep: SIGUSR/);
    await run.gone();
  },
});

for (
  const [signal, code, to, words] of [
    ["SIGUSR2", 140, "command", "the program was killed (signal SIGUSR2)"],
    ["SIGKILL", 137, "program", "the program was killed (signal SIGKILL): by somebody, or by the"],
    ["SIGABRT", 134, "program", "the program was killed (signal SIGABRT)"],
  ] as const
) {
  Deno.test({
    name: `limits: a program that a ${signal} has ended is told in a line`,
    ignore,
    async fn() {
      await using run = scoop(["-n2", "--allow-run", PROGRAM, "waits"]);
      const [, pid] = await run.prints(/waits (\d+)/);
      if (to === "command") run.kill(signal);
      else Deno.kill(Number(pid), signal);
      const ended = await run.ended();
      assert.equal(ended.code, code);
      assert.ok(ended.stderr.startsWith(`scoop: ${words}`), ended.stderr);
      assert.equal(ended.stderr.trim().split("\n").length, 1);
      await run.gone();
    },
  });
}
