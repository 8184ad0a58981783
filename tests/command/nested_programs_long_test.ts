/** Programs that a program or its tasks start: they are as they would be without the run. */

import assert from "node:assert/strict";
import { makeRunKeys } from "../../wire/keys.ts";
import { runProgram } from "../launch_program.ts";
import { path } from "../faults/running.ts";
import { NO_PTY } from "./pty.ts";

const PROGRAM = path("tests/command/programs/starts_programs.ts");

/** What the program has printed of its origin and of a worker. */
function check(stdout: string, outside: Readonly<Record<string, string>>): void {
  const [, json] = />>(.*)<</.exec(stdout) ?? [];
  assert.ok(json !== undefined, stdout);
  const both: { worker: string; printed: string[] }[] = JSON.parse(json);
  assert.deepEqual(both.map(({ worker }) => worker), ["origin", "worker-1"]);
  for (const { worker, printed: [alone, command, number, variables] } of both) {
    assert.equal(alone, "[1,4,9] 1\n", worker);
    assert.equal(command, "[1,4,9] 2\n", worker);
    assert.equal(number, "42\n", worker);
    const seen: Record<string, string> = JSON.parse(variables!);
    // What only the shell of a terminal adds, and what --debug may say.
    for (const name of ["SCOOP_DEBUG", "_", "SHLVL", "COLUMNS", "LINES"]) delete seen[name];
    const names = Object.keys(seen).filter((name) => seen[name] !== outside[name]);
    assert.deepEqual(names, [], `${worker}: no variable is another than outside`);
  }
}

Deno.test("programs that are started in a run are no part of it", async () => {
  const keys = (await makeRunKeys()).worker.encode();
  // As somebody has them who started brokers by hand before.
  const env = { NO_COLOR: "1", SCOOP_KEYS: keys, SCOOP_MAX_TASKS: "1000" };
  const { stdout, stderr, code } = await runProgram(PROGRAM, { workers: 2, flags: ["-A"], env });
  assert.deepEqual([code, stderr], [0, ""]);
  const { SCOOP_KEYS: _, SCOOP_MAX_TASKS: __, ...outside } = { ...Deno.env.toObject(), ...env };
  check(stdout, outside);
});

if (NO_PTY !== "") console.log(`left out: a run on a terminal, as ${NO_PTY}`);
Deno.test({
  name: "nor do they print in colours, because the run is on a terminal",
  ignore: NO_PTY !== "",
  async fn() {
    const { NO_COLOR: _, ...outside } = Deno.env.toObject();
    const run = `${Deno.execPath()} run -A ${path("cli.ts")} -n 2 -A ${PROGRAM}`;
    const { stdout } = await new Deno.Command("script", {
      args: ["-qec", run, "/dev/null"],
      env: outside,
      clearEnv: true,
      stdin: "null",
    }).output();
    check(new TextDecoder().decode(stdout), outside);
  },
});
