/**
 * What the parts of a module's top level read, assign and change, found in its tree.
 *
 * @module
 */

import { children, parseText, scopesOf } from "./module_tree.ts";
import type { Node, Scope } from "./module_tree.ts";
import type { ModuleScan } from "./module_scan.ts";

/** What some code does with the names of its module's top level. */
export interface Facts {
  readonly reads: Set<string>;
  /** Names of a module that is imported as a whole, `lib.rate`, by the name it has here. */
  readonly members: Map<string, Set<string>>;
  /** Assigned as a whole, or (an object, an array) in part. */
  readonly assigns: Set<string>;
  /** Looked at whether they have a value at all. */
  readonly tests: Set<string>;
}

/** Where an imported name comes from; `name` is "*" for the module as a whole. */
export interface Import {
  readonly from: string;
  readonly name: string;
}

/** A name of the top level. */
interface Declared {
  readonly node: Node;
  /** False for functions and classes. */
  readonly variable: boolean;
}

/** Methods that change what they are called on. Those that empty it only reset a cache. */
const CHANGING = new Set(
  "push unshift pop shift splice set add sort reverse fill copyWithin".split(" "),
);
const CHANGING_FIRST = new Set(["assign", "defineProperty", "defineProperties", "setPrototypeOf"]);
/** Calls whose first arguments are functions that run as tasks; the number of these. */
const SPAWNING = new Map(
  Object.entries({ submit: 1, map: 1, mapAsCompleted: 1, mapReduce: 2, mapScan: 2 }),
);

/** See the module's text. */
export class ModuleVariables {
  /** Imported names, by the name they have here. */
  readonly imports = new Map<string, Import>();
  /** Exported names, and the local ones behind them; what is passed on stands in `passed`. */
  readonly exports = new Map<string, string>();
  readonly passed = new Map<string, Import>();
  readonly #declared = new Map<string, Declared>();
  readonly #facts = new Map<string, Facts>();
  readonly #tree: Node;
  readonly #map: WeakMap<object, Scope>;
  readonly #root: Scope;

  private constructor(private readonly code: string, tree: Node) {
    const { map, scope } = scopesOf(tree);
    this.#tree = tree;
    this.#map = map;
    this.#root = scope;
    for (const statement of tree.body as Node[]) this.#declare(statement);
  }

  /** Undefined for a text that cannot be read so. */
  static of(scan: ModuleScan): ModuleVariables | undefined {
    const tree = parseText(scan);
    try {
      return tree === null ? undefined : new ModuleVariables(scan.code, tree);
    } catch {
      // The analysis is made for what everybody writes, and knows not all.
      return undefined;
    }
  }

