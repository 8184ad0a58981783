/** Errors come home, and what cannot travel is refused where it is sent. */

import assert from "node:assert/strict";
import { join, map, scoop, SerializationError, submit, TimeoutError } from "./api.ts";
import { declareChecks, everybody, range, rejects, runChecks, sleep, whoAmI } from "./checks.ts";

const CLASSES = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  NotFound: Deno.errors.NotFound,
  TimeoutError,
};

export function throwStandard(name: keyof typeof CLASSES, message: string): never {
  throw new CLASSES[name](message, { cause: { deep: [new Error("the cause")] } });
}

class PickyError extends RangeError {
  override name = "PickyError";
  constructor(message: string, readonly wanted: number) {
    super(message);
  }
}

export function throwCustom(): never {
  throw new PickyError("not this", 7);
}

export async function throwAll(): Promise<never> {
  await Promise.resolve();
  throw new AggregateError([new TypeError("one"), 2], "both");
}

export function throwDom(): never {
  throw new DOMException("stopped", "AbortError");
}

const THROWN = {
  text: "just text",
  number: -0,
  nothing: undefined,
  null: null,
  object: { code: 7, at: new Date(0) },
  function: () => 1,
  symbol: Symbol("s"),
  instance: new (class Own {})(),
};

export function throwOther(kind: keyof typeof THROWN): never {
  throw THROWN[kind];
}

/** Fails with an error that holds something that cannot travel. */
export function throwUnsendable(): never {
  const cause = Object.assign(new RangeError("the cause"), { socket: new WeakRef({}) });
  throw Object.assign(new URIError("with a function", { cause }), { code: 7, callback: () => 1 });
}

/** Fails with an error that fails when it is looked at. */
export function throwHostile(_: number = 0): never {
  throw Object.defineProperty(new Error(), "message", {
    get() {
      throw new Error("do not look");
    },
  });
}

export async function outer(): Promise<unknown> {
  return await submit(throwStandard, "RangeError", "inside");
}

export async function catchInside(): Promise<string> {
  try {
    return await submit(throwCustom) as string;
  } catch (error) {
    return `${(error as Error).name} ${(error as PickyError).wanted}`;
  }
}

export function give(what: keyof typeof UNSENDABLE): unknown {
  return UNSENDABLE[what];
}

const UNSENDABLE = {
  function: () => 1,
  nested: { list: [1, Symbol("s")] },
  instance: new Map([["key", new (class Own {})()]]),
};

/** Returns something whose `then` cannot be used. */
export function giveStrangeThen(kind: "throws" | "getter" | "twice"): unknown {
  if (kind === "throws") {
    return {
      then() {
        throw new RangeError("then failed");
      },
    };
  }
  if (kind === "twice") {
    return {
      // deno-lint-ignore no-explicit-any
      then(resolve: any, reject: any) {
        resolve(1);
        resolve(2);
        reject(new Error("too late"));
      },
    };
  }
  return Object.defineProperty({}, "then", {
    get() {
      throw new RangeError("then failed");
    },
  });
}

export async function rejectLater(): Promise<void> {
  await sleep(1);
  throw new RangeError("later");
}

export function identity(x: unknown): unknown {
  return x;
}

async function errorOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return await promise.then(() => assert.fail("it did not fail"), (error: unknown) => error);
}

