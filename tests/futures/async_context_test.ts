import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as delay } from "node:timers/promises";
import {
  type AsyncContext,
  carrierOfDeno,
  contextOfCarrier,
  contextOfNode,
} from "../../futures/async_context.ts";

const ways: Record<string, () => AsyncContext<string>> = {
  "of Node": () => contextOfNode(),
  "of Deno": () => contextOfCarrier(carrierOfDeno()!),
};

/** The value, and those after each kind of step. */
async function steps(context: AsyncContext<string>): Promise<(string | undefined)[]> {
  const seen = [context.get()];
  await null;
  seen.push(context.get());
  await delay(1);
  seen.push(context.get());
  await new Promise<void>((resolve) => setTimeout(() => (seen.push(context.get()), resolve()), 1));
  await new Promise<void>((resolve) => queueMicrotask(() => (seen.push(context.get()), resolve())));
  return seen;
}

Deno.test("async context: this Deno has what the quick one stands on", () => {
  assert.notEqual(carrierOfDeno(), undefined);
});

for (const [name, make] of Object.entries(ways)) {
  Deno.test(`async context ${name}: a value goes with all that comes of a call`, async () => {
    const context = make();
    const both = [context.run("a", steps, context), context.run("b", steps, context)];
    assert.equal(context.get(), undefined, "and with nothing else");
    const [a, b] = await Promise.all(both);
    assert.deepEqual(a, Array(5).fill("a"));
    assert.deepEqual(b, Array(5).fill("b"));
    assert.equal(context.get(), undefined);
  });

  Deno.test(`async context ${name}: calls within calls, and errors`, () => {
    const context = make();
    const inner = () => assert.equal(context.run("inner", () => context.get(), null), "inner");
    context.run("outer", () => {
      inner();
      assert.equal(context.get(), "outer");
      assert.throws(() => context.run("thrown", (text) => assert.fail(text), "so"), /so/);
      assert.equal(context.get(), "outer");
      assert.equal(context.run(undefined, () => context.get(), null), undefined);
      assert.equal(context.run("x", (argument) => argument + 1, 1), 2);
    }, null);
    assert.equal(context.get(), undefined);
  });

  Deno.test(`async context ${name}: the program's own storage is beside it`, async () => {
    const context = make();
    const other = make();
    const storage = new AsyncLocalStorage<number>();
    await storage.run(1, async () => {
      const within = context.run("task", async () => {
        assert.equal(storage.getStore(), 1, "what surrounds a task is seen in it");
        await storage.run(2, async () => {
          await null;
          assert.deepEqual([context.get(), storage.getStore()], ["task", 2]);
          await other.run("other", async () => {
            await delay(1);
            const all = [context.get(), other.get(), storage.getStore()];
            assert.deepEqual(all, ["task", "other", 2]);
          }, null);
        });
        assert.deepEqual([context.get(), other.get(), storage.getStore()], ["task", undefined, 1]);
      }, null);
      assert.deepEqual([context.get(), storage.getStore()], [undefined, 1]);
      await within;
    });
    assert.equal(storage.getStore(), undefined);
  });

  Deno.test(`async context ${name}: alone, nothing of the program's goes along`, async () => {
    const context = make();
    const storage = new AsyncLocalStorage<number>();
    await storage.run(1, async () => {
      const inside = context.runAlone("task", async () => {
        const seen = [context.get(), storage.getStore()];
        await null;
        storage.enterWith(2);
        return [...seen, context.get(), storage.getStore()];
      }, null);
      assert.equal(storage.getStore(), 1);
      assert.deepEqual(await inside, ["task", undefined, "task", 2]);
      assert.equal(storage.getStore(), 1);
    });
  });
}

Deno.test("async context: what the program has entered is told, where it can be", () => {
  const [quick, documented] = [ways["of Deno"]!(), ways["of Node"]!()];
  const storage = new AsyncLocalStorage<number>();
  const look = (context: AsyncContext<string>) =>
    context.runAlone("task", () => {
      const before = context.isAlone();
      storage.enterWith(1);
      return [before, context.isAlone()];
    }, null);
  assert.deepEqual(look(quick), [true, false]);
  assert.deepEqual(look(documented), [false, false]);
});
