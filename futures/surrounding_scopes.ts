/**
 * Whether a function's text stands where a name of its own is given to something global: a parameter
 * called `performance`, a `const URL` in a function's body.
 *
 * @module
 */

import type { ModuleScan } from "./module_scan.ts";
import { children, parseText, scopesOf } from "./module_tree.ts";
import type { Node, Scopes } from "./module_tree.ts";

/** The tree of a module and what its names stand for, made once. */
const analyzed = new WeakMap<ModuleScan, { tree: Node; scopes: Scopes } | null>();

/**
 * True when a variable of this name is declared within the module, not at its top level, around a
 * place where this source stands. Where the text is not what runs, the look of it decides.
 */
export function isDeclaredAround(scan: ModuleScan, source: string, name: string): boolean {
  if (!mayDeclare(scan.text, name)) return false;
  if (!scan.exact) return true;
  const { code } = scan;
  let at = code.indexOf(source);
  if (at < 0) return false;
  const found = analyze(scan);
  // Acorn does not know what Deno runs: the look of it decides.
  if (found === null) return true;
  for (; at >= 0; at = code.indexOf(source, at + 1)) {
    if (declaresAt(found.tree, found.scopes, at, at + source.length, name)) return true;
  }
  return false;
}

function analyze(scan: ModuleScan) {
  let found = analyzed.get(scan);
  if (found === undefined) {
    const tree = parseText(scan);
    found = tree && { tree, scopes: scopesOf(tree) };
    analyzed.set(scan, found);
  }
  return found;
}

/** Whether one of the scopes around a stretch of text declares a name, but that of the module. */
function declaresAt(root: Node, scopes: Scopes, from: number, to: number, name: string): boolean {
  for (let node: Node | undefined = root; node !== undefined;) {
    const scope = scopes.map.get(node);
    if (scope !== undefined && scope !== scopes.scope && scope.declarations.has(name)) return true;
    node = around(node, from, to);
  }
  return false;
}

/** The part of a node that has all of a stretch of text within it, and more. */
function around(node: Node, from: number, to: number): Node | undefined {
  for (const [, child] of children(node)) {
    const isWhole = child.start === from && child.end === to;
    if (child.start <= from && to <= child.end && !isWhole) return child;
  }
  return undefined;
}

/** A quick look for what may be a declaration: most modules never have one of a global's name. */
function mayDeclare(text: string, name: string): boolean {
  if (!text.includes(name)) return false;
  const word = name.replaceAll("$", "\\$");
  return new RegExp(
    `(?:^|[^\\w$.]|\\.\\.\\.)${word}\\??\\s*(?:[,)=}\\]:;]|in\\b|of\\b|$)|` +
      `\\b(?:function\\s*\\*?|class)\\s+${word}(?![\\w$])`,
    "m",
  ).test(text);
}
