/**
 * Texts as trees (acorn), and what the names in them stand for (periscopic), for whoever has to know
 * more than a search can tell. Loading both packages costs about 3 ms; `import()` cannot be waited
 * for where a call that cannot work has to throw at once, and `import defer` would save 2 of them
 * but is not understood by `deno bundle`.
 *
 * @module
 */

import { parse, parseExpressionAt } from "npm:acorn@^8";
import { analyze } from "npm:periscopic@^4";
import type { Scope } from "npm:periscopic@^4";
import type { ModuleScan } from "./module_scan.ts";

/** A node of acorn's tree, as far as it is walked here. */
export interface Node {
  type: string;
  start: number;
  end: number;
  [property: string]: unknown;
}

/** What names stand for in a tree. */
export interface Scopes {
  /** Names that nothing in the tree declares. */
  readonly globals: ReadonlyMap<string, unknown>;
  /** The scope that begins with a node, if one does. */
  readonly map: WeakMap<object, Scope>;
  /** That of the whole tree. */
  readonly scope: Scope;
}

export type { Scope };

/** Finds what names stand for. The tree is changed; nobody may use it for anything else after. */
export function scopesOf(tree: Node): Scopes {
  adapt(tree);
  // deno-lint-ignore no-explicit-any
  return analyze(tree as any);
}

/** periscopic knows no names of class expressions and no static blocks; it knows these. */
function adapt(node: Node): void {
  for (const [, child] of children(node)) adapt(child);
  if (node.type === "StaticBlock") node.type = "BlockStatement";
  if (node.type === "ClassExpression" && node.id) {
    const declaration = { ...node, type: "ClassDeclaration" };
    Object.assign(node, { type: "BlockStatement", body: [declaration], id: null });
  }
}

const OPTIONS = { ecmaVersion: "latest", sourceType: "module", allowHashBang: true } as const;

/**
 * The tree of an expression that a text begins with.
 *
 * @throws {SyntaxError} when it begins with none.
 */
export function parseExpression(text: string): Node {
  return parseExpressionAt(text, 0, OPTIONS) as unknown as Node;
}

const trees = new WeakMap<ModuleScan, Node | null>();

/** The tree of a module; undefined when its text is not what runs, or makes no sense. */
export function parseModule(scan: ModuleScan): Node | undefined {
  let tree = trees.get(scan);
  if (tree === undefined) {
    tree = parseText(scan);
    trees.set(scan, tree);
  }
  return tree ?? undefined;
}

/** A tree that nobody else has. */
export function parseText(scan: ModuleScan): Node | null {
  if (!scan.exact) return null;
  try {
    return parse(scan.code, OPTIONS) as unknown as Node;
  } catch {
    return null;
  }
}

/** The nodes within a node, but for names that are no variables. */
export function* children(
  node: Node,
): Generator<[key: string, child: Node, callee: boolean]> {
  const named = node.type === "MemberExpression" || node.type === "Property" ||
    node.type === "PropertyDefinition" || node.type === "MethodDefinition";
  for (const [key, value] of Object.entries(node)) {
    if (named && !node.computed && (key === "property" || key === "key")) continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type !== "string") continue;
      yield [key, child as Node, node.type === "CallExpression" && key === "callee"];
    }
  }
}
