/** What a turn has spawned and is not done is counted, and the count comes back to 0. */

import assert from "node:assert/strict";
import { ProcessEnd } from "../../futures/process_end.ts";
import { FunctionHandle } from "../../futures/function_handle.ts";
import { map, mapAsCompleted } from "../../futures/map.ts";
import { unreadMaps, unseenFailures } from "../../futures/outcome.ts";
import { mapReduce } from "../../futures/reduce.ts";
import { provideRuntime, runtime } from "../../futures/runtime.ts";
import { SpawnedTask } from "../../futures/spawned_task.ts";
import { submit } from "../../futures/submit.ts";
import { withOptions } from "../../futures/with_options.ts";
import { DEFAULT_OPTIONS } from "../../futures/work.ts";
import { WorkerRuntime } from "../../worker/runtime.ts";
import { until } from "./fakes.ts";

provideRuntime(() => new WorkerRuntime(undefined, { prepare: () => undefined }));
const program = () => runtime().program!;
const fails = () => {
  throw new RangeError("no");
};
const failsWith = (_: number) => {
  throw new RangeError("no");
};
const never = () => new Promise<void>(() => {});

/** Begins something that is to leave nothing open; `open` while it is under way. */
async function leavesNothing(open: number, begin: () => Promise<unknown> | void): Promise<void> {
  assert.equal(program().open, 0, "before");
  const end = begin();
  assert.equal(program().open, open, "while it is under way");
  await end;
  // Who reads a map to its end is told of a failure before the rest has come.
  await until(() => program().open === 0);
  unseenFailures();
  unreadMaps();
}

Deno.test("open: a task, however it ends", async () => {
  await leavesNothing(1, async () => assert.equal(await submit(Math.sqrt, 4), 2));
  await leavesNothing(1, () => assert.rejects(Promise.resolve(submit(fails)), RangeError));
  await leavesNothing(2, () => Promise.all([submit(Math.sqrt, 4), submit(Math.sqrt, 9)]));
  await leavesNothing(0, () => {
    const future = submit(Math.sqrt, 4);
    assert.deepEqual([future.cancel(), future.cancel()], [true, true]);
  });
  await leavesNothing(0, () => {
    withOptions({ signal: AbortSignal.abort() }).submit(Math.sqrt, 4);
  });
  await leavesNothing(1, () => {
    const controller = new AbortController();
    const future = withOptions({ signal: controller.signal }).submit(Math.sqrt, 4);
    queueMicrotask(() => controller.abort());
    return assert.rejects(Promise.resolve(future), { name: "CancelledError" });
  });
  await leavesNothing(1, () => {
    const future = withOptions({ timeout: 1 }).submit(never);
    return assert.rejects(Promise.resolve(future), { name: "TimeoutError" });
  });
  await leavesNothing(0, () => {
    assert.throws(() => submit(String, () => 1), { name: "SerializationError" });
  });
});

Deno.test("open: a task that is lost, again and again, and told of twice", async () => {
  await leavesNothing(1, () => {
    const handle = new FunctionHandle({ kind: "builtin", name: "Math.sqrt" }, () => {
      throw new ProcessEnd("exit code 1");
    });
    const task = new SpawnedTask(handle, [4], DEFAULT_OPTIONS, program());
    runtime().offer(task, program());
    return assert.rejects(
      waits(() => task.outcome.promise()),
      { name: "WorkerLostError" },
    ).then(() => task.arrived(0, 5));
  });
});

/** Waits as a program that awaits a future does. */
async function waits<T>(promise: () => Promise<T>): Promise<T> {
  const { executor } = runtime();
  executor.block(program());
  try {
    return await promise();
  } finally {
    executor.unblock(program());
  }
}

Deno.test("open: a map, however it ends", async () => {
  const numbers = [1, 4, 9];
  await leavesNothing(1, async () => assert.deepEqual(await map(Math.sqrt, numbers), [1, 2, 3]));
  await leavesNothing(1, async () => {
    for await (const _ of mapAsCompleted(Math.sqrt, numbers));
  });
  await leavesNothing(1, async () => {
    for await (const _ of map(Math.sqrt, numbers)) break;
  });
  await leavesNothing(1, () => assert.rejects(map(failsWith, numbers).then(), RangeError));
  await leavesNothing(1, async () => assert.deepEqual(await map(Math.sqrt, []), []));
  await leavesNothing(1, () => {
    function* input() {
      yield 1;
      throw new SyntaxError("no more");
    }
    return assert.rejects(map(Math.sqrt, input()).then(), SyntaxError);
  });
  await leavesNothing(1, async () => {
    const results = map(Math.sqrt, numbers);
    await results.next();
    await results.return();
    await results.return();
  });
  await leavesNothing(0, () => {
    withOptions({ signal: AbortSignal.abort() }).map(Math.sqrt, numbers);
  });
  await leavesNothing(1, () => {
    const controller = new AbortController();
    const results = withOptions({ signal: controller.signal }).map(Math.sqrt, numbers);
    queueMicrotask(() => controller.abort());
    return assert.rejects(results.then(), { name: "CancelledError" });
  });
});

Deno.test("open: what is nested, and what other functions are made of", async () => {
  await leavesNothing(1, async () => {
    const sum = await mapReduce(Math.sqrt, (a: number, b: number) => a + b, [1, 4, 9]);
    assert.equal(sum, 6);
  });
});

Deno.test("open: a map that nobody has read is open, and told of", async () => {
  const results = map(Math.sqrt, [1]);
  map(Math.abs, [1]);
  const [one, two] = [map(Math.abs, [1]), mapAsCompleted(Math.sign, [1])];
  assert.equal(program().open, 4);
  assert.deepEqual(unreadMaps(), [
    "nobody awaited map(Math.sqrt), map(Math.abs) (2 times), map(Math.sign): such tasks may never " +
    "have run; await them, or read them with for await",
  ]);
  assert.deepEqual(unreadMaps(), [], "it is told once");
  await results.return();
  await one.return();
  await two.return?.();
  assert.equal(program().open, 1);
  program().open = 0;
});

Deno.test("open: a map that somebody has read, in whatever way, is not told of", async () => {
  await map(Math.sqrt, [1]);
  await map(Math.sqrt, [1]).finally();
  const results = map(Math.sqrt, [1]);
  await results.next();
  await results.next();
  await results.return();
  for await (const _ of mapAsCompleted(Math.sqrt, [1]));
  await map(Math.sqrt, [1]).return();
  await mapReduce(Math.sqrt, Math.max, [1, 2]);
  assert.deepEqual(unreadMaps(), []);
  const left = map(Math.sqrt, [1]);
  assert.equal(
    unreadMaps()[0],
    "nobody awaited map(Math.sqrt): such tasks may never have run; await it, or read it with " +
      "for await",
  );
  await left.return();
  assert.deepEqual(unreadMaps(), []);
});
