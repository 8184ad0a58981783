/**
 * What a module's exports may hold, by the look of its text.
 *
 * A function that is not known among the exports may be told so at once if nothing that is exported
 * could be it: functions that are written where they are exported are found by their text. Behind
 * anything else, `export const capped = limit(square)`, may be any function.
 *
 * @module
 */

import { GLOBAL_NAMES } from "./function_source.ts";
import type { ModuleScan } from "./module_scan.ts";
import { parseModule } from "./module_tree.ts";
import type { Node } from "./module_tree.ts";

/** True when something that a module exports may be a function that its text does not show. */
export function mayExportMore(scan: ModuleScan | undefined): boolean {
  const tree = scan && parseModule(scan);
  if (tree === undefined) return true;
  const body = tree.body as Node[];
  const locals = new Map<string, Node>();
  for (const statement of body) noteLocals(statement, locals);
  return body.some((statement) => isOpaqueExport(statement, locals));
}

/** What names of the top level stand for: declarations, values, or the statement that brings them. */
function noteLocals(statement: Node, locals: Map<string, Node>): void {
  const node = (statement.declaration ?? statement) as Node;
  if (node.type === "VariableDeclaration") {
    for (const { id, init } of node.declarations as { id: Node; init: Node | null }[]) {
      if (id.type === "Identifier") locals.set(id.name as string, init ?? id);
    }
  } else if (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") {
    if (node.id) locals.set((node.id as Node).name as string, node);
  } else if (node.type === "ImportDeclaration") {
    for (const { local } of node.specifiers as { local: Node }[]) {
      locals.set(local.name as string, node);
    }
  }
}

function isOpaqueExport(statement: Node, locals: Map<string, Node>): boolean {
  switch (statement.type) {
    case "ExportAllDeclaration":
      return isForeign(statement);
    case "ExportDefaultDeclaration":
      return isOpaque(statement.declaration as Node, locals);
    case "ExportNamedDeclaration":
      break;
    default:
      return false;
  }
  if (statement.source) return isForeign(statement);
  const { declaration } = statement as { declaration?: Node | null };
  if (declaration?.type === "VariableDeclaration") {
    return (declaration.declarations as { id: Node; init: Node | null }[]).some(({ id, init }) =>
      id.type !== "Identifier" || (init !== null && isOpaque(init, locals))
    );
  }
  if (declaration) return isOpaque(declaration, locals);
  return (statement.specifiers as { local: Node }[]).some(({ local }) => isOpaque(local, locals));
}

/** True for what does not come from a file of the program, which is looked at by itself. */
function isForeign({ source }: Node): boolean {
  return !/^(?:\.{0,2}\/|file:)/.test(String((source as Node).value));
}

/** What has no functions in it that are not written there. */
const PLAIN = new Set([
  ...["Literal", "TemplateLiteral", "FunctionDeclaration", "FunctionExpression"],
  ...["ArrowFunctionExpression", "UnaryExpression", "BinaryExpression", "UpdateExpression"],
]);

function isOpaque(node: Node, locals: Map<string, Node>, depth = 0): boolean {
  if (PLAIN.has(node.type)) return false;
  if (depth > 8) return true;
  const within = (inner: Node | null) => inner !== null && isOpaque(inner, locals, depth + 1);
  switch (node.type) {
    case "Identifier": {
      const value = locals.get(node.name as string);
      if (value === undefined) return !GLOBAL_NAMES.has(node.name as string);
      // Without a value when it was declared.
      if (value.type === "Identifier" && value.name === node.name) return true;
      return value.type === "ImportDeclaration" ? isForeign(value) : within(value);
    }
    case "ObjectExpression":
      return (node.properties as Node[]).some((property) =>
        property.type !== "Property" || within(property.value as Node)
      );
    case "ArrayExpression":
      return (node.elements as (Node | null)[]).some(within);
    case "ClassDeclaration":
    case "ClassExpression":
      return ((node.body as Node).body as Node[]).some((member) =>
        member.type === "StaticBlock" ||
        (member.static && member.value && within(member.value as Node))
      );
    case "NewExpression":
    case "CallExpression":
      return !isPlainCall(node.callee as Node);
    default:
      return true;
  }
}

/** `new Map()`, `Number(…)`, `Math.max(…)`, and `task(…)`, whose functions are known by their name. */
function isPlainCall(callee: Node): boolean {
  const base = callee.type === "MemberExpression" ? callee.object as Node : callee;
  const name = base.type === "Identifier" ? base.name as string : "";
  return name === "task" || (GLOBAL_NAMES.has(name) && name !== "Object" && name !== "Function");
}
