/**
 * The walk that makes a decoded tree the value that was sent: it takes the marks out that the walk
 * in values.ts put in. It trusts nothing, since the bytes may come from anywhere.
 *
 * @module
 */

import { buildError, defineProperty } from "./error_values.ts";
import { Mark, MarkKind } from "./extensions.ts";
import { Scattered } from "./scattered.ts";
import { Withdrawn } from "./withdrawn.ts";

/** Levels that may be restored: more than values.ts ever writes, and few enough for any stack. */
const MAX_DEPTH = 400;

/** An array may have this many more places than elements before it is kept as a table. */
const SOME_HOLES = 1024;

interface Scope {
  /** The body's memory, which nothing that is returned may share. */
  memory: ArrayBufferLike;
  table: unknown[];
}

/**
 * The value that a decoded tree means. Plain arrays and objects of the tree are kept, and changed
 * in place.
 *
 * @throws {Error} when the marks in it make no sense.
 */
export function restore(tree: unknown, memory: ArrayBufferLike): unknown {
  return revive(tree, { memory, table: [] }, 0);
}

function revive(node: unknown, scope: Scope, depth: number): unknown {
  if (typeof node !== "object" || node === null) return node;
  if (depth > MAX_DEPTH) throw new Error("nested too deeply");
  if (node instanceof Mark) return resolve(node, scope);
  if (kindOf(node) === MarkKind.graph) return reviveGraph(node as unknown[], scope, depth);
  const value = reopen(node, scope);
  refill(node, value, scope, depth);
  return value;
}

function kindOf(node: object): number | undefined {
  const head = Array.isArray(node) ? node[0] : undefined;
  return head instanceof Mark && head.kind !== MarkKind.reference ? head.kind : undefined;
}

function resolve(mark: Mark, scope: Scope): unknown {
  if (mark.kind !== MarkKind.reference) throw new Error("a mark that heads no array");
  if (mark.index >= scope.table.length) throw new Error("a reference to nothing");
  return scope.table[mark.index];
}

function reviveGraph(node: unknown[], scope: Scope, depth: number): unknown {
  if (node.length < 3) throw new Error("a graph without objects");
  const entries = node.slice(2);
  const inner: Scope = { memory: scope.memory, table: [] };
  for (const entry of entries) {
    if (typeof entry !== "object" || entry === null || entry instanceof Mark) {
      throw new Error("a graph may hold objects only");
    }
    inner.table.push(reopen(entry, inner));
  }
  entries.forEach((entry, i) => refill(entry as object, inner.table[i]!, inner, depth));
  return revive(node[1], inner, depth + 1);
}

/** The object that a node stands for; empty as yet, when it is a container. */
function reopen(node: object, scope: Scope): object {
  switch (kindOf(node)) {
    case undefined:
      return node instanceof Uint8Array && node.buffer === scope.memory
        ? new Uint8Array(node)
        : node;
    case MarkKind.map:
      return new Map();
    case MarkKind.set:
      return new Set();
    case MarkKind.record:
      return {};
    case MarkKind.bare:
      return Object.create(null);
    case MarkKind.sparse:
      return reopenSparse(node as unknown[]);
    case MarkKind.extended:
    case MarkKind.extendedLeaf:
      return reopen(innerOf(node as unknown[]), scope);
    case MarkKind.error:
      return reopenError(node as unknown[]);
    case MarkKind.regexp:
      return new RegExp(textAt(node as unknown[], 1), textAt(node as unknown[], 2));
    case MarkKind.url:
      return new URL(textAt(node as unknown[], 1));
    case MarkKind.withdrawn:
      return (node as unknown[])[1] === true ? Withdrawn.notEnded : Withdrawn.notBegun;
    case MarkKind.scattered:
      return new Scattered(textAt(node as unknown[], 1));
    default:
      throw new Error("a graph within a graph");
  }
}

/** What a node with further properties is without them. */
function innerOf(node: unknown[]): object {
  const start = startOf(node);
  const inner = (node[0] as Mark).kind === MarkKind.extended ? node.slice(start) : node[start];
  const kind = typeof inner === "object" && inner !== null ? kindOf(inner) : MarkKind.graph;
  if (inner instanceof Mark || kind === MarkKind.graph || isExtended(kind)) {
    throw new Error("properties of nothing");
  }
  return inner as object;
}

function isExtended(kind: number | undefined): boolean {
  return kind === MarkKind.extended || kind === MarkKind.extendedLeaf;
}

