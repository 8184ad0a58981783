import assert from "node:assert/strict";
import { inputsOf } from "../../futures/inputs.ts";
import type { Inputs } from "../../futures/inputs.ts";
import { turnOfLoop } from "./fakes.ts";

/** An iterator that knows whether it was told to stop. */
function watched(limit: number, fail?: number) {
  const state = { pulled: 0, returned: 0 };
  const iterable: Iterable<number> = {
    [Symbol.iterator]: () => ({
      next() {
        if (state.pulled === fail) throw new Error("no more");
        if (state.pulled === limit) return { value: undefined, done: true };
        return { value: state.pulled++, done: false };
      },
      return() {
        state.returned++;
        return { value: undefined, done: true };
      },
    }),
  };
  return { state, iterable };
}

async function* slowly<T>(values: Iterable<T>): AsyncGenerator<T> {
  for (const value of values) {
    await turnOfLoop();
    yield value;
  }
}

function all(inputs: Inputs): unknown[][] {
  const steps: unknown[][] = [];
  for (let step = inputs.nextNow(); step; step = inputs.nextNow()) steps.push(step);
  return steps;
}

async function allAsync(inputs: Inputs): Promise<unknown[][]> {
  const steps: unknown[][] = [];
  for (let step = await inputs.next(); step; step = await inputs.next()) steps.push(step);
  return steps;
}

Deno.test("inputs: side by side, as far as the shortest goes", () => {
  const steps = (...iterables: unknown[]) => all(inputsOf(iterables, "map()"));
  assert.deepEqual(steps([1, 2, 3], [..."ab"]), [[1, "a"], [2, "b"]]);
  assert.deepEqual(steps(new Set(["x"]), new Map([["k", 1]]), new Uint8Array([7, 8])), [
    ["x", ["k", 1], 7],
  ]);
  assert.deepEqual(steps([1], []), []);
  assert.deepEqual(steps([, 1]), [[undefined], [1]]);
  const text = /^map\(\): argument 3 is a text, .*give an array of texts, or \[\.\.\.text\]/;
  assert.throws(() => steps([1], "ab"), { name: "TypeError", message: text });
});

Deno.test("inputs: how many there are, where that is known", () => {
  const size = (...iterables: unknown[]) => inputsOf(iterables, "map()").size;
  assert.equal(size([1, 2, 3], new Set([1, 2])), 2);
  assert.equal(size(new Float64Array(5), watched(3).iterable), 5);
  assert.equal(size(watched(3).iterable), Infinity);
  assert.equal(size(new Map([[1, 2]])), 1);
});

Deno.test("inputs: everybody but the one that ended is told to stop, once", () => {
  const [short, long, other] = [watched(1), watched(5), watched(5)];
  const inputs = inputsOf([long.iterable, short.iterable, other.iterable], "map()");
  assert.deepEqual(all(inputs), [[0, 0, 0]]);
  inputs.close();
  assert.equal(inputs.nextNow(), undefined);
  assert.deepEqual([short.state.returned, long.state.returned, other.state.returned], [0, 1, 1]);
  // What stands behind the end was not touched for nothing.
  assert.equal(other.state.pulled, 1);
});

Deno.test("inputs: an error of one stops the others and is passed on, once", () => {
  const [bad, good] = [watched(9, 2), watched(9)];
  const inputs = inputsOf([good.iterable, bad.iterable], "map()");
  assert.deepEqual(inputs.nextNow(), [0, 0]);
  assert.deepEqual(inputs.nextNow(), [1, 1]);
  assert.throws(() => inputs.nextNow(), { message: "no more" });
  assert.equal(inputs.nextNow(), undefined);
  assert.deepEqual([bad.state.returned, good.state.returned], [0, 1]);
});

Deno.test("inputs: closing bothers nobody with what goes wrong then", async () => {
  const clumsy = {
    [Symbol.iterator]: () => ({
      next: () => ({ value: 1, done: false }),
      return() {
        throw new Error("cannot stop");
      },
    }),
  };
  const inputs = inputsOf([clumsy, watched(5).iterable], "map()");
  inputs.nextNow();
  inputs.close();
  assert.equal(inputs.nextNow(), undefined);
  const later = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ value: 1, done: false }),
      return: () => Promise.reject(new Error("cannot stop")),
    }),
  };
  const asynchronous = inputsOf([later], "map()");
  await asynchronous.next();
  asynchronous.close();
  await turnOfLoop();
  assert.equal(await asynchronous.next(), undefined);
});

Deno.test("inputs: one that is async makes all of them so", async () => {
  const inputs = inputsOf([slowly([1, 2, 3]), ["a", Promise.resolve("b")]], "map()");
  assert.equal(inputs.async, true);
  assert.deepEqual(await allAsync(inputs), [[1, "a"], [2, "b"]]);
  assert.equal(inputsOf([[1]], "map()").async, false);
  // Something that is both is walked without waiting.
  const both = Object.assign([1], { [Symbol.asyncIterator]: () => slowly([2]) });
  assert.deepEqual(all(inputsOf([both], "map()")), [[1]]);
});

Deno.test("inputs: an async error stops the others and is passed on, once", async () => {
  async function* broken() {
    yield 1;
    await turnOfLoop();
    throw new Error("no more");
  }
  const good = watched(9);
  const inputs = inputsOf([good.iterable, broken()], "map()");
  assert.deepEqual(await inputs.next(), [0, 1]);
  await assert.rejects(inputs.next(), { message: "no more" });
  assert.equal(await inputs.next(), undefined);
  assert.equal(good.state.returned, 1);
});

Deno.test("inputs: what is yielded counts as it was then", async () => {
  function* changing() {
    const point = { x: 0 };
    for (; point.x < 3; point.x++) yield point;
  }
  const expected = [[{ x: 0 }], [{ x: 1 }], [{ x: 2 }]];
  assert.deepEqual(all(inputsOf([changing()], "map()")), expected);
  async function* changingLater() {
    yield* changing();
  }
  assert.deepEqual(await allAsync(inputsOf([changingLater()], "map()")), expected);
});

Deno.test("inputs: what is not iterable is named by its place", () => {
  const cases: [iterables: unknown[], message: string][] = [
    [[], "map() needs at least one iterable"],
    [[[1], 5], "map(): argument 3 is not iterable"],
    [[null], "map(): argument 2 is not iterable"],
    [[undefined], "map(): argument 2 is not iterable"],
    [[{}], "map(): argument 2 is not iterable"],
    [[{ length: 1, 0: 1 }], "map(): argument 2 is not iterable"],
  ];
  for (const [iterables, message] of cases) {
    assert.throws(() => inputsOf(iterables, "map()"), { name: "TypeError", message });
  }
});
