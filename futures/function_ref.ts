/**
 * How a function is named so that another process finds it.
 *
 * In this order: it was registered with {@link task}; it is exported by a module of the program; it
 * is built in; its text uses nothing of its surroundings, so the text is sent; otherwise the call
 * fails at once and says what the function captures.
 *
 * @module
 */

import { UnknownFunctionError } from "../wire/errors.ts";
import { nameOfBuiltin } from "./builtins.ts";
import { hashOf } from "./function_hash.ts";
import { analyzeSource } from "./function_source.ts";
import { globalState } from "./global_state.ts";
import { evaluatedMain, isOwnMain, loadModules, mainModule } from "./program.ts";
import { exportPlaces, isShadowed, nameOfModule } from "./program.ts";
import type { Namespace } from "./program.ts";
import { registeredAs } from "./registry.ts";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** Where a function is found. Plain, since it travels. */
export type FunctionRef =
  | { readonly kind: "task"; readonly name: string; readonly hash: string }
  /** `module` is relative to the program's main module, "" that itself, "*" any module of it. */
  | {
    readonly kind: "export";
    readonly module: string;
    readonly name: string;
    readonly hash: string;
  }
  | { readonly kind: "builtin"; readonly name: string }
  | { readonly kind: "source"; readonly name: string; readonly source: string };

const state = globalState("functions", () => ({
  /** What was found out about a function, or told by its module. */
  refs: new WeakMap<AnyFunction, FunctionRef>(),
  /** Functions of this process, by {@link refKey}. */
  known: new Map<string, AnyFunction>(),
  /** Names of the modules whose exports are all in `refs`. */
  indexed: new Set<string>(),
  /** Functions whose place was told by a text alone. */
  guessed: new WeakSet<AnyFunction>(),
}));

/**
 * Names a function.
 *
 * @throws {UnknownFunctionError} when no other process could find it; the message says why.
 */
export function describeFunction(fn: AnyFunction): FunctionRef {
  const known = state.refs.get(fn);
  if (known !== undefined) return known;
  const ref = find(fn);
  rememberFunction(ref, fn);
  return ref;
}

/** Notes that a function of this process answers to `ref`. */
export function rememberFunction(ref: FunctionRef, fn: AnyFunction): void {
  if (!state.refs.has(fn)) state.refs.set(fn, ref);
  const key = refKey(ref);
  if (!state.known.has(key)) state.known.set(key, fn);
}

/** The function of this process that answers to `ref`, if it has come by. */
export function knownFunction(ref: FunctionRef): AnyFunction | undefined {
  return state.known.get(refKey(ref));
}

/** A text that is the same for the same function. */
export function refKey(ref: FunctionRef): string {
  switch (ref.kind) {
    case "source":
      return `source ${ref.source}`;
    case "builtin":
      return `builtin ${ref.name}`;
    case "task":
      return `task ${ref.name} ${ref.hash}`;
    case "export":
      return `export ${ref.module} ${ref.name} ${ref.hash}`;
  }
}

/** A function's name for people. */
export function functionLabel({ kind, name }: FunctionRef): string {
  if (kind === "export" && name === "default") return "the default export";
  return name || "(anonymous)";
}

/** Learns the exports of the program's modules by identity, as far as they can be imported. */
export async function indexExports(): Promise<void> {
  for (const { module, namespace } of await loadModules()) {
    if (namespace !== undefined) indexWhole(module, namespace);
  }
}

/** Learns the exports of a module by identity. */
export function indexModule(module: string, namespace: Namespace): void {
  for (const [name, fn] of functionsIn(namespace)) {
    if (state.refs.has(fn) || registeredAs(fn) !== undefined) continue;
    const ref = { kind: "export", module: nameOfModule(module), name, hash: hashOf(fn) } as const;
    state.refs.set(fn, ref);
  }
}

function indexWhole(module: string, namespace: Namespace): void {
  indexModule(module, namespace);
  state.indexed.add(nameOfModule(module));
}

