// What a tree cannot show: objects met twice, cycles, and depth.

import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { clone, decode, encode, encodeEach } from "../../wire/codec.ts";
import { splitArray } from "../../wire/split.ts";

type Node = unknown[] | Record<string, unknown> | Map<unknown, unknown> | Set<unknown> | Error;

function travel<T>(value: T): T {
  const { body, frames } = encode(value);
  return decode(body, frames) as T;
}

/** The objects that an object leads to, in order. */
function children(node: Node): unknown[] {
  if (Array.isArray(node)) return node;
  if (node instanceof Map) return [...node].flat();
  if (node instanceof Set) return [...node];
  return Object.values(node);
}

/** True when both graphs have the same shape, objects that are one here being one there. */
function isSameGraph(left: unknown, right: unknown): boolean {
  const partner = new Map<unknown, unknown>();
  const back = new Map<unknown, unknown>();
  const pairs = [[left, right]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [a, b] = pair;
    if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) {
      if (!Object.is(a, b)) return false;
      continue;
    }
    if (partner.has(a) || back.has(b)) {
      if (partner.get(a) !== b || back.get(b) !== a) return false;
      continue;
    }
    partner.set(a, b);
    back.set(b, a);
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
    const [mine, theirs] = [children(a as Node), children(b as Node)];
    if (mine.length !== theirs.length) return false;
    mine.forEach((child, i) => pairs.push([child, theirs[i]]));
  }
  return true;
}

const kinds = ["array", "object", "map", "set", "error"] as const;
const leaves = fc.constantFrom<unknown>(1, "x", undefined, -0, null, 5n);

/** Graphs of up to 12 objects of all kinds, with edges from anywhere to anywhere. */
const graph = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    edges: fc.array(fc.oneof(fc.nat(11).map((to) => ({ to })), leaves.map((leaf) => ({ leaf })))),
  }),
  { minLength: 1, maxLength: 12 },
).map((plan) => {
  const nodes: Node[] = plan.map(({ kind }) => {
    if (kind === "array") return [];
    if (kind === "object") return {};
    if (kind === "map") return new Map();
    return kind === "set" ? new Set() : new Error("one");
  });
  plan.forEach(({ edges }, i) => {
    const node = nodes[i]!;
    edges.forEach((edge, n) => {
      const target = "to" in edge ? nodes[edge.to % nodes.length] : edge.leaf;
      if (Array.isArray(node)) node.push(target);
      else if (node instanceof Map) node.set(n % 2 === 0 ? target : n, target);
      else if (node instanceof Set) node.add(target);
      else (node as Record<string, unknown>)[`k${n}`] = target;
    });
  });
  return nodes[0]!;
});

Deno.test("any graph of objects comes back with the same shape", () => {
  fc.assert(
    fc.property(graph, (root) => assert.ok(isSameGraph(travel(root), root))),
    { numRuns: 1000 },
  );
});

Deno.test("graphs in a list stay apart, and each can be decoded alone", () => {
  fc.assert(fc.property(fc.array(graph), (roots) => {
    const { body, frames } = encodeEach(roots);
    const parts = splitArray(body).map((part) => decode(part, frames));
    const whole = decode(body, frames) as unknown[];
    assert.equal(parts.length, roots.length);
    roots.forEach((root, i) => {
      assert.ok(isSameGraph(parts[i], root));
      assert.ok(isSameGraph(whole[i], root));
    });
  }));
});

Deno.test("an object met twice is one object on the other side", () => {
  const shared = { n: 1 };
  const back = travel({ a: shared, list: [shared, { deep: shared }] });
  assert.equal(back.a, back.list[0]);
  assert.equal((back.list[1] as { deep: unknown }).deep, back.a);
  assert.deepStrictEqual(back.a, { n: 1 });
});

Deno.test("a cycle comes back as a cycle", () => {
  const self: unknown[] = [1];
  self.push(self);
  const back = travel(self);
  assert.equal(back[1], back);
  const map = new Map<unknown, unknown>();
  map.set(map, { map });
  const again = clone(map);
  assert.equal((again.get(again) as { map: unknown }).map, again);
});

Deno.test("leaves met twice are one object on the other side", () => {
  const leaves = [
    new Date(5),
    new Date(NaN),
    /x/g,
    new URL("http://a/"),
    new Uint8Array([1]),
    new Float32Array([1, 2]),
    new ArrayBuffer(3),
    new Uint8Array(100_000),
  ];
  for (const leaf of leaves) {
    const [first, second] = travel([leaf, leaf]);
    assert.equal(first, second);
    assert.equal(first!.constructor, leaf.constructor);
  }
  assert.equal(encode([leaves[7], leaves[7]]).frames.length, 1);
});

/** Nests `depth` levels, each made from the next by `wrap`. */
function nest(depth: number, wrap: (inner: unknown) => unknown, innermost: unknown): unknown {
  let value = innermost;
  for (let i = 0; i < depth; i++) value = wrap(value);
  return value;
}

Deno.test("values nest to any depth", () => {
  const wraps: ((inner: unknown) => unknown)[] = [
    (inner) => [inner],
    (inner) => ({ inner }),
    (inner) => new Map([["inner", inner]]),
    (inner) => new Map([[inner, undefined]]),
    (inner) => new Set([inner]),
    (inner) => new Error("outer", { cause: inner }),
  ];
  for (const wrap of wraps) {
    for (const depth of [199, 200, 201, 202, 399, 400, 401, 402, 10_000]) {
      for (const innermost of [1, undefined]) {
        const value = nest(depth, wrap, innermost);
        assert.ok(isSameGraph(travel(value), value));
      }
    }
  }
});

Deno.test("a linked list of 200,000 links travels", () => {
  const list = nest(200_000, (next) => ({ next }), null);
  let count = 0;
  for (let link = travel(list) as { next: unknown } | null; link !== null; count++) {
    link = link.next as { next: unknown } | null;
  }
  assert.equal(count, 200_000);
});

Deno.test("a deep object that was also met before is still one object", () => {
  const shared = { n: 1 };
  const back = travel([shared, nest(5000, (inner) => [inner], shared)]) as [object, unknown[]];
  let inner: unknown = back[1];
  while (Array.isArray(inner)) inner = inner[0];
  assert.equal(inner, back[0]);
});

Deno.test("a cycle may close at any depth", () => {
  for (const depth of [1, 199, 200, 201, 1000]) {
    const innermost: unknown[] = [];
    const root = nest(depth, (inner) => [inner], innermost);
    innermost.push(root);
    assert.ok(isSameGraph(travel(root), root));
    assert.ok(isSameGraph(travel([root, root]), [root, root]));
  }
});
