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
    'the flags of an Executor are options of the command, and "prog.ts" is none',
    'the flags of an Executor are options of the command, and "--" is none',
    "--max-tasks needs a value: --max-tasks <N>",
    'TypeError: flags must be an array of texts, such as ["--max-tasks", "100"]',
    'TypeError: flags must be an array of texts, such as ["--max-tasks", "100"]',
    "CancelledError true",
    "CancelledError CancelledError CancelledError",
  ]);
});

const path = (name: string) => fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url));

Deno.test("executor: maps, reductions, waiting, sharing, and where none can be made", async () => {
  const { code, stdout, stderr } = await runAlone(path("executor_calls"));
  assert.deepEqual([stderr.replace(/^.*running in this process only.*\n/, ""), stdout, code], [
    "",
    "ok\n",
    0,
  ]);
});

for (
  const [how, text, words] of [
    ["throws", /worker-\d cannot import the program: TypeError: no settings; .*/, / {4}at .*/],
    [
      "ends",
      /worker-\d\.3 ended while it imported the program \(exit code 3\), .*/,
      /a setting .*/,
    ],
    ["needs", /worker-\d cannot import the program: NotCapable: .*--allow-env.*/, / {4}at .*/],
  ] as const
) {
  Deno.test(`executor: a worker's import that ${how} is told, by all there is`, async () => {
    const { code, stdout, stderr } = await runAlone(path("executor_import"), { args: [how] });
    assert.equal(stderr, "");
    const head = "WorkerLostError: the Executor's workers cannot run tasks: ";
    const all = `^${head}${text.source}It wrote:\n${words.source}\nevery task\n$`;
    assert.match(stdout, new RegExp(all));
    assert.equal(code, 0);
  });
}

for (
  const [how, printed] of [
    ["forgotten", "ends\n"],
    ["awaited", "a result\nends\n"],
    ["ref", "still here\nends\n"],
    ["unref", "ends\n"],
    ["served", "ends\n"],
  ] as const
) {
  Deno.test(`executor: one that is never shut down, ${how}, and the end of its program`, async () => {
    const options = { args: [how], timeout: 30_000 };
    const { code, stdout } = await runAlone(path("executor_alive"), options);
    assert.deepEqual([stdout, code], [printed, 0]);
  });
}
