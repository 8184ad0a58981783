import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runAlone } from "../launch_program.ts";

const program = fileURLToPath(new URL("./programs/executor_edges.ts", import.meta.url));

Deno.test("executor: arguments are passed on, maps are cancelled, flags for others are refused", async () => {
  const { code, stdout, stderr } = await runAlone(program, { args: ["a", "b c"] });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(stdout.trimEnd().split("\n"), [
    "a b c",
    "CancelledError CancelledError",
    "an Executor does not take --hosts: its workers are on this host",
    "an Executor does not take -n: say { workers: N }",
    "an Executor does not take --brokers: it has one",
    "an Executor does not take --tunnel: its workers are on this host",
  ]);
});
