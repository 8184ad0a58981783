import assert from "node:assert/strict";
import { canFindProcesses, path, scoop, start } from "./running.ts";
import type { Run } from "./running.ts";

const ignore = !canFindProcesses;
const PROGRAM = path("tests/faults/programs/interrupted.ts");

/** The goal is 2 s; this is against hangs. */
const MOST = 15_000;

async function allLoop(run: Run): Promise<void> {
  await run.until(() => new Set(run.stdout().match(/\S+ loops/g)).size === 3);
}

for (
  const [what, signal, to, code] of [
    ["waits", "SIGINT", "group", 130],
    ["waits", "SIGTERM", "process", 143],
    ["waits", "SIGHUP", "process", 129],
    ["loops", "SIGINT", "process", 130],
    ["loops", "SIGINT", "group", 130],
    ["loops", "SIGTERM", "process", 143],
  ] as const
) {
  Deno.test({
    name: `signals: ${signal} to the ${to === "group" ? "group" : "command"}, the program ${what}`,
    ignore,
    async fn() {
      await using run = scoop(["-n", "3", PROGRAM, what]);
      await (what === "loops" ? allLoop(run) : run.prints(/waits/));
      const sent = performance.now();
      run.kill(signal, to);
      const ended = await run.ended();
      await run.gone();
      assert(performance.now() - sent < MOST);
      assert.deepEqual([ended.code, ended.stderr], [code, ""]);
    },
  });
}

Deno.test({
  name: "signals: Ctrl-C in a terminal ends everything",
  ignore: ignore || !await hasScript(),
  async fn() {
    const command = `'${Deno.execPath()}' run -A '${path("cli.ts")}' -n 3 '${PROGRAM}' loops`;
    await using run = start("script", ["-qec", command, "/dev/null"], { stdin: "open" });
    await allLoop(run);
    await run.type("\x03");
    const { code } = await run.ended();
    await run.gone();
    assert.equal(code, 130);
  },
});

Deno.test({
  name: "signals: a program may clean up, the exit code says what ended it",
  ignore,
  async fn() {
    await using run = scoop(["-n", "3", PROGRAM, "cleans up"]);
    await run.prints(/waits/);
    run.kill("SIGINT", "group");
    const { code, stdout } = await run.ended();
    assert.deepEqual([code, stdout], [130, "waits\ncleaned up\n"]);
    await run.gone();
  },
});

Deno.test({
  name: "signals: a program that ignores one is killed all the same",
  ignore,
  async fn() {
    await using run = scoop(["-n", "3", PROGRAM, "ignores"]);
    await run.prints(/waits/);
    const sent = performance.now();
    run.kill("SIGINT");
    const { code, stdout } = await run.ended();
    assert(performance.now() - sent < MOST);
    assert.deepEqual([code, stdout], [130, "waits\nignored\n"]);
    await run.gone();
  },
});

Deno.test({
  name: "signals: a second one kills at once",
  ignore,
  async fn() {
    await using run = scoop(["-n", "3", PROGRAM, "ignores"]);
    await run.prints(/waits/);
    run.kill("SIGINT");
    await run.prints(/ignored/);
    run.kill("SIGTERM");
    const { code } = await run.ended();
    assert.equal(code, 130);
    await run.gone();
  },
});

Deno.test({
  name: "signals: while the processes are being started",
  ignore,
  async fn() {
    for (const named of ["launcher", "reaper", "origin", "worker-2"]) {
      await using run = scoop(["-n", "6", PROGRAM, "waits"]);
      await run.until(() => run.processes().some(({ name }) => name === named));
      run.kill("SIGINT", "group");
      const { code, signal, stdout, stderr } = await run.ended();
      assert(code === 130 || signal === "SIGINT", `${code} ${signal}`);
      assert.deepEqual([stdout, stderr], ["", ""]);
      await run.gone();
    }
  },
});

async function hasScript(): Promise<boolean> {
  try {
    const args = ["-qec", "exit 3", "/dev/null"];
    return (await new Deno.Command("script", { args, stdin: "null" }).output()).code === 3;
  } catch {
    return false;
  }
}
