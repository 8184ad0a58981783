/** `withOptions`. */

import assert from "node:assert/strict";
import {
  CancelledError,
  join,
  map,
  scoop,
  submit,
  TimeoutError,
  withOptions,
  WorkerLostError,
} from "./api.ts";
import type { SpawnOptions } from "./api.ts";
import {
  declareChecks,
  everybody,
  except,
  lastMarks,
  mark,
  marks,
  markSlowly,
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

/** Appends a letter to a file. */
export function note(letter: string, path: string): void {
  Deno.writeTextFileSync(path, letter, { append: true });
}

/** Ends its process, as often as there is no mark more than `times`. */
export function dieSometimes(times: number, path: string): number {
  mark(path);
  if (marks(path) <= times) Deno.exit(3);
  return marks(path);
}

function options(given: Record<string, unknown>): SpawnOptions {
  return given as SpawnOptions;
}

declareChecks({
  async "every call is there with options"() {
    const { submit, map, mapAsCompleted, mapReduce, mapScan } = withOptions({
      timeout: 60_000,
      retries: 1,
      signal: new AbortController().signal,
      chunkSize: 3,
      priority: -1.5,
    });
    assert.equal(await submit(add, 1, 2), 3);
    assert.deepEqual(await map(add, range(10), range(10)), range(10).map((x) => 2 * x));
    const all = await Array.fromAsync(mapAsCompleted(add, range(10), range(10)));
    assert.deepEqual(new Set(all), new Set(range(10).map((x) => 2 * x)));
    assert.equal(await mapReduce(Math.sqrt, add, [1, 4, 9, 16]), 10);
    assert.deepEqual(await mapScan(Math.sqrt, add, [1, 4, 9, 16]), [1, 3, 6, 10]);
    assert.equal(await withOptions({}).submit(add, 1, 2), 3);
    assert.equal(await withOptions({ timeout: Infinity, retries: undefined }).submit(add, 1, 2), 3);
  },

  "a wrong option is a TypeError that names it"() {
    const wrong: Record<string, unknown[]> = {
      timeout: [0, -1, NaN, "5", null],
      retries: [-1, 1.5, NaN, Infinity, "1"],
      chunkSize: [0, -1, 1.5, Infinity, "3"],
      readAhead: [0, -1, 1.5, Infinity, "3"],
      priority: [NaN, Infinity, "high", null],
      signal: [{}, null, "stop"],
    };
    for (const [name, values] of Object.entries(wrong)) {
      for (const value of values) {
        const expected = { name: "TypeError", message: new RegExp(`^${name} must be `) };
        assert.throws(() => withOptions(options({ [name]: value })), expected);
      }
    }
    const unknown = { name: "TypeError", message: /"chunksize".*chunkSize/ };
    assert.throws(() => withOptions(options({ chunksize: 3 })), unknown);
    for (const bad of [null, undefined, 5] as unknown as SpawnOptions[]) {
      assert.throws(() => withOptions(bad), { name: "TypeError", message: /options/ });
    }
  },

  "a signal cancels what has not begun": () =>
    withFolder(async (folder) => {
      const stop = new AbortController();
      const stoppable = withOptions({ signal: stop.signal });
      const done = stoppable.submit(add, 1, 2);
      assert.equal(await done, 3);
      const futures = range(5).map(() => stoppable.submit(mark, `${folder}/a`));
      const reason = new Error("enough");
      stop.abort(reason);
      for (const future of futures) {
        assert.ok(future.cancelled());
        await rejects(future, (error) => {
          assert.ok(error instanceof CancelledError);
          assert.equal(error.cause, reason);
          return true;
        });
      }
      const late = stoppable.submit(mark, `${folder}/a`);
      assert.ok(late.cancelled());
      await rejects(late, CancelledError);
      await rejects(stoppable.map(mark, [`${folder}/a`]), CancelledError);
      await rejects(stoppable.mapReduce(Math.sqrt, add, [1, 4, 9]), CancelledError);
      assert.equal(await done, 3);
      await join(range(4 * scoop.size).map(() => submit(sleep, 5)));
      assert.equal(marks(`${folder}/a`), 0);
    }),

  "a signal ends a map": () =>
    withFolder(async (folder) => {
      let closed = 0;
      function* endless() {
        try {
          for (;;) yield `${folder}/a`;
        } finally {
          closed++;
        }
      }
      const stop = new AbortController();
      const results = withOptions({ signal: stop.signal }).mapAsCompleted(markSlowly, endless());
      await results.next();
      const waiting = range(3).map(() => withOptions({ signal: stop.signal }).map(sleep, [300]));
      const first = waiting[0]!.next();
      stop.abort(new URIError("enough"));
      await rejects(results.next(), (error) => {
        assert.ok(error instanceof CancelledError);
        assert.ok(error.cause instanceof URIError);
        return true;
      });
      assert.equal((await results.next()).done, true);
      assert.equal(closed, 1);
      await rejects(first, CancelledError);
      await rejects(waiting[1]!, CancelledError);
      await rejects(waiting[2]!.next(), CancelledError);
      const begun = await lastMarks(`${folder}/a`);
      assert.ok(begun < 8 * 4096, `${begun} tasks ran`);
    }),

  "a higher priority goes first, and equal ones in order": except(
    { several: "which of several workers comes first is chance" },
    () =>
      withFolder(async (folder) => {
        const path = `${folder}/letters`;
        const [low, high] = [withOptions({ priority: -1 }), withOptions({ priority: 1 })];
        const futures = [
          submit(note, "d", path),
          high.submit(note, "a", path),
          low.submit(note, "h", path),
          submit(note, "e", path),
          high.submit(note, "b", path),
          low.submit(note, "i", path),
          submit(note, "f", path),
          submit(note, "g", path),
          high.submit(note, "c", path),
        ];
        const last = low.map(note, ["j", "k"], [path, path]);
        await low.submit(note, "l", path);
        await join(futures);
        await last;
        assert.equal(Deno.readTextFileSync(path), "abcdefghijkl");
      }),
  ),

  async "a task that waits longer than its timeout fails"() {
    const { submit, map } = withOptions({ timeout: 50 });
    const future = submit(sleep, 500);
    await rejects(future, (error) => {
      assert.ok(error instanceof TimeoutError);
      assert.match(error.message, /^sleep ran longer than its timeout of 50 ms/);
      return true;
    });
    const results = map(sleep, [1, 400, 1], range(3));
    assert.equal((await results.next()).value, 0);
    await rejects(results.next(), TimeoutError);
    assert.equal((await results.next()).value, 2);
    assert.equal(await submit(add, 1, 2), 3);
  },

  async "a task that works longer than its timeout fails when it is done"() {
    await rejects(withOptions({ timeout: 20 }).submit(spin, 100), TimeoutError);
    await rejects(withOptions({ timeout: 20 }).map(spin, [0, 100]), TimeoutError);
    assert.equal(await withOptions({ timeout: 20_000 }).submit(spin, 5, "x"), "x");
  },

  "a task whose worker was lost is tried again, as often as it may": except(
    { task: "the worker that is lost may be the one of this very check" },
    () =>
      withFolder(async (folder) => {
        if (!scoop.isRunning) return;
        await everybody();
        const path = (name: string) => `${folder}/${name}`;
        const [again, thrice, never] = [
          submit(dieSometimes, 1, path("a")),
          // More than it needs: it may be lost with another one.
          withOptions({ retries: 5 }).map(dieSometimes, [3], [path("b")]),
          withOptions({ retries: 0 }).submit(dieSometimes, 9, path("c")),
        ];
        assert.equal(await again, 2);
        assert.deepEqual(await thrice, [4]);
        await rejects(never, (error) => {
          assert.ok(error instanceof WorkerLostError);
          // The word that it has begun may be lost with the worker, which ends at once.
          const how = /dieSometimes, \S+, was lost \(exit code 3\).*(tried once|may have begun)/;
          assert.match(error.message, how);
          return true;
        });
        assert.equal(marks(path("c")), 1);
        assert.deepEqual(await map(add, [1], [2]), [3]);
      }),
  ),
});

if (import.meta.main) await runChecks();
