/** `submit`: what a call may be, and when its task runs. */

import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { Future, join, map, scoop, submit } from "./api.ts";
import {
  declareChecks,
  everybody,
  fail,
  mark,
  marks,
  range,
  rejects,
  runChecks,
  sleep,
  spin,
  withFolder,
} from "./checks.ts";

export function add(a: number, b: number): number {
  return a + b;
}

export function nothing(): void {}

export function countArguments(...args: unknown[]): number {
  return args.length;
}

/** Returns a future, which is awaited like a promise. */
export function passOn(x: number): Future<number> {
  return submit(add, x, 1);
}

const storage = new AsyncLocalStorage<unknown>();

/** Whether the storage was empty; it is not any more. */
export function leave(value: unknown): boolean {
  const empty = storage.getStore() === undefined;
  storage.enterWith(value);
  return empty && storage.getStore() === value;
}

export async function leaveLater(value: unknown): Promise<boolean> {
  const empty = leave(value);
  await sleep(1);
  return empty && storage.getStore() === value;
}

/** The same around a task of its own. */
export async function leaveAround(value: unknown): Promise<boolean> {
  const empty = leave(value);
  const inner = await submit(leave, "inner");
  return empty && inner && storage.getStore() === value;
}

export async function nested(depth: number): Promise<number> {
  return depth === 0 ? 0 : 1 + await submit(nested, depth - 1);
}

export async function tree(depth: number): Promise<number> {
  if (depth === 0) return 1;
  const branches = range(4).map(() => submit(tree, depth - 1));
  let leaves = 0;
  for (const branch of branches) leaves += await branch;
  return leaves;
}

/** Spawns tasks that nobody waits for. */
export function spawnMarks(path: string, count: number): void {
  for (let i = 0; i < count; i++) submit(mark, path);
}

let shared: Future<number> | undefined;

/** All tasks of one process wait for one and the same future. */
export async function awaitShared(x: number): Promise<number> {
  shared ??= submit(sleep<number>, 20, 100);
  return x + await shared + await shared;
}

/** Waits for promises that are none of ours while other tasks are under way. */
export async function mixed(x: number): Promise<number> {
  const future = submit(sleep<number>, 5, x);
  await new Promise((resolve) => setTimeout(resolve, 1));
  const [a, b, c] = await Promise.all([future, Promise.resolve(0), submit(add, x, x)]);
  return a + b + c;
}

async function until(condition: () => boolean): Promise<void> {
  // A worker that is alone only gets to other tasks while its program waits for one.
  while (!condition()) await (scoop.size === 1 ? submit(sleep, 2) : sleep(2));
}

declareChecks({
  async "a call gives a future, which gives the value"() {
    const future = submit(add, 1, 2);
    assert.ok(future instanceof Future);
    assert.equal(await future, 3);
    assert.equal(await submit(nothing), undefined);
    assert.equal(await submit(countArguments), 0);
    assert.equal(await submit(countArguments, undefined, undefined), 2);
    assert.equal(await submit(Math.hypot, 3, 4), 5);
  },

  async "promises and futures that a task returns are awaited"() {
    assert.equal(await submit(sleep, 1, "slept"), "slept");
    assert.equal(await submit(passOn, 1), 2);
  },

  async "what is no function is a TypeError at the call"() {
    for (const bad of [undefined, null, "add", {}] as unknown as (() => void)[]) {
      assert.throws(() => submit(bad), TypeError);
    }
    await submit(nothing);
  },

  async "nesting may be deep"() {
    assert.equal(await submit(nested, 200), 200);
  },

  async "nesting may be wide"() {
    assert.equal(await submit(tree, 5), 4 ** 5);
  },

  async "ten thousand calls in one turn"() {
    const futures = range(10_000).map((i) => submit(add, i, i));
    let sum = 0;
    for (const future of futures) sum += await future;
    assert.equal(sum, 10_000 * 9_999);
    assert.equal((await Promise.all(range(10_000).map((i) => submit(add, i, 1)))).at(-1), 10_000);
  },

  "tasks that nobody waits for run all the same": () =>
    withFolder(async (folder) => {
      const path = `${folder}/marks`;
      submit(mark, path);
      await submit(spawnMarks, path, 20);
      await until(() => marks(path) === 21);
    }),

  async "a future may be awaited twice, and by several"() {
    const future = submit(sleep<number>, 5, 7);
    assert.deepEqual(await Promise.all([future, future, future.then((x) => x + 1)]), [7, 7, 8]);
    assert.equal(await future, 7);
    assert.deepEqual(
      await join(range(9).map((x) => submit(awaitShared, x))),
      range(9).map((x) => x + 200),
    );
  },

  async "futures go with all, race, any and allSettled"() {
    const futures = range(3).map((x) => submit(add, x, x));
    assert.deepEqual(await Promise.all(futures), [0, 2, 4]);
    assert.equal(await Promise.race([submit(sleep, 0, "fast"), sleep(500, "slow")]), "fast");
    assert.equal(await Promise.any([submit(fail, "no"), submit(sleep, 1, "yes")]), "yes");
    const settled = await Promise.allSettled([submit(fail, "no"), submit(add, 1, 1)]);
    assert.deepEqual(settled.map((one) => one.status), ["rejected", "fulfilled"]);
    const other = submit(add, 1, 1);
    await rejects(Promise.all([submit(fail, "one"), other]), /one/);
    assert.equal(await other, 2);
  },

  "nothing runs here while the program has the processor": () =>
    withFolder(async (folder) => {
      const path = `${folder}/marks`;
      const future = submit(mark, path);
      spin(20);
      assert.equal(marks(path), 0);
      assert.equal(future.done(), false);
      await future;
      assert.equal(marks(path), 1);
    }),

  "other workers may begin at once": () =>
    withFolder(async (folder) => {
      await everybody();
      const path = `${folder}/marks`;
      for (let i = 0; i < 50; i++) submit(mark, path);
      if (scoop.size > 1) { while (marks(path) === 0) await sleep(2); }
      await until(() => marks(path) === 50);
    }),

  async "the program may wait for something else meanwhile"() {
    const future = submit(add, 1, 2);
    await sleep(10);
    assert.equal(await future, 3);
    assert.deepEqual(
      await join(range(20).map((x) => submit(mixed, x))),
      range(20).map((x) => 3 * x),
    );
    const late = submit(sleep, 50, "late");
    assert.equal(await Promise.race([late, sleep(1, "early")]), "early");
    assert.equal(await submit(add, 1, 1), 2);
    assert.equal(await late, "late");
  },

  async "a storage of the program's own is empty in each task, whatever another left in it"() {
    const empty = range(60).map(() => true);
    await storage.run("the program's", async () => {
      assert.deepEqual(await map(leave, range(60)), empty);
      assert.deepEqual(await map(leaveLater, range(60)), empty);
      assert.deepEqual(await join(range(8).map((i) => submit(leaveAround, i))), empty.slice(0, 8));
      assert.equal(storage.getStore(), "the program's");
    });
    assert.equal(storage.getStore(), undefined);
  },
});

if (import.meta.main) await runChecks();