/** Where, in a node with further properties, what has them begins. */
function startOf(node: unknown[]): number {
  const [, count, hidden] = node;
  if (!isCount(count) || !isCount(hidden) || hidden > count || 3 + 2 * count > node.length) {
    throw new Error("malformed properties");
  }
  return 3 + 2 * count;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function reopenSparse(node: unknown[]): unknown[] {
  const length = node[1];
  if (!isCount(length) || length >= 2 ** 32 || node.length % 2 !== 0) {
    throw new Error("a malformed array with holes");
  }
  const list: unknown[] = [];
  if (length > node.length + SOME_HOLES) {
    // So the engine keeps it as a table: to set its length takes memory for each of the holes.
    list[length - 1] = undefined;
    delete list[length - 1];
  } else list.length = length;
  return list;
}

function refillSparse(node: unknown[], list: unknown[], scope: Scope, depth: number) {
  for (let i = 2; i < node.length; i += 2) {
    const index = node[i];
    if (!isCount(index) || index >= list.length) throw new Error("an element outside of its array");
    list[index] = revive(node[i + 1], scope, depth + 1);
  }
}

function refillExtended(node: unknown[], value: object, scope: Scope, depth: number) {
  const start = startOf(node);
  const inner = innerOf(node);
  // A plain array is what it stands for.
  refill(kindOf(inner) === undefined ? value : inner, value, scope, depth);
  const pairs = node.slice(3, start);
  eachPair(pairs, 0, ownProperty(value, node[2] as number), scope, depth);
}

function reopenError(node: unknown[]): Error {
  const name = node[2] === null ? null : textAt(node, 2);
  const message = node[3] === null ? null : textAt(node, 3);
  return buildError(textAt(node, 1), name, message);
}

function textAt(node: unknown[], position: number): string {
  const text = node[position];
  if (typeof text !== "string") throw new Error("text was expected");
  return text;
}

/** Puts what a node holds into the object it stands for. */
function refill(node: object, value: object, scope: Scope, depth: number) {
  switch (kindOf(node)) {
    case undefined:
      return refillPlain(node, scope, depth);
    case MarkKind.map:
      return eachPair(
        node as unknown[],
        1,
        (key, item) => (value as Map<unknown, unknown>).set(key, item),
        scope,
        depth,
      );
    case MarkKind.set: {
      const list = node as unknown[];
      for (let i = 1; i < list.length; i++) {
        (value as Set<unknown>).add(revive(list[i], scope, depth + 1));
      }
      return;
    }
    case MarkKind.sparse:
      return refillSparse(node as unknown[], value as unknown[], scope, depth);
    case MarkKind.extended:
    case MarkKind.extendedLeaf:
      return refillExtended(node as unknown[], value, scope, depth);
    case MarkKind.record:
    case MarkKind.bare:
      return eachPair(node as unknown[], 1, ownProperty(value, 0), scope, depth);
    case MarkKind.error: {
      const hidden = (node as unknown[])[4];
      if (typeof hidden !== "number") throw new Error("a malformed error");
      return eachPair(node as unknown[], 5, ownProperty(value, hidden), scope, depth);
    }
  }
}

function refillPlain(node: object, scope: Scope, depth: number) {
  const holder = node as Record<number | string, unknown>;
  if (Array.isArray(node)) {
    for (let i = 0; i < node.length; i++) {
      const item = node[i];
      if (typeof item === "object" && item !== null) node[i] = revive(item, scope, depth + 1);
    }
  } else if (Object.getPrototypeOf(node) === Object.prototype) {
    for (const key of Object.keys(node)) {
      const item = holder[key];
      if (typeof item === "object" && item !== null) holder[key] = revive(item, scope, depth + 1);
    }
  }
}

function eachPair(
  list: unknown[],
  start: number,
  take: (key: unknown, value: unknown) => void,
  scope: Scope,
  depth: number,
) {
  if ((list.length - start) % 2 !== 0) throw new Error("a key without a value");
  for (let i = start; i < list.length; i += 2) {
    take(revive(list[i], scope, depth + 1), revive(list[i + 1], scope, depth + 1));
  }
}

/** Gives `target` one property after the other; the first `hidden` of them are not enumerable. */
function ownProperty(target: object, hidden: number): (key: unknown, value: unknown) => void {
  let count = 0;
  return (key, value) => {
    if (typeof key !== "string") throw new Error("a property's key must be text");
    if (key === "lastIndex" && target instanceof RegExp) {
      count++;
      // It cannot be defined anew.
      return void (target.lastIndex = value as number);
    }
    defineProperty(target, key, value, count++ >= hidden);
  };
}
