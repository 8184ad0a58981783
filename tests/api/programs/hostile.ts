/** Tasks that throw what fails when it is looked at: a rejection each, and nothing else. */

import assert from "node:assert/strict";
import { map, submit } from "./api.ts";
import { declareChecks, range, runChecks } from "./checks.ts";
import type { Checks } from "./checks.ts";

/** Traps that all throw. */
const NO_TRAP = new Proxy({} as ProxyHandler<object>, {
  get(): never {
    throw new Error("no trap is to be used");
  },
});

/** An object whose properties throw when they are read. */
function withGetters(target: object, names: string[]): object {
  for (const name of names) {
    Object.defineProperty(target, name, {
      enumerable: true,
      get() {
        throw new Error(`${name} is not to be read`);
      },
    });
  }
  return target;
}

const OF_ERRORS = ["name", "message", "stack", "cause", "constructor", "errors"];

const THROWN = {
  "a revoked proxy"() {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  "a revoked proxy of a function"() {
    const { proxy, revoke } = Proxy.revocable(() => {}, {});
    revoke();
    return proxy;
  },
  "a proxy whose every trap throws": () => new Proxy({}, NO_TRAP),
  "an error behind a proxy whose every trap throws": () => new Proxy(new Error("inside"), NO_TRAP),
  "an object of getters that throw": () => withGetters({}, ["code", "then", "toJSON", "toString"]),
  "an error of getters that throw": () => withGetters(new RangeError("inside"), OF_ERRORS),
  "an error whose cause is hostile": () =>
    new Error("outside", { cause: { deep: [new Proxy({}, NO_TRAP)] } }),
};

/** How it gets out: thrown at once, or by a promise. */
type How = "sync" | "async";

export function throwIt(what: keyof typeof THROWN): never {
  throw THROWN[what]();
}

export async function throwLater(what: keyof typeof THROWN): Promise<never> {
  await Promise.resolve();
  throw THROWN[what]();
}

export function double(x: number): number {
  return 2 * x;
}

async function reasonOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return await promise.then(() => assert.fail("it did not fail"), (error: unknown) => error);
}

async function isRejection(what: keyof typeof THROWN): Promise<void> {
  const ways: Record<How, typeof throwIt | typeof throwLater> = {
    sync: throwIt,
    async: throwLater,
  };
  for (const [how, fails] of Object.entries(ways)) {
    const reason = await reasonOf(submit(fails, what));
    assert.ok(reason instanceof Error, `${how}: an Error tells of it`);
    assert.match(reason.stack!, /in task throw(It|Later)\(.*\) (?:\[index \d+\] )?on worker/);
    assert.ok(await reasonOf(map(fails, [what])) instanceof Error, how);
  }
  // The workers are there, and well.
  assert.deepEqual(await map(double, range(20)), range(20).map(double));
}

const checks: Checks = Object.fromEntries(
  Object.keys(THROWN).map((what) => [what, () => isRejection(what as keyof typeof THROWN)]),
);

declareChecks({
  ...checks,
  async "many of them beside tasks that are well"() {
    const futures = Object.keys(THROWN).map((what) => submit(throwIt, what as keyof typeof THROWN));
    const well = range(50).map((x) => submit(double, x));
    const outcomes = await Promise.allSettled([...futures, ...well]);
    const expected = [...futures.map(() => "rejected"), ...well.map(() => "fulfilled")];
    assert.deepEqual(outcomes.map(({ status }) => status), expected);
    assert.deepEqual(await Promise.all(well), range(50).map(double));
  },
});

if (import.meta.main) await runChecks();