declareChecks({
  async "an error has its class, message and cause"() {
    await everybody();
    for (const name of Object.keys(CLASSES) as (keyof typeof CLASSES)[]) {
      const errors = await Promise.all([
        errorOf(submit(throwStandard, name, "a message")),
        ...range(4).map(() => errorOf(map(throwStandard, [name], ["a message"]))),
      ]);
      for (const error of errors) {
        assert.ok(error instanceof CLASSES[name]);
        assert.deepEqual([error.name, error.message], [new CLASSES[name]("").name, "a message"]);
        const [cause] = (error.cause as { deep: Error[] }).deep;
        assert.ok(cause instanceof Error);
        assert.equal(cause.message, "the cause");
      }
    }
  },

  async "an error of the program's own keeps its name and properties"() {
    const error = await errorOf(submit(throwCustom));
    assert.ok(error instanceof RangeError);
    assert.deepEqual([error.name, error.message], ["PickyError", "not this"]);
    assert.equal((error as PickyError).wanted, 7);
    const both = await errorOf(submit(throwAll)) as AggregateError;
    assert.ok(both instanceof AggregateError);
    assert.ok(both.errors[0] instanceof TypeError);
    assert.deepEqual([both.message, both.errors[1]], ["both", 2]);
    const dom = await errorOf(submit(throwDom)) as DOMException;
    assert.ok(dom instanceof DOMException);
    assert.deepEqual([dom.name, dom.message], ["AbortError", "stopped"]);
    assert.match(dom.stack!, /in task throwDom\(.*\) on worker/);
  },

  async "the stack tells where it was thrown, in which task and on which worker"() {
    const workers = new Set<string>();
    const everyone = await everybody();
    while (workers.size < everyone.size) {
      const futures = range(4 * scoop.size).flatMap(() => [
        submit(whoAmI, 5),
        submit(throwStandard, "TypeError", "no"),
      ]);
      for (const future of futures) {
        const error = await future.exception() as Error | undefined;
        if (error === undefined) continue;
        assert.match(error.stack!, /^TypeError: no\n +at throwStandard \(.*errors\.ts:\d+:\d+\)/);
        workers.add(/\n {4}in task throwStandard\(.*\) on worker (\S+)$/.exec(error.stack!)![1]!);
      }
    }
    assert.deepEqual(workers, everyone);
    const nested = await errorOf(submit(outer)) as Error;
    assert.match(
      nested.stack!,
      /in task throwStandard\(.*\) on worker \S+\n +in task outer\(.*\) on worker \S+$/,
    );
  },

  async "what is no error can be thrown as well"() {
    for (const kind of ["text", "number", "nothing", "null", "object"] as const) {
      const thrown = await errorOf(submit(throwOther, kind));
      assert.deepStrictEqual(thrown, THROWN[kind]);
      assert.deepStrictEqual(await errorOf(map(throwOther, [kind])), THROWN[kind]);
    }
    for (const kind of ["function", "symbol", "instance"] as const) {
      const thrown = await errorOf(submit(throwOther, kind)) as Error;
      assert.match(thrown.message, /a value that cannot be sent was thrown/);
    }
  },

  async "what of an error cannot travel is left out"() {
    const error = await errorOf(submit(throwUnsendable)) as URIError & { code: number };
    assert.ok(error instanceof URIError);
    assert.deepEqual([error.message, error.code], ["with a function", 7]);
    assert.match(error.stack!, /in task throwUnsendable\(.*\) on worker/);
    assert.ok(!("callback" in error));
    assert.ok(error.cause instanceof RangeError);
    assert.equal(error.cause.message, "the cause");
    assert.ok(await errorOf(submit(throwHostile)) instanceof Error);
    assert.ok(await errorOf(map(throwHostile, [1])) instanceof Error);
  },

  async "tasks can catch the errors of theirs"() {
    assert.equal(await submit(catchInside), "PickyError 7");
    await rejects(submit(rejectLater), { name: "RangeError", message: "later" });
  },

  async "an argument that cannot travel is refused at the call"() {
    const refused: [unknown, RegExp][] = [
      [{ user: { onSave: () => 1 } }, /^cannot send args\[0\]\.user\.onSave: it is a function/],
      [[1, Symbol("s")], /args\[0\]\[1\]: it is a symbol, Symbol\(s\)/],
      [new (class Own {})(), /args\[0\]: it is an instance of class Own/],
      [Promise.resolve(), /args\[0\]: it is a promise \(await it first\)/],
      [submit(identity, 1), /args\[0\]: it is an instance of class Future \(await it first\)/],
      [new Map([["a", new WeakMap()]]), /args\[0\]\.get\("a"\): it is .* WeakMap/],
      [() => 1, /args\[0\]: it is a function/],
    ];
    for (const [value, message] of refused) {
      assert.throws(() => submit(identity, value), { name: "SerializationError", message });
      await rejects(map(identity, [value]), SerializationError);
    }
    assert.equal(await submit(identity, 1), 1);
  },

  async "a result that cannot travel is refused as well"() {
    for (const kind of Object.keys(UNSENDABLE) as (keyof typeof UNSENDABLE)[]) {
      for (const run of [() => submit(give, kind), () => map(give, [kind])]) {
        const error = await errorOf(run()) as Error;
        assert.ok(error instanceof SerializationError);
        assert.match(error.message, /^the result of give cannot be sent: cannot send result/);
      }
    }
    assert.match(
      (await errorOf(submit(give, "nested")) as Error).message,
      /result(\[0\])?\.list\[1\]: it is a symbol/,
    );
  },

  async "a result whose then fails is a failure, and nothing else suffers"() {
    const futures = range(4).flatMap(() => [
      submit(giveStrangeThen, "throws"),
      submit(giveStrangeThen, "getter"),
    ]);
    for (const future of futures) {
      await rejects(future, { name: "RangeError", message: "then failed" });
    }
    assert.deepEqual(await join(range(3).map(() => submit(giveStrangeThen, "twice"))), [1, 1, 1]);
    assert.deepEqual(await map(identity, range(10)), range(10));
  },
});

if (import.meta.main) await runChecks();
