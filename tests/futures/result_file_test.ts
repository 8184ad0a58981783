/** The file of results: what is in it after whatever happens to it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ResultFile, ResultFileError } from "../../futures/result_file.ts";
import { decode, encode } from "../../wire/codec.ts";

const CODE = new Uint8Array(32).fill(1);
const OTHER = new Uint8Array(32).fill(2);
const WORK = { key: "", name: "work", code: CODE };

function call(i: number): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, i * 2654435761);
  return bytes;
}

function inFolder(test: (path: string, folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    test(join(folder, "kept"), folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function unexpected(text: string): void {
  throw new Error(`told: ${text}`);
}

/** Opens a file, uses it, and closes it. */
function using<T>(path: string, use: (file: ResultFile) => T): T {
  const file = new ResultFile(path, unexpected);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

const never = () => assert.fail("nothing has changed");

/** The values that are found of these calls. */
function found(file: ResultFile, fn: number, calls: number[]): unknown[] {
  return calls.map((i) => {
    const result = file.lookup(fn, call(i));
    return result && decode(result.body, result.frames);
  });
}

Deno.test("result file: what was kept is found when it is opened again", () =>
  inFolder((path) => {
    const large = new Float64Array(20_000).fill(0.5);
    using(path, (file) => {
      const fn = file.functionOf(WORK, never);
      file.keep(fn, call(1), encode({ seen: new Set([1]) }));
      file.keep(fn, call(2), encode([large, large.slice(0, 10_000)]));
      file.keep(fn, call(3), encode(undefined));
    });
    using(path, (file) => {
      const fn = file.functionOf(WORK, never);
      const [set, arrays, nothing] = found(file, fn, [1, 2, 3]);
      assert.deepEqual(set, { seen: new Set([1]) });
      assert.deepEqual(arrays, [large, large.slice(0, 10_000)]);
      assert.equal(nothing, undefined);
      assert.notEqual(file.lookup(fn, call(3)), undefined);
      assert.equal(file.lookup(fn, call(4)), undefined);
    });
  }));

Deno.test("result file: other code has other results, and that is told once", () =>
  inFolder((path) => {
    const keep = (file: ResultFile, code: Uint8Array, name = "work", key = "") => {
      const told: number[] = [];
      const fn = file.functionOf({ key, name, code }, (results) => told.push(results));
      assert.deepEqual(found(file, fn, [1]), [undefined]);
      file.keep(fn, call(1), encode(1));
      return told;
    };
    using(path, (file) => {
      assert.deepEqual(keep(file, CODE), []);
      // Both are functions of one program.
      file.flush();
      assert.deepEqual(keep(file, OTHER), []);
    });
    const third = new Uint8Array(32).fill(3);
    using(path, (file) => assert.deepEqual(keep(file, third), [2]));
    using(path, (file) => {
      const fn = file.functionOf({ ...WORK, code: third }, never);
      assert.deepEqual(found(file, fn, [1]), [1]);
      assert.deepEqual(keep(file, new Uint8Array(32).fill(4), "else"), []);
      assert.deepEqual(keep(file, CODE, "work", "key"), []);
    });
    // What has a key is known by that, whatever the function is called.
    using(path, (file) => assert.deepEqual(keep(file, OTHER, "renamed", "key"), [1]));
  }));

Deno.test("result file: what it holds, and what is forgotten of it", () =>
  inFolder((path) => {
    using(path, (file) => {
      const fn = file.functionOf(WORK, never);
      const keyed = file.functionOf({ ...WORK, key: "night" }, never);
      for (let i = 0; i < 3; i++) file.keep(fn, call(i), encode(i));
      file.keep(keyed, call(0), encode("text"));
    });
    using(path, (file) => {
      const listed = file.list().map(({ key, name, results, outdated }) =>
        [key, name, results, outdated].join()
      );
      assert.deepEqual(listed, [",work,3,false", "night,work,1,false"]);
      assert.equal(file.forget("no"), 0);
      assert.equal(file.forget("work"), 3);
      assert.deepEqual(file.list().map(({ key }) => key), ["night"]);
      assert.equal(file.forget(), 1);
      assert.deepEqual(file.list(), []);
    });
  }));

Deno.test("result file: cut off at any byte of its log, it has the first results and no wrong one", () =>
  inFolder((path, folder) => {
    const file = new ResultFile(path, unexpected);
    const fn = file.functionOf(WORK, never);
    const count = 30;
    for (let i = 0; i < count; i++) {
      file.keep(fn, call(i), encode({ number: i, text: "x".repeat(i * 20) }));
      file.flush();
    }
    // As a kill leaves it: nothing is closed.
    const whole = Deno.readFileSync(path);
    const log = Deno.readFileSync(`${path}-wal`);
    const lengths = new Set([0, 1, 31, 32, 33, log.length - 1, log.length]);
    for (let at = 40; at < log.length; at += 2_477) lengths.add(at);
    let most = 0;
    for (const length of [...lengths].sort((a, b) => a - b)) {
      const copy = join(folder, `copy-${length}`);
      Deno.writeFileSync(copy, whole);
      Deno.writeFileSync(`${copy}-wal`, log.subarray(0, length));
      using(copy, (file) => {
        const fn = file.functionOf(WORK, never);
        const values = found(file, fn, Array.from({ length: count }, (_, i) => i));
        const first = values.findIndex((value) => value === undefined);
        const there = first < 0 ? count : first;
        for (const [i, value] of values.entries()) {
          const expected = i < there ? { number: i, text: "x".repeat(i * 20) } : undefined;
          assert.deepEqual(value, expected, `cut at ${length}`);
        }
        assert.ok(there >= most, `cut at ${length}: ${there} results`);
        most = Math.max(most, there);
      });
    }
    assert.equal(most, count);
    file.close();
  }));

Deno.test("result file: another's is refused and not changed, and so is a damaged one", () =>
  inFolder((path) => {
    const refused = (bytes: Uint8Array, message: RegExp) => {
      Deno.writeFileSync(path, bytes);
      assert.throws(
        () => new ResultFile(path, unexpected),
        (error: Error) => error instanceof ResultFileError && message.test(error.message),
      );
      assert.deepEqual(Deno.readFileSync(path), bytes);
    };
    refused(new TextEncoder().encode("no database".repeat(100)), /is no file of results: name/);
    Deno.removeSync(path);
    using(path, (file) => {
      const fn = file.functionOf(WORK, never);
      for (let i = 0; i < 500; i++) file.keep(fn, call(i), encode("x".repeat(100)));
    });
    const good = Deno.readFileSync(path);
    refused(good.slice(0, good.length >> 1), /is damaged: remove it/);
    const scratched = good.slice().fill(0x55, 8192, 40_000);
    refused(scratched, /is damaged: remove it/);
    const foreign = good.slice();
    // The header's application id, and the number of the format.
    new DataView(foreign.buffer).setUint32(68, 1);
    refused(foreign, /is no file of results/);
    const newer = good.slice();
    new DataView(newer.buffer).setUint32(60, 99);
    refused(newer, /was written by a newer version/);
    // An empty file is as good as none.
    Deno.writeFileSync(path, new Uint8Array());
    using(path, (file) => assert.deepEqual(file.list(), []));
  }));

Deno.test("result file: two that write to one wait for each other", () =>
  inFolder((path) => {
    using(path, (one) =>
      using(path, (other) => {
        for (const [i, file] of [one, other, one, other].entries()) {
          file.keep(file.functionOf(WORK, never), call(i), encode(i));
          file.flush();
        }
      }));
    using(path, (file) => {
      assert.deepEqual(found(file, file.functionOf(WORK, never), [0, 1, 2, 3]), [0, 1, 2, 3]);
    });
  }));

Deno.test("result file: what is forgotten while a run uses it is not taken for another function's", () =>
  inFolder((path) => {
    const other = { ...WORK, name: "other", code: OTHER };
    using(path, (running) => {
      const fn = running.functionOf(WORK, never);
      running.keep(fn, call(1), encode("work 1"));
      running.flush();
      using(path, (file) => assert.equal(file.forget("work"), 1));
      running.keep(fn, call(2), encode("work 2"));
      running.flush();
    });
    using(path, (file) => {
      assert.deepEqual(found(file, file.functionOf(other, never), [1, 2]), [undefined, undefined]);
      assert.deepEqual(found(file, file.functionOf(WORK, never), [1, 2]), [undefined, "work 2"]);
    });
  }));

Deno.test("result file: one that another process holds for a while is written later, and read", () =>
  inFolder((path) => {
    using(path, (file) => {
      file.keep(file.functionOf(WORK, never), call(1), encode(1));
    });
    using(path, (file) => {
      const holder = new DatabaseSync(path);
      holder.exec("BEGIN IMMEDIATE");
      const fn = file.functionOf(WORK, never);
      const other = file.functionOf({ ...WORK, name: "other", code: OTHER }, never);
      assert.deepEqual(found(file, fn, [1]), [1], "it can be read meanwhile");
      file.keep(fn, call(2), encode(2));
      file.keep(other, call(2), encode("other"));
      file.flush();
      holder.exec("COMMIT");
      holder.close();
    });
    using(path, (file) => {
      assert.deepEqual(found(file, file.functionOf(WORK, never), [1, 2]), [1, 2]);
      const other = file.functionOf({ ...WORK, name: "other", code: OTHER }, never);
      assert.deepEqual(found(file, other, [1, 2]), [undefined, "other"]);
    });
  }));

Deno.test("result file: nothing happens to one that was closed", () =>
  inFolder((path) => {
    const file = new ResultFile(path, unexpected);
    const fn = file.functionOf(WORK, never);
    file.close();
    file.keep(fn, call(1), encode(1));
    file.flush();
    assert.equal(file.lookup(fn, call(1)), undefined);
    file.close();
  }));
