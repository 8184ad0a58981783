/** Stacks begin where the user called or awaits, and errors of tasks say which task it was. */

import assert from "node:assert/strict";
import { addOwnersPart, errorForCaller } from "../../futures/errors.ts";
import { CancelledError, SerializationError, TimeoutError } from "../../wire/errors.ts";
import { howEnded, workerLost } from "../../wire/worker_lost.ts";
import { clone } from "../../wire/codec.ts";
import { runAlone, runProgram } from "../launch_program.ts";

const program = new URL("fixtures/places_program.ts", import.meta.url).href;

interface Told {
  message: string;
  stack: string;
  task?: { name: string; index?: number; worker: string; attempts: number };
}

const LATE = ["argument", "unknown", "input", "result", "wait", "timeout", "map timeout"]
  .concat(["for await", "as completed", "futures", "join", "all", "reduce", "constant"])
  .concat(["cancelled", "aborted", "lost"]);

async function told(run: ReturnType<typeof runAlone>): Promise<Record<string, Told>> {
  const { code, stdout, stderr } = await run;
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

function checkPlaces(results: Record<string, Told>): void {
  for (const [how, { message, stack }] of Object.entries(results)) {
    const [head, first = "", ...rest] = stack.split("\n");
    assert.match(head!, /^\w+Error: /, how);
    assert.ok(head!.endsWith(message), how);
    const line = how === "all" ? rest[0]! : first;
    assert.match(line, /^ {4}at (?:async )?user \(.*\/places_program\.ts:\d+:\d+\)$/, how);
    assert.doesNotMatch(stack, /\/(?:futures|wire|worker|broker)\/\w+\.ts/, how);
  }
}

Deno.test("places: each of our errors begins with the user's line, alone", async () => {
  const results = await told(runAlone(program, { args: LATE.filter((how) => how !== "lost") }));
  assert.equal(Object.keys(results).length, LATE.length - 1);
  checkPlaces(results);
  assert.equal(results.futures!.message, "asCompleted() took longer than 10 ms");
});

Deno.test("places: each of our errors begins with the user's line, with workers", async () => {
  const results = await told(runProgram(program, { args: LATE, workers: 3, flags: ["-A"] }));
  assert.equal(Object.keys(results).length, LATE.length);
  checkPlaces(results);
  const { message, stack, task } = results.lost!;
  const worker = task!.worker;
  assert.match(worker, /^(?:worker-[\d.]+|origin)$/);
  assert.equal(
    message,
    `the worker that ran ends, ${worker}, was lost (exit code 3); the task was tried 2 times`,
  );
  assert.deepEqual(task, { name: "ends", index: 1, worker, attempts: 2 });
  assert.ok(stack.endsWith(`\n    in task ends(2) [index 1] on worker ${worker}`), stack);
});

Deno.test("places: all lines are there with SCOOP_DEBUG", async () => {
  const env = { SCOOP_DEBUG: "1" };
  const { argument } = await told(runAlone(program, { args: ["argument"], env }));
  assert.match(argument!.stack, /\/wire\/\w+\.ts:/);
});

Deno.test("task: a user's error says which task it was, and its message is its own", async () => {
  const args = ["thrown", "submitted"];
  const runs = [runAlone(program, { args }), runProgram(program, { args, workers: 2 })];
  for (const { thrown, submitted } of await Promise.all(runs.map(told))) {
    assert.equal(thrown!.message, `no ${"x".repeat(500)}`);
    const { worker } = thrown!.task!;
    assert.deepEqual(thrown!.task, { name: "throws", index: 1, worker, attempts: 1 });
    assert.match(
      thrown!.stack,
      /\n {4}in task throws\(7, \{ text: "x+"\.\.\. \d+ more characters \}\) \[index 1\] on worker \S+$/,
    );
    assert.match(submitted!.stack, /\n {4}in task throws\(7, \{ text: "y" \}\) on worker \S+$/);
    const { worker: other } = submitted!.task!;
    assert.deepEqual(submitted!.task, { name: "throws", worker: other, attempts: 1 });
  }
});

Deno.test("task: what an error has of its own stays, and inputs are shown shortly", () => {
  const own = errorForCaller(Object.assign(new Error("x"), { task: "mine" }), "f", "w") as Error;
  addOwnersPart(own, { label: "f", index: 3, args: () => [1] });
  assert.equal((own as Error & { task: unknown }).task, "mine");
  const error = errorForCaller(new Error("x"), "f", "w", 2) as Error & { task: unknown };
  const travelled = clone(error);
  assert.deepEqual(travelled.task, { name: "f", index: undefined, worker: "w", attempts: 2 });
  assert.ok(!Object.keys(travelled).includes("task"));
  addOwnersPart(travelled, { label: "f", index: 3, args: () => ["y".repeat(1000), [1, 2], "z"] });
  const line = travelled.stack!.split("\n").at(-1)!;
  assert.match(line, /^ {4}in task f\("yyy.*\) \[index 3\] on worker w$/);
  assert.ok(line.length < 140, line);
  assert.deepEqual(travelled.task, { name: "f", index: 3, worker: "w", attempts: 2 });
  const hostile = errorForCaller(new Error("x"), "f", "w") as Error;
  addOwnersPart(hostile, {
    label: "f",
    args: () => {
      throw new Error("cannot be read");
    },
  });
  assert.match(hostile.stack!, /in task f\(…\) on worker w$/);
  addOwnersPart("a text", { label: "f", args: () => [] });
});

Deno.test("lost: names the worker, the task and how it ended", () => {
  assert.equal(
    workerLost("work", 3, "signal SIGKILL", "worker-2").message,
    "the worker that ran work, worker-2, was lost (signal SIGKILL); the task was tried 3 times",
  );
  assert.equal(
    workerLost("work", 1, "it left").message,
    "the worker that ran work was lost (it left); the task was tried once",
  );
  for (const how of ["signal SIGTRAP", "exit code 133"]) {
    assert.match(howEnded(how), /^out of memory/);
  }
  for (const how of ["signal SIGKILL", "exit code 1"]) assert.equal(howEnded(how), how);
});

Deno.test("stacks: a program's own ways with them are left alone", () => {
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 1;
    const error = new SerializationError("x");
    assert.equal(Error.stackTraceLimit, 1);
    assert.equal(error.stack!.split("\n").length, 2);
    Error.stackTraceLimit = 0;
    assert.equal(new TimeoutError("x").stack, "TimeoutError: x");
    // @ts-expect-error: a program may do so
    Error.stackTraceLimit = undefined;
    assert.equal(new TimeoutError("x").message, "x");
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  const error = new CancelledError("x");
  error.stack = "another";
  assert.equal(error.stack, "another");
  assert.deepEqual(Object.keys(error), ["name"]);
});
