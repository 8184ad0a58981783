/**
 * Functions that travel as source: those that need nothing of the place they were written in.
 *
 * The source is parsed and its free variables are found. They must all be globals, which are the
 * same in every process.
 *
 * @module
 */

import { children, parseExpression, scopesOf } from "./module_tree.ts";
import type { Node } from "./module_tree.ts";

/** What is known of the place a function was written in. */
export interface Surroundings {
  /** True when the program gives a global's name to something of its own. */
  declares(name: string): boolean;
  /** True when `const name = <the function>` may be what the program says. */
  mayBeNamed(name: string): boolean;
}

/** An expression that makes the function again, or why there is none. */
export type Portable = { readonly source: string } | { readonly problem: string };

/** The names that are global before a program has added its own. */
export const GLOBAL_NAMES: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(globalThis));

/**
 * Globals that are taken for variables of the program. Everybody has a variable called `name`, and
 * a function that uses it would silently get the global one on a worker; hardly anybody sends a
 * function that needs one of these. Names that are declared at the top level of a module are found
 * in its text; this list is for those of functions and blocks.
 */
const OFTEN_SHADOWED = new Set(
  ("name status event close closed self location origin parent top length open stop print " +
    "screen history alert confirm prompt caches global onerror onload onunload").split(" "),
);

/** A parsed function, and how its text begins in the text that was parsed. */
interface Parsed {
  readonly node: Node;
  readonly text: string;
  readonly method: boolean;
}

/**
 * The source to send for a function.
 *
 * @param text of the function, as its `toString` gives it.
 * @param name of the function; a function without a name in its text may call itself by it.
 */
export function portableSource(text: string, name: string, surroundings: Surroundings): Portable {
  const parsed = parse(text);
  if ("problem" in parsed) return parsed;
  const { node, method } = parsed;
  const found = inspect(node);
  if (found.problem !== undefined) return { problem: found.problem };
  const anonymous = node.type === "ArrowFunctionExpression" || node.id === null;
  const recursive = anonymous && !method && found.calledOnly.has(name) &&
    surroundings.mayBeNamed(name);
  const captured = freeVariables(node).filter((variable) => {
    // An arrow has none of its own.
    if (variable === "arguments") return found.usesArguments && node.type.startsWith("Arrow");
    if (variable === name && recursive) return false;
    return !GLOBAL_NAMES.has(variable) || OFTEN_SHADOWED.has(variable) ||
      surroundings.declares(variable);
  });
  if (captured.length > 0) return { problem: capturedProblem(captured) };
  const source = expression(parsed);
  const free = recursive && !GLOBAL_NAMES.has(name);
  return { source: free ? `(() => { const ${name} = ${source}; return ${name}; })()` : source };
}

function capturedProblem(names: string[]): string {
  if (names.some((name) => name.startsWith("_apply_decs"))) {
    return "it uses decorators, which need more than its own source";
  }
  const quoted = names.slice(0, 5).map((name) => `"${name}"`);
  if (quoted.length === 1) return `it uses the variable ${quoted[0]} of its surroundings`;
  const more = names.length > 5 ? `${names.length - 5} more` : quoted.pop();
  return `it uses the variables ${quoted.join(", ")} and ${more} of its surroundings`;
}

function parse(text: string): Parsed | { problem: string } {
  try {
    const parsed = parseExpression(text);
    if (/Function/.test(parsed.type) && parsed.end === text.length) {
      return { node: parsed, text, method: false };
    }
  } catch {
    // A method's source is no expression.
  }
  try {
    const inObject = `({${text}})`;
    const object = parseExpression(inObject);
    const property = (object.properties as Node[])[0]!;
    if (property.kind !== "init") return { problem: `it is a ${property.kind}ter` };
    return { node: property.value as Node, text: inObject, method: true };
  } catch (error) {
    const reason = (error as Error).message.replace(/ \(\d+:\d+\)$/, "");
    return { problem: `its source makes no sense by itself (${reason})` };
  }
}

/** A method becomes a function without a name, since its name is no variable inside of it. */
function expression({ node, text, method }: Parsed): string {
  if (!method) return text;
  const keyword = `${node.async ? "async " : ""}function${node.generator ? "*" : ""} `;
  return keyword + text.slice(node.start, node.end);
}

/** What a walk through a function's tree shows. */
interface Findings {
  /** What forbids sending it. */
  readonly problem: string | undefined;
  /** Names that are used only to call what they stand for. */
  readonly calledOnly: Set<string>;
  /** True when `arguments` is used where it is not that of a function within. */
  readonly usesArguments: boolean;
}

function inspect(root: Node): Findings {
  const called = new Set<string>();
  const used = new Set<string>();
  let problem: string | undefined;
  let usesArguments = false;
  /** `own` is true where `this` means that of the function itself. */
  const visit = (node: Node, own: boolean): void => {
    problem ??= problemOf(node, own);
    const inner = own && !(node !== root && isFunctionWithThis(node));
    for (const [key, child, callee] of children(node)) {
      if (child.type === "Identifier") (callee ? called : used).add(child.name as string);
      usesArguments ||= inner && child.name === "arguments";
      const field = node.type === "PropertyDefinition" && key === "value";
      visit(child, inner && !field && node.type !== "StaticBlock");
    }
  };
  visit(root, true);
  return { problem, calledOnly: called.difference(used), usesArguments };
}

function isFunctionWithThis(node: Node): boolean {
  return node.type === "FunctionExpression" || node.type === "FunctionDeclaration";
}

function problemOf(node: Node, own: boolean): string | undefined {
  if (node.type === "ThisExpression" && own) return 'it uses "this", which does not travel with it';
  if (node.type === "Super" && own) return 'it uses "super", which does not travel with it';
  if (node.type === "MetaProperty") {
    if ((node.meta as Node).name === "import") return "it uses import.meta of its module";
    if (own) return "it uses new.target, and a task is never called with new";
  }
  if (node.type === "ImportExpression" && !/^[a-z]+:/.test(String((node.source as Node).value))) {
    return "it uses import() with something other than a full URL";
  }
  const callee = node.type === "CallExpression" ? node.callee as Node : undefined;
  if (callee?.type === "Identifier" && callee.name === "eval") {
    return "it uses eval(), which can reach all its surroundings";
  }
  return undefined;
}

/** Names that are used and not declared within. The tree is changed; nobody may use it after. */
function freeVariables(root: Node): string[] {
  const { globals } = scopesOf(root);
  // The words of import.meta and new.target are reported as well, which are no variables.
  return [...globals.keys()].filter((name) => name !== "import" && name !== "new").toReversed();
}
