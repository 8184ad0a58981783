/**
 * What a module exports, declares and imports, read from its text.
 *
 * While the top level of a program's main module awaits, nobody can look at its exports: importing
 * it would wait for that very top level. Its text can be read at any time. Deno prints the same
 * JavaScript for a module whether it loads it or strips its types on request (measured: the source
 * of every exported function of this library is found in that text, letter by letter). So the text
 * can be searched for the very source of a function, and since printed statements begin at the
 * beginning of a line, what stands there tells whether that is an export.
 *
 * Where the types cannot be stripped (JSX, decorators) the text is searched for names alone, which
 * is a hint and no more.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { nodeModule } from "../wire/node_builtins.ts";
import { isOurs } from "../wire/user_stack.ts";

/** Where a program's code is. */
export interface ProgramModules {
  /** URL of the main module. */
  readonly main: string;
  /** URLs of the local modules that are loaded with it; main is not among them. */
  readonly modules: readonly string[];
}

/**
 * The text of one module. Types are stripped only when somebody needs that: it takes a millisecond,
 * and a look at the text as it was written tells of most modules that they have nothing to find.
 */
export class ModuleScan {
  /** As it was written. */
  readonly text: string;
  readonly #extension: string;
  #code: string | undefined;
  #exact = false;
  #exports: ReadonlyMap<string, string> | undefined;
  #imports: readonly string[] | undefined;

  /** @param extension of the module's file, with its dot. */
  constructor(text: string, extension = ".ts") {
    this.text = text;
    this.#extension = extension;
  }

