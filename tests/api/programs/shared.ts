/** `shared`. */

import assert from "node:assert/strict";
import { join, scoop, SerializationError, shared, submit, TimeoutError } from "./api.ts";
import { declareChecks, everybody, range, rejects, runChecks, sleep } from "./checks.ts";

export async function read(name: string, milliseconds = 0): Promise<[string, unknown]> {
  const value = await shared.getConst(name);
  await sleep(milliseconds);
  return [scoop.workerName, value];
}

export async function set(name: string, value: unknown): Promise<void> {
  await shared.setConst({ [name]: value });
}

export function add(a: number, b: number): number {
  return a + b;
}

/** Whether two readers of this worker get the same value. */
export async function readTwice(name: string): Promise<boolean> {
  return await shared.getConst(name) === await shared.getConst(name);
}

declareChecks({
  async "what is set on one worker can be read on all"() {
    const everyone = await everybody();
    const value = { rate: 0.25, since: new Date(0), names: new Set(["a"]), none: undefined };
    await shared.setConst({ value, other: 1 });
    const readers = new Set<string>();
    while (readers.size < everyone.size) {
      for (const [name, read_] of await join(range(8).map(() => submit(read, "value", 5)))) {
        readers.add(name);
        assert.deepEqual(read_, value);
      }
    }
    assert.equal(await shared.getConst("other"), 1);
    assert.deepEqual(await shared.getConst("value"), value);
    await shared.setConst({});
  },

  async "a task may set one"() {
    await submit(set, "from a task", [1, 2]);
    assert.deepEqual(await shared.getConst("from a task"), [1, 2]);
    assert.deepEqual((await submit(read, "from a task"))[1], [1, 2]);
  },

  async "undefined is a value, and so are empty and strange names"() {
    await shared.setConst({ "": undefined, "__proto__x": 0, "ü ": null });
    assert.equal(await shared.getConst(""), undefined);
    assert.equal(await shared.getConst("__proto__x"), 0);
    assert.equal(await shared.getConst("ü "), null);
  },

  async "a reader waits until it is set"() {
    const readers = range(4 * scoop.size).map(() => submit(read, "late"));
    const own = [shared.getConst("late"), shared.getConst("late", { timeout: 60_000 })];
    await Promise.race([submit(sleep, 50), ...readers]);
    assert.ok(readers.every((reader) => !reader.done()));
    await shared.setConst({ late: "at last" });
    for (const [, value] of await join(readers)) assert.equal(value, "at last");
    assert.deepEqual(await Promise.all(own), ["at last", "at last"]);
  },

  async "a reader that waits gives its place to whoever sets it"() {
    const reader = submit(read, "soon");
    const setter = submit(set, "soon", 1);
    assert.equal((await reader)[1], 1);
    await setter;
  },

  async "what nobody sets is a TimeoutError that names it"() {
    await rejects(shared.getConst("nobody's", { timeout: 20 }), (error) => {
      assert.ok(error instanceof TimeoutError);
      assert.match(error.message, /"nobody's" within 20 ms/);
      return true;
    });
    await rejects(shared.getConst("nobody's", { timeout: 0 }), TimeoutError);
    await rejects(shared.getConst("nobody's", { timeout: -1 }), /timeout must be/);
    for (const wrong of [5, null, [1, 2], "name"]) {
      await rejects(shared.setConst(wrong as never), /setConst\(\) takes names with their values/);
    }
    await shared.setConst({ "nobody's": 1 });
    assert.equal(await shared.getConst("nobody's", { timeout: 0 }), 1);
  },

  async "what is set stays as it is"() {
    await shared.setConst({ fixed: 1 });
    await rejects(shared.setConst({ fixed: 2 }), { message: /"fixed" is set already/ });
    await rejects(shared.setConst({ fixed: 1 }), { message: /"fixed" is set already/ });
    await rejects(submit(set, "fixed", 3), { message: /"fixed" is set already/ });
    await rejects(shared.setConst({ fixed: 4 }), { message: /"fixed" is set already/ });
    assert.equal(await shared.getConst("fixed"), 1);
  },

  async "of several that set one, one succeeds"() {
    const reader = shared.getConst("contested");
    const setters = range(6).map((i) => submit(set, "contested", i));
    const own = shared.setConst({ contested: 6 });
    const outcomes = await Promise.allSettled([...setters, own]);
    const good = outcomes.flatMap(({ status }, i) => status === "fulfilled" ? [i] : []);
    assert.equal(good.length, 1);
    assert.equal(await shared.getConst("contested"), good[0]);
    assert.equal(await reader, good[0]);
  },

  async "several are set all or none"() {
    await shared.setConst({ whole: 1 });
    const taken = { message: /"whole" is set already/ };
    await rejects(shared.setConst({ before: 1, whole: 2, behind: 3 }), taken);
    for (const name of ["before", "behind"]) {
      await rejects(shared.getConst(name, { timeout: 20 }), TimeoutError);
    }
    await shared.setConst({ before: 4, behind: 5 });
    assert.equal((await submit(read, "before"))[1], 4);
    assert.equal(await shared.getConst("behind"), 5);
    assert.equal(await shared.getConst("whole"), 1);
  },

  async "the tasks of a worker share a value"() {
    const list = [1, [2]];
    await shared.setConst({ list });
    list.push(3);
    assert.ok(await submit(readTwice, "list"));
    const own = await shared.getConst("list");
    assert.deepEqual(own, [1, [2]]);
    assert.equal(await shared.getConst("list"), own);
    const together = [shared.getConst("list"), shared.getConst("list")];
    assert.deepEqual(await Promise.all(together), [own, own]);
  },

  async "what cannot travel is a SerializationError that names it"() {
    await rejects(shared.setConst({ good: 1, table: { f: () => 1 } }), (error) => {
      assert.ok(error instanceof SerializationError);
      assert.match(error.message, /table\.f: it is a function/);
      return true;
    });
    await shared.setConst({ good: 2 });
    assert.equal(await shared.getConst("good"), 2);
  },
});

if (import.meta.main) await runChecks();