  #declare(statement: Node): void {
    const source = (statement.source as Node | null | undefined)?.value as string | undefined;
    if (statement.type === "ImportDeclaration") return this.#noteImports(statement, source!);
    const specifiers = statement.specifiers as Record<string, Node>[] | undefined;
    for (const { local, exported } of specifiers ?? []) {
      if (source === undefined) this.exports.set(nameOf(exported!), nameOf(local!));
      else this.passed.set(nameOf(exported!), { from: source, name: nameOf(local!) });
    }
    const node = (statement.declaration ?? statement) as Node;
    const exported = statement.declaration !== undefined && statement.declaration !== null;
    const note = (name: string, value: Node, variable: boolean) => {
      this.#declared.set(name, { node: value, variable });
      const isDefault = statement.type === "ExportDefaultDeclaration";
      if (exported) this.exports.set(isDefault ? "default" : name, name);
    };
    if (node.type === "VariableDeclaration") {
      for (const { id, init } of node.declarations as { id: Node; init: Node | null }[]) {
        for (const { name } of targets(id)) note(name, init ?? id, true);
      }
    } else if (/^(?:Function|Class)Declaration$/.test(node.type)) {
      note(node.id ? nameOf(node.id as Node) : "default", node, false);
    } else if (exported) note("default", node, false);
  }

  #noteImports(statement: Node, from: string): void {
    for (const { type, local, imported } of statement.specifiers as Record<string, Node>[]) {
      const kind = type as unknown as string;
      const name = kind === "ImportSpecifier" ? nameOf(imported!) : "default";
      const whole = kind === "ImportNamespaceSpecifier";
      this.imports.set(nameOf(local!), { from, name: whole ? "*" : name });
    }
  }

  /** True for what is no function or class. */
  isVariable(name: string): boolean {
    return this.#declared.get(name)?.variable === true;
  }

  /** True for a variable that has no value when its module has been loaded. */
  isEmpty(name: string): boolean {
    const declared = this.#declared.get(name);
    if (declared === undefined || !declared.variable) return false;
    const { type, name: value, raw } = declared.node;
    return (type === "Identifier" && (value === name || value === "undefined")) || raw === "null";
  }

  /** Whether code runs when a name of the top level is used: a function, a class, an object of them. */
  runs(name: string): boolean {
    const declared = this.#declared.get(name);
    if (declared === undefined) return false;
    return !declared.variable || /Function|Class|^ObjectExpression$/.test(declared.node.type);
  }

  /** What stands behind a name of the top level. */
  factsOf(name: string): Facts | undefined {
    const declared = this.#declared.get(name);
    if (declared === undefined) return undefined;
    let facts = this.#facts.get(name);
    if (facts === undefined) this.#facts.set(name, facts = this.#collect([declared.node]));
    return facts;
  }

  /** What a function does whose text begins here. */
  factsAt(start: number): Facts | undefined {
    const found = find(this.#tree, start);
    return found && this.#collect([found]);
  }

  /** What only the program itself does: `if (import.meta.main) { … }`, and what `startup` is given. */
  program(): Facts {
    const nodes = (this.#tree.body as Node[]).flatMap((statement) => this.#guarded(statement));
    return this.#collect(nodes);
  }

  #guarded(statement: Node): Node[] {
    if (statement.type === "IfStatement") {
      const test = statement.test as Node;
      if (!this.#asksForMain(test)) return [];
      const negated = test.type === "UnaryExpression";
      return [negated ? statement.alternate : statement.consequent].filter((one) => one) as Node[];
    }
    if (statement.type !== "ExpressionStatement") return [];
    let node = statement.expression as Node;
    if (node.type === "AwaitExpression") node = node.argument as Node;
    if (node.type === "LogicalExpression" && this.#asksForMain(node.left as Node)) {
      return [node.right as Node];
    }
    const callee = node.callee as Node | undefined;
    return node.type === "CallExpression" && callee?.name === "startup" ? [node] : [];
  }

  #asksForMain({ start, end }: Node): boolean {
    return /\bimport\.meta\.main\b|\bisOrigin\b/.test(this.code.slice(start, end));
  }

  #collect(nodes: readonly Node[]): Facts {
    const facts: Facts = {
      reads: new Set(),
      members: new Map(),
      assigns: new Set(),
      tests: new Set(),
    };
    for (const node of nodes) this.#walk(node, this.#scopeAround(node), facts);
    return facts;
  }

  /** The scope in which a node stands. */
  #scopeAround(node: Node): Scope {
    let scope = this.#root;
    let within: Node | undefined = this.#tree;
    while (within !== undefined && within !== node) {
      let next: Node | undefined;
      for (const [, child] of children(within)) {
        if (child.start <= node.start && node.end <= child.end) next = child;
      }
      if (next !== undefined && next !== node) scope = this.#map.get(next) ?? scope;
      within = next;
    }
    return scope;
  }

  #walk(node: Node, outer: Scope, facts: Facts): void {
    const scope = this.#map.get(node) ?? outer;
    const own = (name: string) => {
      const owner = scope.find_owner(name);
      // periscopic does not know `import * as name`.
      return owner === this.#root || (owner === null && this.imports.has(name));
    };
    const assign = (target: Node) => {
      for (const { name } of targets(target)) if (own(name)) facts.assigns.add(name);
    };
    const tested = testedBy(node);
    if (tested?.type === "Identifier" && own(nameOf(tested))) facts.tests.add(nameOf(tested));
    switch (node.type) {
      case "Identifier":
        if (own(nameOf(node))) facts.reads.add(nameOf(node));
        return;
      case "MemberExpression":
        this.#noteMember(node, own, facts);
        break;
      case "AssignmentExpression":
        assign(node.left as Node);
        // What is only assigned is not read.
        if (node.operator === "=" && (node.left as Node).type === "Identifier") {
          return this.#walk(node.right as Node, scope, facts);
        }
        break;
      case "UpdateExpression":
        assign(node.argument as Node);
        break;
      case "ForOfStatement":
      case "ForInStatement":
        if ((node.left as Node).type !== "VariableDeclaration") assign(node.left as Node);
        break;
      case "CallExpression": {
        const changed = changedBy(node);
        if (changed !== undefined) assign(changed);
        return this.#walkCall(node, scope, facts);
      }
    }
    for (const [, child] of children(node)) this.#walk(child, scope, facts);
  }

  #noteMember(node: Node, own: (name: string) => boolean, { members }: Facts): void {
    const { object, property } = node as unknown as { object: Node; property: Node };
    if (object.type !== "Identifier" || node.computed || !own(nameOf(object))) return;
    const names = members.get(nameOf(object)) ?? new Set();
    members.set(nameOf(object), names.add(nameOf(property)));
  }

  /** A function that is given to `map` runs as a task, and not here. */
  #walkCall(node: Node, scope: Scope, facts: Facts): void {
    const callee = node.callee as Node;
    const name = callee.type === "Identifier" ? nameOf(callee) : "";
    const tasks = SPAWNING.get(name) ?? 0;
    this.#walk(callee, scope, facts);
    for (const [i, argument] of (node.arguments as Node[]).entries()) {
      if (i >= tasks || argument.type !== "Identifier") this.#walk(argument, scope, facts);
    }
  }
}

