/** Values of all kinds go to a real worker and come back the same. */

import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { map, scoop, submit } from "./api.ts";
import { declareChecks, everybody, range, runChecks } from "./checks.ts";

export function echo<T>(value: T): T {
  return value;
}

/** The value, and who has seen it. */
export async function echoFrom(value: unknown): Promise<[unknown, string]> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return [value, scoop.workerName];
}

/** What a task makes of a value when it looks closely. */
export function describe(value: unknown): string {
  return Deno.inspect(value, { depth: 100, iterableLimit: 1000, strAbbreviateSize: 1e6 });
}

const rich = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withObjectString: true,
  maxDepth: 4,
});

/** Graphs of a few objects with edges from anywhere to anywhere. */
const graph = fc.array(fc.array(fc.nat(5)), { minLength: 1, maxLength: 6 }).map((plan) => {
  const nodes = plan.map((_, i): unknown[] | Map<number, unknown> => i % 2 === 0 ? [i] : new Map());
  plan.forEach((edges, i) => {
    const node = nodes[i]!;
    for (const [n, to] of edges.entries()) {
      const target = nodes[to % nodes.length];
      if (node instanceof Map) node.set(n, target);
      else node.push(target);
    }
  });
  return nodes[0];
});

const special = fc.constantFrom<unknown>(
  ...[undefined, NaN, -0, Infinity, 2n ** 200n, "\ud800", "__proto__", new Date(NaN)],
  ...[/a+/giu, new URL("https://example.org/?q=ü"), new Error("no", { cause: [-0] })],
  ...[new Uint8Array(70_000).fill(3), new ArrayBuffer(3), new Float64Array([-0, NaN])],
  JSON.parse(`{"__proto__": 1}`),
);

declareChecks({
  async "there and back, one by one"() {
    const property = fc.asyncProperty(fc.oneof(rich, special, graph), async (value) => {
      assert.deepStrictEqual(await submit(echo, value), value);
    });
    await fc.assert(property, { numRuns: 300 });
  },

  async "there and back, many at a time and from every worker"() {
    const everyone = await everybody();
    const seenBy = new Set<string>();
    const lists = fc.array(fc.oneof(rich, special, graph), { maxLength: 60 });
    const property = fc.asyncProperty(lists, async (values) => {
      let i = 0;
      for await (const [value, worker] of map(echoFrom, values)) {
        assert.deepStrictEqual(value, values[i++]);
        seenBy.add(worker);
      }
      assert.equal(i, values.length);
      assert.deepStrictEqual(await map(echo, values), values);
    });
    await fc.assert(property, { numRuns: 20 });
    while (seenBy.size < everyone.size) {
      for (const [, worker] of await map(echoFrom, range(8 * scoop.size))) seenBy.add(worker);
    }
    assert.deepEqual(seenBy, everyone);
  },

  async "a task sees what the program sees"() {
    const lists = fc.array(fc.oneof(rich, special, graph), { maxLength: 60 });
    const property = fc.asyncProperty(lists, async (values) => {
      assert.deepEqual(await map(describe, values), values.map(describe));
    });
    await fc.assert(property, { numRuns: 20 });
  },
});

if (import.meta.main) await runChecks();