  /** As it runs; as it was written where that cannot be told. */
  get code(): string {
    if (this.#code === undefined) [this.#code, this.#exact] = toCode(this.text, this.#extension);
    return this.#code;
  }

  /** True when `code` holds functions letter by letter as they are when they run. */
  get exact(): boolean {
    return this.code !== undefined && this.#exact;
  }

  /** Exported names and the local names behind them. */
  get exports(): ReadonlyMap<string, string> {
    return this.#exports ??= exportsOf(withoutProse(this.code));
  }

  /** Specifiers of the modules that are loaded with this one. */
  get imports(): readonly string[] {
    return this.#imports ??= importsOf(withoutProse(this.code));
  }

  /** The same before types were stripped: imports that only bring types are among them. */
  get mentioned(): readonly string[] {
    return importsOf(withoutProse(this.text));
  }
}

/** Scans are made once; null is a text that cannot be read. */
const scans = new Map<string, ModuleScan | null>();

/**
 * The scan of a local module; undefined when there is no such file or it may not be read. It never
 * prompts.
 *
 * @param url of the module, as in `import.meta.url`.
 */
export function scanOf(url: string): ModuleScan | undefined {
  let scan = scans.get(url);
  if (scan === undefined) {
    scan = mayRead(url) ? readScan(url) : null;
    scans.set(url, scan);
  }
  return scan ?? undefined;
}

/** True for a local file that this process may read without asking anybody. */
export function mayRead(url: string): boolean {
  if (!url.startsWith("file:")) return false;
  try {
    const path = fileURLToPath(url);
    return Deno.permissions.querySync({ name: "read", path }).state === "granted";
  } catch {
    return false;
  }
}

function readScan(url: string): ModuleScan | null {
  try {
    const text = Deno.readTextFileSync(fileURLToPath(url));
    return new ModuleScan(text, /\.\w+$/.exec(new URL(url).pathname)?.[0]);
  } catch {
    return null;
  }
}

/**
 * Finds the local modules a program is loaded with, by following what their texts import.
 *
 * @param main URL of the program's main module.
 */
export function discoverProgram(main: string): Promise<ProgramModules> {
  return Promise.resolve({ main, modules: localModules(main, "imports") });
}

/**
 * The URLs of the local modules that are loaded with a module; itself is among them only if one of
 * them imports it. What only an unreadable module imports is missing.
 *
 * @param follow "mentioned" is faster and finds some too many, see {@link ModuleScan}.
 */
export function localModules(from: string, follow: "imports" | "mentioned"): string[] {
  const found = new Set<string>();
  for (const url of chain([from], found)) {
    for (const specifier of scanOf(url)?.[follow] ?? []) {
      const imported = resolveImport(specifier, url);
      if (isOfProgram(imported)) found.add(imported);
    }
  }
  return [...found];
}

/** URLs of the local modules that these load with `import()`, where its text says which. */
export function dynamicModules(urls: readonly string[]): string[] {
  const found = urls.flatMap((url) =>
    [...scanOf(url)?.text.matchAll(DYNAMIC) ?? []].map((match) => resolveImport(match[1]!, url))
  );
  return [...new Set(found)].filter(isOfProgram);
}

/** True when loading a module loads another, or a module of the same URL, behind it. */
export function loads(from: string, to: string): boolean {
  return localModules(from, "mentioned").includes(to) && localModules(from, "imports").includes(to);
}

/** One iterable and then another, which may still grow. */
function* chain<T>(first: Iterable<T>, second: Iterable<T>): Generator<T> {
  yield* first;
  yield* second;
}

/** Data, and packages in node_modules or in Deno's cache: no modules of the program. */
const NOT_OURS = /\.(?:json|css|txt|md|wasm)$|\/node_modules\/|\/npm\/[^/]+\.[^/]+\//;

/** Neither that, nor a copy of this library among the program's files: it would take longest. */
function isOfProgram(url: string): boolean {
  return url.startsWith("file:") && !NOT_OURS.test(url) && !isOurs(url);
}

/** The URL of the module that a specifier means; empty when that cannot be known. */
export function resolveImport(specifier: string, from: string): string {
  try {
    if (/^\.{0,2}\//.test(specifier)) return new URL(specifier, from).href;
    if (/^[a-z]+:/.test(specifier)) return specifier;
    // A bare specifier means what the program's import map says, which applies here as well.
    return import.meta.resolve(specifier);
  } catch {
    return "";
  }
}

function toCode(text: string, extension: string): [code: string, exact: boolean] {
  if (/^\.[cm]?js$/.test(extension)) return [text, true];
  if (!/^\.[cm]?ts$/.test(extension)) return [text, false];
  try {
    const { stripTypeScriptTypes } = nodeModule("node:module");
    return [stripTypeScriptTypes(text, { mode: "transform" }), !/^\s*@\w/m.test(text)];
  } catch {
    return [text, false];
  }
}

/** The beginning of a statement at the top level: of a line, or behind a comment. */
const START = String.raw`(?:^|\*\/[ \t]*)`;
/** The same for imports, of which some write several in a line. */
const IMPORT_START = String.raw`(?:^|\*\/|;)[ \t]*`;
const NAME = String.raw`[\p{ID_Start}$_][\p{ID_Continue}$]*`;
const FUNCTION = String.raw`(?:async\s+)?function\s*\*?\s*`;

const DECLARED_EXPORT = new RegExp(
  `${START}export\\s+(default\\s+)?(?:${FUNCTION}|(?:const|let|var|class)\\s+)(${NAME})`,
  "gmu",
);
/** `export const square = sq;` and `export default sq;`: another name of something. */
const ALIAS = new RegExp(
  `${START}export\\s+(?:(?:const|let|var)\\s+(${NAME})\\s*=|default)\\s+(${NAME});?\\s*$`,
  "gmu",
);
const EXPORT_LIST = new RegExp(`${START}export\\s*\\{([^}]*)\\}`, "gmu");
const FROM = new RegExp(
  `${IMPORT_START}(import|export)\\b([^;"'=()]*?)\\bfrom\\s*["']([^"']+)["']`,
  "gmu",
);
const SIDE_EFFECT = new RegExp(`${IMPORT_START}import\\s*["']([^"']+)["']`, "gmu");

const DYNAMIC = /\bimport\(\s*["']([^"']+)["']\s*[,)]/g;

/** Strings are only looked for so that what is in them begins nothing. */
const PROSE = new RegExp(
  [
    String.raw`"(?:[^"\\\n]|\\.)*"`,
    String.raw`'(?:[^'\\\n]|\\.)*'`,
    String.raw`//.*`,
    String.raw`/\*[\s\S]*?\*/`,
    // Behind these it is part of a regular expression.
    "(?<![/\\[\\\\^'\"])`(?:[^`\\\\]|\\\\[\\s\\S])*`",
  ].join("|"),
  "g",
);

/** The code without comments and templates, which may hold whole statements. */
function withoutProse(code: string): string {
  return code.replaceAll(PROSE, (prose) => {
    if (prose.startsWith("/")) return "/**/";
    return prose.startsWith("`") ? "``" : prose;
  });
}

function exportsOf(code: string): Map<string, string> {
  const exports = new Map<string, string>();
  for (const [, isDefault, local] of code.matchAll(DECLARED_EXPORT)) {
    exports.set(isDefault ? "default" : local!, local!);
  }
  for (const [, name = "default", local] of code.matchAll(ALIAS)) exports.set(name, local!);
  for (const [, list] of code.matchAll(EXPORT_LIST)) {
    for (const { imported, local } of names(list!)) exports.set(local, imported);
  }
  return exports;
}

function importsOf(code: string): string[] {
  const from = [...code.matchAll(FROM)].filter((match) => !/^\s*type\s/.test(match[2]!));
  const sideEffects = [...code.matchAll(SIDE_EFFECT)];
  return [...new Set([...from.map((m) => m[3]!), ...sideEffects.map((m) => m[1]!)])];
}

/** The parts of `a, { b as c, type T }, * as d`, types left out. */
function names(clause: string): { imported: string; local: string }[] {
  const parts = clause.split(/[{},]/).map((part) => part.trim());
  return parts.filter((part) => part !== "" && !/^type\s+(?!as\b)/.test(part)).map((part) => {
    const [imported = "", local = imported] = part.split(/\s+as\s+/);
    return { imported: unquoted(imported), local: unquoted(local) };
  });
}

function unquoted(name: string): string {
  return /^["'].*["']$/.test(name) ? name.slice(1, -1) : name;
}

/**
 * The name under which a module exports a function, or undefined.
 *
 * A function that is declared at the top level under its name and with its source is taken for the
 * one that is asked for.
 *
 * @param source of the function, as it is when it runs.
 * @param name of the function.
 */
export function exportedName(scan: ModuleScan, source: string, name: string): string | undefined {
  if (name === "" || !scan.text.includes(name) || !scan.exact) return undefined;
  const { code } = scan;
  for (let at = code.indexOf(source); at >= 0; at = code.indexOf(source, at + 1)) {
    const line = code.slice(code.lastIndexOf("\n", at) + 1, at).replace(/^.*\*\/\s*/, "");
    const named = /^(?:async\s+)?function\b/.test(source);
    if (/^export\s+default\s+\(*$/.test(line) && (named || name === "default")) return "default";
    if (isMember(line, name)) {
      const holder = exportedHolder(scan, at);
      if (holder !== undefined) return `${holder}.${name}`;
    }
    if (!(named && /^(?:export\s+)?$/.test(line)) && variableOf(line) !== name) continue;
    const exported = line.startsWith("export") ? name : exportNames(scan, name)[0];
    if (exported !== undefined) return exported;
  }
  return undefined;
}

/** True when a line begins like a method, or a property that is a function. */
function isMember(line: string, name: string): boolean {
  const [, key] = /^ {2}(?:static )?(?:([^\s:=]+)(?:: | = )\(*)?$/.exec(line) ?? [, null];
  return key === undefined || (key !== null && unquoted(key) === name);
}

/** The exported name of the class or object whose member is at this place, as Deno prints them. */
function exportedHolder({ code, exports }: ModuleScan, at: number): string | undefined {
  const statement = code.slice(0, at).match(/^[^\s}].*$(?![\s\S]*^[^\s}])/m)?.[0] ?? "";
  const local = /^(?:export )?(?:class|const) ([\p{ID_Continue}$]+) (?:.*)\{$/u.exec(statement)
    ?.[1];
  for (const [exported, name] of exports) if (name === local) return exported;
  return undefined;
}

/**
 * How many functions of this name and source a module has, exported or not. Of two that look alike
 * nobody can tell by the text which is meant.
 */
export function countOf(scan: ModuleScan, source: string, name: string): number {
  if (name === "" || !scan.text.includes(name) || !scan.exact) return 0;
  const { code } = scan;
  const word = wordOf(name);
  const named = new RegExp(`^(?:async\\s+)?(?:function\\b)?\\s*\\*?\\s*${word}`).test(source);
  const assigned = new RegExp(`(?<![\\w$])${word}\\s*[=:]\\s*\\(*$`);
  let count = 0;
  for (let at = code.indexOf(source); at >= 0; at = code.indexOf(source, at + 1)) {
    if (named || assigned.test(code.slice(Math.max(0, at - name.length - 5), at))) count++;
  }
  return count;
}

/** The variable whose value begins where this beginning of a line ends. */
function variableOf(line: string): string | undefined {
  const declaration =
    /^(?:export\s+)?(?:const|let|var)\s(?:.*[\s,])?([\p{ID_Continue}$]+)\s*=\s*\(*$/u;
  return declaration.exec(line)?.[1];
}

/**
 * The name under which a module may export a function that {@link exportedName} did not find: its
 * text cannot be compared, it is exported from elsewhere, or it is handed through another function,
 * as in `export const work = traced(function work() {})`.
 */
export function likelyName(scan: ModuleScan, source: string, name: string): string | undefined {
  const exported = exportNames(scan, name)[0];
  if (exported === undefined || !scan.exact) return exported;
  const { code } = scan;
  const statement = new RegExp(
    `${START}(?:export\\s+)?(?:default\\s+)?(?:${FUNCTION}|(?:const|let|var)\\s+)${wordOf(name)}`,
    "mu",
  ).exec(code);
  if (statement === null) return exported;
  const at = code.indexOf(source, statement.index);
  return at >= 0 && !code.slice(statement.index, at).includes("\n") ? exported : undefined;
}

function wordOf(name: string): string {
  return `${name.replaceAll("$", "\\$")}(?![\\w$])`;
}

/** The names under which a module exports a local name. */
export function exportNames(scan: ModuleScan, local: string): string[] {
  if (!scan.text.includes(local)) return [];
  return [...scan.exports].filter((entry) => entry[1] === local).map((entry) => entry[0]);
}

/** True when a variable anywhere in the module is declared with a function of this source. */
export function isVariable(scan: ModuleScan, name: string, source: string): boolean {
  if (!scan.text.includes(name)) return false;
  for (const space of [" = ", "="]) {
    const at = scan.code.indexOf(`${name}${space}${source}`);
    const before = scan.code.slice(Math.max(0, at - 200), Math.max(0, at));
    if (at >= 0 && /\b(?:const|let|var)\s(?:[^;]*[\s,])?$/.test(before)) return true;
  }
  return false;
}

/** These modules export what is global under the same name. */
const SAME_AS_GLOBAL = /^(?:node:)?(?:process|buffer|url|perf_hooks|console|util)$/;

/** True when the module's top level gives a name of its own to something. */
export function declares(scan: ModuleScan, name: string): boolean {
  const word = wordOf(name);
  const perhaps = new RegExp(
    `\\b(?:import|const|let|var|function|class)\\b[^;=()]*[\\s,{[*:]${word}`,
  );
  if (!perhaps.test(scan.text)) return false;
  const declaration = new RegExp(
    `${START}(?:export\\s+)?(?:default\\s+)?(?:(?:${FUNCTION}|class\\s+)${word}|` +
      `(?:const|let|var)\\s(?:[^=\\n]*[\\s,{[:.])?${word}\\s*(?:[=,}\\];]|$))`,
    "mu",
  );
  if (declaration.test(scan.code)) return true;
  for (const [, statement, clause, from] of scan.code.matchAll(FROM)) {
    if (statement === "export" || SAME_AS_GLOBAL.test(from!)) continue;
    if (names(clause!).some(({ local }) => local === name)) return true;
  }
  return false;
}