function nameOf(node: Node): string {
  return String(node.name ?? node.value);
}

/** The names that an assignment to this changes, as a whole or in part. */
function* targets(node: Node): Generator<{ name: string }> {
  switch (node.type) {
    case "Identifier":
      yield { name: nameOf(node) };
      return;
    case "MemberExpression":
      return yield* targets(node.object as Node);
    case "AssignmentPattern":
      return yield* targets(node.left as Node);
    case "RestElement":
      return yield* targets(node.argument as Node);
    case "ArrayPattern":
      for (const element of node.elements as (Node | null)[]) if (element) yield* targets(element);
      return;
    case "ObjectPattern":
      for (const property of node.properties as Node[]) {
        yield* targets((property.value ?? property.argument) as Node);
      }
  }
}

/** What is looked at whether it has a value: `pool?.size`, `pool ?? other`, `pool === undefined`. */
function testedBy(node: Node): Node | undefined {
  switch (node.type) {
    case "MemberExpression":
    case "CallExpression":
      return node.optional ? (node.object ?? node.callee) as Node : undefined;
    case "LogicalExpression":
      return node.left as Node;
    case "IfStatement":
    case "ConditionalExpression":
      return node.test as Node;
    case "UnaryExpression":
      return node.operator === "!" ? node.argument as Node : undefined;
    case "BinaryExpression": {
      const { left, right, operator } = node as unknown as Record<string, Node>;
      if (!/^[=!]==?$/.test(String(operator))) return undefined;
      return isNothing(right!) ? left : isNothing(left!) ? right : undefined;
    }
  }
  return undefined;
}

function isNothing(node: Node): boolean {
  return node.raw === "null" || (node.type === "Identifier" && node.name === "undefined");
}

/** What a call changes: `list.push(…)`, `Object.assign(settings, …)`. */
function changedBy(call: Node): Node | undefined {
  const callee = call.callee as Node;
  if (callee.type !== "MemberExpression" || callee.computed) return undefined;
  const { object, property } = callee as unknown as { object: Node; property: Node };
  if (CHANGING.has(nameOf(property))) return object;
  const isStatic = nameOf(object) === "Object" || nameOf(object) === "Reflect";
  return isStatic && CHANGING_FIRST.has(nameOf(property))
    ? (call.arguments as Node[])[0]
    : undefined;
}

/** The function that begins here. */
function find(node: Node, start: number): Node | undefined {
  if (node.start === start && /Function/.test(node.type)) return node;
  for (const [, child] of children(node)) {
    if (child.start <= start && start < child.end) {
      const found = find(child, start);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
