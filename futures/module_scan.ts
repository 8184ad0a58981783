/**
 * What a module's text says about its exports, without running it.
 *
 * The main module of a program cannot be imported while it runs, and the others only later than its
 * first line may need it. What is found here is only used to decide how to name a function; the
 * other side has the proof (see `function_ref.ts`).
 *
 * @module
 */

import { children, parseModule } from "./parse.ts";
import type { Tree } from "./parse.ts";

/** What a module's text says. */
export interface ModuleScan {
  /**
   * Exported names, by the name that the function has inside the module. Functions in exported
   * classes and objects are there too: "area" is exported as "Circle.area".
   */
  readonly exports: ReadonlyMap<string, string>;
  /** The same for what is imported from elsewhere and exported again. */
  readonly passedOn: ReadonlyMap<string, string>;
  /** Names at the module's top level that it declares or imports. */
  readonly declared: ReadonlySet<string>;
}

/** Imported from these, a global is what it is anyway. */
const SAME_AS_GLOBAL = /^(node:)?(buffer|console|perf_hooks|process|timers|url)$/;

const IMPORT = /\b(?:from|import)\s*\(?\s*(["'])([^"'\n]+)\1/g;

/** Specifiers of all that a module imports, perhaps with some that only look like it. */
export function importsIn(text: string): string[] {
  return [...text.matchAll(IMPORT)].map((match) => match[2]!);
}

/** Looks at a module's text; undefined when it cannot be read, as with JSX. */
export function scanModule(text: string): ModuleScan | undefined {
  const body = parseModule(text);
  if (body === undefined) return undefined;
  const scan = new Scan();
  for (const statement of body) if (statement.type === "ImportDeclaration") scan.import(statement);
  for (const statement of body) scan.statement(statement);
  scan.finish();
  return scan;
}

class Scan implements ModuleScan {
  readonly exports = new Map<string, string>();
  readonly passedOn = new Map<string, string>();
  readonly declared = new Set<string>();
  /** Names in other modules, by the name they are imported as. */
  #imported = new Map<string, string>();
  /** Classes and objects at the top level, by their names. */
  #holders = new Map<string, Tree>();

  import(statement: Tree): void {
    const same = SAME_AS_GLOBAL.test((statement.source as Tree).value as string);
    for (const specifier of statement.specifiers as Tree[]) {
      const local = nameOf(specifier.local);
      if (!same) this.declared.add(local);
      if (specifier.type === "ImportSpecifier") {
        this.#imported.set(local, nameOf(specifier.imported));
      }
    }
  }

  statement(statement: Tree): void {
    switch (statement.type) {
      case "ExportNamedDeclaration":
        if (statement.declaration) {
          for (const name of this.#declare(statement.declaration as Tree)) this.#export(name, name);
        }
        return this.#list(statement);
      case "ExportDefaultDeclaration":
        return this.#default(statement.declaration as Tree);
      default:
        this.#declare(statement);
    }
  }

  /** After all statements: what stands in exported classes and objects. */
  finish(): void {
    for (const [local, exported] of [...this.exports]) {
      for (const name of membersOf(this.#holders.get(local))) {
        this.#export(name, `${exported}.${name}`);
      }
    }
  }

  #export(local: string, exported: string): void {
    if (!this.exports.has(local)) this.exports.set(local, exported);
  }

  #list(statement: Tree): void {
    const from = statement.source !== null;
    for (const specifier of statement.specifiers as Tree[]) {
      const local = nameOf(specifier.local);
      const exported = nameOf(specifier.exported);
      const imported = from ? local : this.#imported.get(local);
      if (imported !== undefined) this.passedOn.set(imported, exported);
      else this.#export(local, exported);
    }
  }

  #default(declaration: Tree): void {
    const name = declaration.type === "Identifier"
      ? nameOf(declaration)
      : this.#declare(declaration)[0] ?? "default";
    const imported = this.#imported.get(name);
    if (imported !== undefined) this.passedOn.set(imported, "default");
    else this.#export(name, "default");
    if (name === "default") this.#holders.set(name, declaration);
  }

  /** Notes the names that a statement declares, and returns them. */
  #declare(statement: Tree): string[] {
    const names: string[] = [];
    if (statement.type === "VariableDeclaration") {
      for (const { id, init } of statement.declarations as { id: Tree; init: Tree | null }[]) {
        names.push(...namesIn(id));
        if (id.type === "Identifier" && init !== null) this.#holders.set(nameOf(id), init);
      }
    } else if (/^(Function|Class)Declaration$/.test(statement.type) && statement.id) {
      names.push(nameOf(statement.id));
      this.#holders.set(nameOf(statement.id), statement);
    }
    for (const name of names) this.declared.add(name);
    return names;
  }
}

/** The text of an identifier, or of a string in its place. */
function nameOf(node: unknown): string {
  const { name, value } = node as { name?: string; value?: string | number };
  return name ?? String(value);
}

/** The variables of a pattern such as `{ a, b: [c] }`. */
function namesIn(pattern: Tree): string[] {
  if (pattern.type === "Identifier") return [nameOf(pattern)];
  if (pattern.type === "AssignmentPattern") return namesIn(pattern.left as Tree);
  if (pattern.type === "Property") return namesIn(pattern.value as Tree);
  return [...children(pattern)].flatMap(namesIn);
}

/** Names of the functions in a class (its static ones) or in an object. */
function membersOf(holder: Tree | undefined): string[] {
  if (holder === undefined) return [];
  const isClass = holder.type.startsWith("Class");
  if (!isClass && holder.type !== "ObjectExpression") return [];
  const members = (isClass ? (holder.body as Tree).body : holder.properties) as Tree[];
  return members.filter((member) => {
    const { key, computed, value, kind } = member as { [key: string]: Tree | null };
    if (isClass && !member.static) return false;
    if (!key || key.type === "PrivateIdentifier" || computed) return false;
    return !/[gs]et/.test(`${kind}`) && /Function/.test(value?.type ?? "");
  }).map(({ key }) => nameOf(key));
}
