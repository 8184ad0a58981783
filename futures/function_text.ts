/**
 * What a function is made of, as a digest: when it is another, results that were kept of the
 * function are those of other code.
 *
 * It takes in the function's own source; of its module the statements at the top level that it
 * uses, and those that these use; and the whole texts of the program's local modules that come in
 * that way. Where a text cannot be read so (decorators, JSX, a function made within another), the
 * whole module counts. So a change may be taken for one of the function that is none; one of the
 * function is missed only where no text tells of it: in packages of the same address, in a compiled
 * program, in what is computed at run time.
 *
 * @module
 */

import { nodeModule } from "../wire/node_builtins.ts";
import { isOurs } from "../wire/user_stack.ts";
import type { FunctionHandle } from "./function_handle.ts";
import { dynamicModules, resolveImport, scanOf } from "./module_scan.ts";
import type { ModuleScan } from "./module_scan.ts";
import { children, parseModule } from "./module_tree.ts";
import type { Node } from "./module_tree.ts";
import { moduleTexts, program } from "./program.ts";
import { sourceText } from "./registry.ts";

const digests = new WeakMap<FunctionHandle, Uint8Array>();

/**
 * The SHA-256 of all that is known of a function's code.
 *
 * @param handle whose address is known
 */
export function functionDigest(handle: FunctionHandle): Uint8Array {
  let digest = digests.get(handle);
  if (digest === undefined) {
    const hash = nodeModule("node:crypto").createHash("sha256");
    for (const part of partsOf(handle)) hash.update(`${part.length}:`).update(part);
    digests.set(handle, digest = new Uint8Array(hash.digest()));
  }
  return digest;
}

/** The name of a function for people, and a part of what it is: closures may share their text. */
export function functionName({ ref, label }: FunctionHandle): string {
  switch (ref.kind) {
    case "export":
      return ref.module === "" ? ref.name : `${ref.module}#${ref.name}`;
    case "source":
      return label;
    default:
      return ref.name;
  }
}

function partsOf(handle: FunctionHandle): string[] {
  const { ref, fn } = handle;
  if (ref.kind === "builtin") return ["builtin", ref.name];
  const source = fn === undefined ? "" : sourceText(fn);
  if (ref.kind === "source") return ["source", ref.source];
  const used = new UsedTexts();
  const { main } = program();
  if (ref.kind === "export") used.addFunction(URL.parse(ref.module, main)?.href ?? main, source);
  else {
    const urls = moduleTexts().filter((url) => !isOurs(url));
    const having = urls.filter((url) => scanOf(url)?.code.includes(source));
    for (const url of having.length > 0 ? having : urls) used.addFunction(url, source);
  }
  return [ref.kind, functionName(handle), source, ...used.parts(main)];
}

/** A statement of a module's top level. */
interface Statement {
  readonly node: Node;
  readonly text: string;
  /** All names in it, whatever they stand for. */
  readonly names: ReadonlySet<string>;
  /** Names that it assigns to as a whole or in part. */
  readonly assigns: ReadonlySet<string>;
  /** Specifiers that it loads with `import()`. */
  readonly loads: readonly string[];
}

/** Texts that a function uses. */
class UsedTexts {
  /** By URL; what is used of a module in part has its parts. */
  readonly #texts = new Map<string, string[]>();
  readonly #whole = new Set<string>();
  /** Addresses of packages and of modules that are elsewhere. */
  readonly #outside = new Set<string>();

