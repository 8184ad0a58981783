/** What runs is stopped: by `cancel`, a signal, leaving a loop, a timeout; and what it spawned. */

import assert from "node:assert/strict";
import {
  CancelledError,
  map,
  mapAsCompleted,
  scoop,
  submit,
  TimeoutError,
  withOptions,
} from "./api.ts";
import type { Future } from "./api.ts";
import {
  declareChecks,
  except,
  mark,
  marks,
  range,
  rejects,
  runChecks,
  spin,
  withFolder,
} from "./checks.ts";

/** Marks its beginning, and its end by its signal with another file; it would take for ever. */
export async function untilStopped(folder: string, name: string): Promise<void> {
  const { signal } = scoop;
  mark(`${folder}/begun`);
  await new Promise<void>((_, reject) => {
    const timer = setInterval(() => {}, 1000);
    const stop = () => {
      clearInterval(timer);
      mark(`${folder}/stopped`);
      reject(signal.reason);
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop);
  });
  mark(`${folder}/${name}`);
}

/** Waits for tasks that would take for ever. */
export async function parent(folder: string): Promise<void> {
  await Promise.all([
    submit(untilStopped, folder, "a"),
    map(untilStopped, [folder, folder], ["b", "c"]),
  ]);
}

/** Goes on for 5 s whatever it is told. */
export async function stubborn(file: string): Promise<void> {
  mark(file);
  for (let i = 0; i < 250; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Keeps the processor, and marks its end. */
export function spinning(folder: string): void {
  mark(`${folder}/begun`);
  spin(20_000);
  mark(`${folder}/ended`);
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

async function isCancelled(future: Future<unknown>): Promise<void> {
  await rejects(future, CancelledError);
  assert.ok(future.cancelled() && future.done());
}

declareChecks({
  "what has begun hears of it by its signal": () =>
    withFolder(async (folder) => {
      const future = submit(untilStopped, folder, "late");
      // It may be this very worker that has to begin it.
      await until(() => marks(`${folder}/begun`) === 1);
      assert.equal(future.cancel({ running: true }), true);
      await isCancelled(future);
      await until(() => marks(`${folder}/stopped`) === 1);
      assert.equal(marks(`${folder}/late`), 0);
    }),

  "plain cancel() leaves alone what has begun": () =>
    withFolder(async (folder) => {
      const future = submit(untilStopped, folder, "late");
      await until(() => future.running());
      assert.equal(future.cancel(), false);
      assert.equal(future.done(), false);
      assert.equal(future.cancel({ running: true, grace: 500 }), true);
      await isCancelled(future);
      assert.equal(future.cancel({ running: true }), true);
      await until(() => marks(`${folder}/stopped`) === marks(`${folder}/begun`));
    }),

  "what has not begun never does": () =>
    withFolder(async (folder) => {
      const futures = range(50).map(() => submit(mark, `${folder}/begun`));
      for (const future of futures) future.cancel({ running: true });
      const before = await Promise.all(futures.map((future) => future.cancelled()));
      await Promise.allSettled(futures);
      await map(Math.sqrt, range(100));
      assert.ok(before.filter((is) => !is).length >= marks(`${folder}/begun`) - 50);
      for (const future of futures) assert.ok(future.done());
    }),

  "what it spawned is stopped as well": () =>
    withFolder(async (folder) => {
      const future = submit(parent, folder);
      await until(() => marks(`${folder}/begun`) >= 1);
      future.cancel({ running: true });
      await isCancelled(future);
      // Those that begin before they can hear of it are stopped as well.
      await sleep(500);
      await until(() => marks(`${folder}/stopped`) === marks(`${folder}/begun`));
      const begun = marks(`${folder}/begun`);
      await map(Math.sqrt, range(100));
      await sleep(300);
      assert.equal(marks(`${folder}/begun`), begun, "none begins afterwards");
    }),

  "a signal stops what has begun, and says why": () =>
    withFolder(async (folder) => {
      const controller = new AbortController();
      const { submit, map } = withOptions({ signal: controller.signal });
      const future = submit(untilStopped, folder, "late");
      const results = map(untilStopped, [folder], ["late"]);
      const both = Promise.allSettled([future, results]);
      await until(() => marks(`${folder}/begun`) >= 1);
      const why = new Error("enough");
      controller.abort(why);
      for (const one of await both) {
        assert.ok(one.status === "rejected" && one.reason instanceof CancelledError);
        assert.equal(one.reason.cause, why);
      }
      await until(() => marks(`${folder}/stopped`) === marks(`${folder}/begun`));
    }),

  "leaving a loop stops what has begun": () =>
    withFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/first`, "");
      for await (const _ of mapAsCompleted(firstOrNever, [0, 1], [folder, folder])) break;
      await until(() => marks(`${folder}/stopped`) === marks(`${folder}/begun`));
      await map(Math.sqrt, range(100));
    }),

  "a timeout stops what has begun, and what it spawned": () =>
    withFolder(async (folder) => {
      await rejects(withOptions({ timeout: 300 }).submit(parent, folder), TimeoutError);
      await until(() => marks(`${folder}/stopped`) === marks(`${folder}/begun`));
    }),

  "what does not end costs its worker, and nobody else anything": except(
    {
      plain: "there is no other worker",
      single: "there is no other worker",
      task: "it may run on the worker of this very check, where there is the signal alone",
    },
    () =>
      withFolder(async (folder) => {
        const others = map(spin<number>, Array(40).fill(20), range(40));
        const future = submit(stubborn, `${folder}/begun`);
        // What is on its way to a worker is running as well, and has not begun.
        await until(() => marks(`${folder}/begun`) === 1);
        future.cancel({ running: true, grace: 100 });
        await isCancelled(future);
        assert.deepEqual(await others, range(40));
      }),
  ),

  "what keeps the processor costs its worker": except(
    {
      plain: "there is no other worker",
      single: "there is no other worker",
      task: "it may run on the worker of this very check, which waits for it",
    },
    () =>
      withFolder(async (folder) => {
        const future = submit(spinning, folder);
        // The origin leaves it to others as long as it does not wait for it.
        await until(() => marks(`${folder}/begun`) === 1);
        future.cancel({ running: true, grace: 100 });
        await isCancelled(future);
        assert.deepEqual(await map(Math.sqrt, [1, 4, 9]), [1, 2, 3]);
        assert.equal(marks(`${folder}/ended`), 0);
      }),
  ),

  async "a grace that is no time is refused"() {
    const future = submit(Math.sqrt, 4);
    for (const grace of [-1, NaN, Infinity, "1"] as number[]) {
      assert.throws(() => future.cancel({ running: true, grace }), /grace must be/);
      assert.throws(
        () => future.cancel({ runing: true } as never),
        /cancel\(\): no option is called "runing"; there are running, grace/,
      );
    }
    assert.equal(await future, 2);
  },

  "a signal of the program's own is there, and is not aborted"() {
    assert.equal(scoop.signal.aborted, false);
    assert.equal(scoop.signal, scoop.signal);
  },
});

/** The first ends at once, the others when they are stopped. */
export async function firstOrNever(index: number, folder: string): Promise<number> {
  if (index > 0) await untilStopped(folder, "late");
  return index;
}

if (import.meta.main) await runChecks();
