/**
 * Parsing JavaScript and TypeScript. Only this file knows the parser.
 *
 * @module
 */

import * as nodeModule from "node:module";
import { parse, parseExpressionAt } from "npm:acorn@^8.15";

/** A node of a syntax tree, after {@link https://github.com/estree/estree | ESTree}. */
export interface Tree {
  readonly type: string;
  readonly [key: string]: unknown;
}

const SETTINGS = { ecmaVersion: "latest", sourceType: "module" } as const;

/** The expression in a text, or undefined when it is none. */
export function parseExpression(text: string): Tree | undefined {
  try {
    return parseExpressionAt(text, 0, SETTINGS) as unknown as Tree;
  } catch {
    return undefined;
  }
}

/**
 * The statements of a module written in TypeScript or JavaScript, or undefined when they cannot be
 * read, which is so for JSX and decorators.
 */
export function parseModule(text: string): readonly Tree[] | undefined {
  try {
    return (parse(withoutTypes(text), SETTINGS) as unknown as { body: Tree[] }).body;
  } catch {
    return undefined;
  }
}

function withoutTypes(text: string): string {
  const { stripTypeScriptTypes } = nodeModule as {
    stripTypeScriptTypes?: (text: string, options: { mode: "transform" }) => string;
  };
  // Versions of Deno that lack it still read what is plain JavaScript.
  return stripTypeScriptTypes?.(text, { mode: "transform" }) ?? text;
}

/** The nodes just below a node. */
export function* children(node: Tree): Generator<Tree> {
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (typeof item === "object" && item !== null && typeof item.type === "string") yield item;
    }
  }
}