  /** In an order that depends on nothing but the program's texts. */
  parts(main: string): string[] {
    const folder = main.slice(0, main.lastIndexOf("/") + 1);
    const near = (url: string) => url.startsWith(folder) ? url.slice(folder.length) : url;
    const texts = [...this.#texts].map(([url, texts]) => [near(url), ...texts]);
    texts.sort(([a], [b]) => a! < b! ? -1 : 1);
    return [...texts.flat(), ...[...this.#outside].sort()];
  }

  /** A function of a module, and what it uses of that. */
  addFunction(url: string, source: string): void {
    const scan = scanOf(url);
    const tree = scan && parseModule(scan);
    const at = tree ? scan!.code.indexOf(source) : -1;
    const alone = at >= 0 && scan!.code.indexOf(source, at + 1) < 0;
    const around = alone ? statementOf(tree!, at) : undefined;
    if (around === undefined) return this.#addWhole(url);
    this.#addUsed(url, new ModuleStatements(scan!, tree!), around.awaits ? around.fn : around.node);
  }

  #addUsed(url: string, module: ModuleStatements, root: Node): void {
    const used = new Set<Statement>();
    const open: Iterable<string>[] = [];
    const use = (statement: Statement) => {
      if (used.has(statement)) return;
      used.add(statement);
      open.push(statement.names);
      for (const specifier of statement.loads) this.#addImport(specifier, url);
    };
    const start = module.at(root);
    if (start.node === root) use(start);
    else {
      const { names, loads } = module.read(root);
      open.push(names);
      for (const specifier of loads) this.#addImport(specifier, url);
    }
    const seen = new Set<string>();
    for (let names = open.pop(); names !== undefined; names = open.pop()) {
      for (const name of names) {
        if (seen.has(name)) continue;
        seen.add(name);
        const specifier = module.imports.get(name);
        if (specifier !== undefined) this.#addImport(specifier, url);
        for (const statement of module.about(name)) use(statement);
      }
    }
    const texts = module.statements.filter((one) => used.has(one)).map(({ text }) => text);
    if (!this.#whole.has(url)) this.#texts.set(url, [...this.#texts.get(url) ?? [], ...texts]);
  }

  #addImport(specifier: string, from: string): void {
    const url = resolveImport(specifier, from);
    if (isOurs(url)) return;
    if (url.startsWith("file:") && !PACKAGES.test(url)) this.#addWhole(url);
    else this.#outside.add(url || specifier);
    // The import map of a workspace's member says so, or a package.json: any of them may be meant.
    if (url === "") { for (const any of moduleTexts()) if (!isOurs(any)) this.#addWhole(any); }
  }

  #addWhole(url: string): void {
    if (this.#whole.has(url)) return;
    this.#whole.add(url);
    const scan = scanOf(url);
    this.#texts.set(url, [scan?.text ?? ""]);
    for (const specifier of importsOf(scan)) this.#addImport(specifier, url);
    for (const other of dynamicModules([url])) this.#addWhole(other);
  }
}

/** Where Deno and npm keep packages: their addresses have their versions. */
const PACKAGES = /\/node_modules\/|\/npm\/[^/]+\.[^/]+\//;

/** Specifiers of what a module is loaded with; as its tree has them, where there is one. */
function importsOf(scan: ModuleScan | undefined): readonly string[] {
  const tree = scan && parseModule(scan);
  if (tree === undefined) return scan?.imports ?? [];
  return (tree.body as Node[]).flatMap(({ source }) =>
    source ? [String((source as Node).value)] : []
  );
}

/** The top level of a module. */
class ModuleStatements {
  readonly statements: readonly Statement[];
  /** Specifiers of imported names, by the name they have here. */
  readonly imports = new Map<string, string>();
  readonly #declared = new Map<string, Statement[]>();

  constructor(private readonly scan: ModuleScan, tree: Node) {
    this.statements = (tree.body as Node[]).map((node) => this.read(node));
    for (const statement of this.statements) this.#note(statement);
    const changes = this.statements.map((statement) => this.#changedBy(statement));
    for (const [i, names] of changes.entries()) this.#noteAll(names, this.statements[i]!);
  }

  /** What stands behind a name, and what changes it when the module is loaded. */
  about(name: string): readonly Statement[] {
    return this.#declared.get(name) ?? [];
  }

  /** The statement that a node stands in. */
  at({ start, end }: Node): Statement {
    return this.statements.find(({ node }) => node.start <= start && end <= node.end)!;
  }

  #note(statement: Statement): void {
    const { node } = statement;
    if (node.type === "ImportDeclaration") {
      const specifier = String((node.source as Node).value);
      for (const { local } of node.specifiers as { local: Node }[]) {
        this.imports.set(String(local.name), specifier);
      }
      return;
    }
    this.#noteAll(namesDeclared((node.declaration ?? node) as Node), statement);
  }

  #noteAll(names: Iterable<string>, statement: Statement): void {
    for (const name of names) {
      const known = this.#declared.get(name);
      if (known === undefined) this.#declared.set(name, [statement]);
      else if (!known.includes(statement)) known.push(statement);
    }
  }

  /**
   * The module's names that a statement may change when the module is loaded: what it speaks of, if
   * it is there for that, and what is assigned to in functions that it may call.
   */
  #changedBy({ node, text, names, assigns }: Statement): Set<string> {
    const declaration = (node.declaration ?? node) as Node;
    // What only the program does itself has no effect on workers.
    if (!runsWhenLoaded(declaration) || /\bimport\.meta\.main\b/.test(text)) return new Set();
    const changed = new Set(/Declaration$/.test(declaration.type) ? assigns : names);
    const reached = new Set<Statement>();
    const open = [...names];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      for (const statement of this.about(name)) {
        if (reached.has(statement)) continue;
        reached.add(statement);
        open.push(...statement.names);
        for (const assigned of statement.assigns) changed.add(assigned);
      }
    }
    return changed.intersection(new Set([...this.#declared.keys(), ...this.imports.keys()]));
  }

  /** Walks through a node. */
  read(node: Node): Statement {
    const names = new Set<string>();
    const assigns = new Set<string>();
    const loads: string[] = [];
    const open = [node];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.type === "Identifier") names.add(String(next.name));
      for (const target of targetsOf(next)) {
        const root = rootOf(target);
        if (root !== undefined) assigns.add(root);
      }
      const loaded = next.type === "ImportExpression" ? (next.source as Node).value : undefined;
      if (typeof loaded === "string") loads.push(loaded);
      for (const [, child] of children(next)) open.push(child);
    }
    return { node, text: this.scan.code.slice(node.start, node.end), names, assigns, loads };
  }
}

/** Whether a statement does more than to give a function its name. */
function runsWhenLoaded({ type, declarations }: Node): boolean {
  if (type !== "VariableDeclaration") return !/^(?:Import|Function|ExportAll)/.test(type);
  return !(declarations as Node[]).every(({ init }) => /Function/.test((init as Node)?.type ?? ""));
}

/** What a node may change: `a = 1`, `a++`, `a.push(1)`, `Object.assign(a, b)`. */
function targetsOf(node: Node): Node[] {
  if (node.type === "AssignmentExpression") return [node.left as Node];
  if (node.type === "UpdateExpression") return [node.argument as Node];
  const callee = node.type === "CallExpression" ? node.callee as Node : undefined;
  return callee?.type === "MemberExpression" ? [callee, ...node.arguments as Node[]] : [];
}

/** The name that an expression begins with: `table` of `table.rows[0]`. */
function rootOf(node: Node): string | undefined {
  let at = node;
  while (at.type === "MemberExpression") at = at.object as Node;
  return at.type === "Identifier" ? String(at.name) : undefined;
}

function namesDeclared(node: Node): string[] {
  if (/^(?:Function|Class)Declaration$/.test(node.type)) {
    return node.id ? [String((node.id as Node).name)] : [];
  }
  if (node.type !== "VariableDeclaration") return [];
  const names: string[] = [];
  const open = (node.declarations as { id: Node }[]).map(({ id }) => id);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.type === "Identifier") names.push(String(next.name));
    // Defaults within patterns may name others: those too, which does no harm.
    else for (const [, child] of children(next)) open.push(child);
  }
  return names;
}

/**
 * The statement in which a function stands that begins at a place of the text; undefined where it
 * stands in another function or in a block, from which it may have anything.
 */
function statementOf(
  tree: Node,
  at: number,
): { node: Node; fn: Node; awaits: boolean } | undefined {
  const holds = ({ start, end }: Node) => start <= at && at < end;
  const statement = (tree.body as Node[]).find(holds);
  let awaits = false;
  for (let node = statement; node !== undefined;) {
    if (node.start === at && /Function|MethodDefinition|^Property$/.test(node.type)) {
      return { node: statement!, fn: node, awaits };
    }
    if (/Function|Block/.test(node.type)) return undefined;
    awaits ||= node.type === "AwaitExpression" || node.type === "ExpressionStatement";
    node = [...children(node)].map(([, child]) => child).find(holds);
  }
  return undefined;
}