/** The functions that a module exports, and those in its exported classes and objects. */
export function functionsIn(namespace: Namespace): [name: string, fn: AnyFunction][] {
  const own = Object.entries(namespace);
  const inner = own.flatMap(([name, value]) =>
    ownValues(value).map(([key, member]) => [`${name}.${key}`, member] as const)
  );
  return [...own, ...inner].filter((entry): entry is [string, AnyFunction] =>
    typeof entry[1] === "function"
  );
}

/** What stands in a class or a plain object, without calling a getter. */
function ownValues(value: unknown): [name: string, value: unknown][] {
  if (typeof value !== "function") {
    if (typeof value !== "object" || value === null) return [];
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return [];
  }
  return Object.entries(Object.getOwnPropertyDescriptors(value))
    .filter(([, property]) => "value" in property)
    .map(([name, property]) => [name, property.value]);
}

function find(fn: AnyFunction): FunctionRef {
  const registered = registeredAs(fn);
  if (registered !== undefined) {
    return { kind: "task", name: registered.name, hash: registered.hash };
  }
  if (isOwnMain()) {
    const main = evaluatedMain();
    if (main !== undefined && !state.indexed.has("")) indexWhole(mainModule(), main);
    const indexed = state.refs.get(fn);
    if (indexed !== undefined) return indexed;
  }
  const builtin = nameOfBuiltin(fn);
  if (builtin !== undefined) return { kind: "builtin", name: builtin };
  return findInTexts(fn) ?? sourceOf(fn);
}

/** What the texts of the program's modules say: needed while they are not all evaluated. */
function findInTexts(fn: AnyFunction): FunctionRef | undefined {
  if (!fn.name) return undefined;
  const hash = hashOf(fn);
  const anywhere = { kind: "export", module: "*", name: fn.name, hash } as const;
  const places = exportPlaces(fn.name);
  if (places === undefined) {
    // Nothing could be read. What uses its surroundings may well be exported; the other side knows.
    const { captured, obstacle } = analyzeSource(fn);
    return captured.length === 0 || obstacle !== "" ? undefined : anywhere;
  }
  // Were it exported by a module whose exports are known, it would be known.
  const [place, ...others] = places.filter(({ module }) => !state.indexed.has(module));
  if (place === undefined) return undefined;
  const ref = others.length > 0 ? anywhere : { ...anywhere, ...place };
  const other = knownFunction(ref);
  if (other !== undefined && state.guessed.has(other) && !standsAlone(fn)) {
    throw new UnknownFunctionError(severalSame(fn.name));
  }
  state.guessed.add(fn);
  return ref;
}

/** True for a function that does the same wherever its text is. */
export function standsAlone(fn: AnyFunction): boolean {
  const { captured, obstacle } = analyzeSource(fn);
  return captured.length === 0 && obstacle === "";
}

/** What is said when a name and a text mean more than one function. */
export function severalSame(name: string): string {
  return `there are several functions "${name}" with the same text, and which is meant cannot be ` +
    `told: register each of them with task(fn, { name: "…" })`;
}

function sourceOf(fn: AnyFunction): FunctionRef {
  const { source, captured, globals, obstacle } = analyzeSource(fn);
  const variables = [...captured, ...globals.filter(isShadowed)];
  if (variables.length === 0 && obstacle === "") return { kind: "source", name: fn.name, source };
  throw new UnknownFunctionError(cannotSend(fn.name, variables, obstacle));
}

function cannotSend(name: string, captured: readonly string[], obstacle: string): string {
  const what = name === "" ? "the function" : `the function "${name}"`;
  const list = captured.map((variable) => `"${variable}"`);
  const last = list.pop();
  const names = list.length === 0 ? last : `${list.join(", ")} and ${last}`;
  const why = obstacle !== ""
    ? obstacle
    : `it uses the variable${list.length > 0 ? "s" : ""} ${names} of its surroundings`;
  return `cannot send ${what} to another worker: ${why}. Export it from a module of the program, ` +
    `pass what it needs as arguments, or register it with task() at a module's top level`;
}
