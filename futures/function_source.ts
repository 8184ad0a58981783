/**
 * Functions that can be sent as source: those that use nothing of their surroundings but globals.
 *
 * @module
 */

import { analyze } from "npm:periscopic@^4.0";
import { children, parseExpression } from "./parse.ts";
import type { Tree } from "./parse.ts";

/** What a function's text tells. */
export interface SourceAnalysis {
  /** An expression whose value is the function; only meaningful when nothing is in the way. */
  readonly source: string;
  /** Variables of its surroundings that it uses. */
  readonly captured: readonly string[];
  /** Globals that it uses, if its module has no variables of the same names. */
  readonly globals: readonly string[];
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
  const nothing = { source: "", captured: [], globals: [] };
  if (/\{\s*\[native code\]\s*\}$/.test(text)) {
    const what = name.startsWith("bound ") ? "it is a bound function" : "it is native code";
    return { ...nothing, obstacle: what };
  }
  const parsed = parse(text);
  if (parsed === undefined) return { ...nothing, obstacle: "its source cannot be read" };
  const { tree, fn, method } = parsed;
  if (fn.type.startsWith("Class")) return { ...nothing, obstacle: "it is a class" };
  const obstacle = findObstacle(fn);
  const free = [...analyze(tree as unknown as Parameters<typeof analyze>[0]).globals.keys()];
  const isCaptured = (variable: string) => {
    if (variable === "arguments") return fn.type === "ArrowFunctionExpression";
    return AMBIGUOUS.has(variable) || !Object.hasOwn(globalThis, variable);
  };
  // The analysis takes the first words of `new.target` and `import.meta` for variables.
  const variables = free.filter((variable) => !["new", "import"].includes(variable)).sort();
  const captured = variables.filter(isCaptured);
  const globals = variables.filter((variable) => !isCaptured(variable) && variable !== "arguments");
  if (method) return { source: `Object.values({${text}})[0]`, captured, globals, obstacle };
  // A recursion through the variable the function is assigned to: the variable travels with it.
  const others = captured.filter((variable) => variable !== name);
  const recursive = others.length < captured.length;
  const source = recursive ? `(() => { const ${name} = ${text}; return ${name}; })()` : `(${text})`;
  return { source, captured: others, globals, obstacle };
}

function parse(text: string): { tree: Tree; fn: Tree; method: boolean } | undefined {
  const tree = parseExpression(`(${text})`);
  if (tree !== undefined) return { tree, fn: tree, method: false };
  const object = parseExpression(`({${text}})`);
  const [property] = object?.properties as Tree[] | undefined ?? [];
  if (property?.kind !== "init" || property.computed) return undefined;
  return { tree: object!, fn: property.value as Tree, method: true };
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
    } else if (node.type === "ImportExpression") found = importObstacle(node.source as Tree);
    const inner = ownThis || node.type.startsWith("Class") ||
      (node !== fn && /^Function(Expression|Declaration)$/.test(node.type));
    for (const child of children(node)) visit(child, inner);
  };
  visit(fn, false);
  return found;
}

/** Why an imported specifier means something else elsewhere; "" when it does not. */
function importObstacle(source: Tree): string {
  if (source.type !== "Literal") return "it imports a computed path, which may be relative";
  const relative = /^[./]/.test(String(source.value));
  return relative ? "it imports a relative path, which means another file elsewhere" : "";
}
