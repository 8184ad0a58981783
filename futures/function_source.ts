/**
 * Functions that can be sent as source: those that use nothing of their surroundings but globals.
 *
 * @module
 */

import { type Node, parseExpressionAt } from "npm:acorn@^8.15";
import { analyze } from "npm:periscopic@^4.0";

/** What a function's text tells. */
export interface SourceAnalysis {
  /** An expression whose value is the function; only meaningful when nothing is in the way. */
  readonly source: string;
  /** Variables of its surroundings that it uses. */
  readonly captured: readonly string[];
  /** Why it could not be sent even so, such as "it is a class"; empty when nothing is in the way. */
  readonly obstacle: string;
}

/**
 * Globals that a program is likely to have a variable of the same name for. The text cannot tell
 * which of both is meant, so they count as captured.
 */
const AMBIGUOUS = new Set(["name", "status", "event", "close", "closed", "self", "top", "length"]);

const analyses = new Map<string, SourceAnalysis>();

/** Looks at a function's text. */
// deno-lint-ignore ban-types
export function analyzeSource(fn: Function): SourceAnalysis {
  const text = Function.prototype.toString.call(fn);
  const key = `${fn.name}\n${text}`;
  let analysis = analyses.get(key);
  if (analysis === undefined) analyses.set(key, analysis = look(text, fn.name));
  return analysis;
}

function look(text: string, name: string): SourceAnalysis {
  const nothing = { source: "", captured: [] };
  if (/\{\s*\[native code\]\s*\}$/.test(text)) {
    const what = name.startsWith("bound ") ? "it is a bound function" : "it is native code";
    return { ...nothing, obstacle: what };
  }
  const parsed = parse(text);
  if (parsed === undefined) return { ...nothing, obstacle: "its source cannot be read" };
  const { tree, fn, method } = parsed;
  if (fn.type.startsWith("Class")) return { ...nothing, obstacle: "it is a class" };
  const obstacle = findObstacle(fn);
  const free = [...analyze(tree as Parameters<typeof analyze>[0]).globals.keys()];
  const arrow = fn.type === "ArrowFunctionExpression";
  const captured = free.filter((variable) => {
    if (variable === "arguments") return arrow;
    return AMBIGUOUS.has(variable) || !Object.hasOwn(globalThis, variable);
  }).sort();
  if (method) return { source: `({${text}})[${JSON.stringify(name)}]`, captured, obstacle };
  // A recursion through the variable the function is assigned to: the variable travels with it.
  if (captured.length === 1 && captured[0] === name) {
    return {
      source: `(() => { const ${name} = ${text}; return ${name}; })()`,
      captured: [],
      obstacle,
    };
  }
  return { source: `(${text})`, captured, obstacle };
}

interface Tree {
  readonly type: string;
  readonly [key: string]: unknown;
}

function parse(text: string): { tree: Node; fn: Tree; method: boolean } | undefined {
  for (const method of [false, true]) {
    try {
      const tree = parseExpressionAt(method ? `({${text}})` : `(${text})`, 0, {
        ecmaVersion: "latest",
        sourceType: "module",
      });
      if (!method) return { tree, fn: tree as unknown as Tree, method };
      const [property] = (tree as unknown as { properties: Tree[] }).properties;
      if (property?.kind !== "init") return undefined;
      return { tree, fn: property.value as Tree, method };
    } catch {
      // The other form may fit.
    }
  }
  return undefined;
}

/** What in a function's body means something else in another place. */
function findObstacle(fn: Tree): string {
  let found = "";
  const visit = (node: Tree, ownThis: boolean): void => {
    if (found !== "") return;
    if (node.type === "ThisExpression" && !ownThis) found = 'it uses "this", which does not travel';
    else if (node.type === "Super" && !ownThis) found = 'it uses "super", which does not travel';
    else if (node.type === "MetaProperty" && (node.meta as Tree).name === "import") {
      found = 'it uses "import.meta", which is another in every module';
    } else if (node.type === "ImportExpression" && isRelative(node.source as Tree)) {
      found = "it imports a relative path, which means another file elsewhere";
    }
    const inner = ownThis || node.type.startsWith("Class") ||
      (node !== fn && /^Function(Expression|Declaration)$/.test(node.type));
    for (const child of children(node)) visit(child, inner);
  };
  visit(fn, false);
  return found;
}

function isRelative(source: Tree): boolean {
  return source.type !== "Literal" || /^[./]/.test(String(source.value));
}

function* children(node: Tree): Generator<Tree> {
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (typeof item === "object" && item !== null && typeof item.type === "string") yield item;
    }
  }
}
