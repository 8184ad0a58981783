/**
 * The receiving side: finds the function that an address stands for.
 *
 * @module
 */

import { UnknownFunctionError } from "../wire/errors.ts";
import { setTimeout } from "../wire/timers.ts";
import { functionLabel, recall, refKey, remember } from "./function_ref.ts";
import type { FunctionRef } from "./function_ref.ts";
import { GLOBAL_NAMES } from "./function_source.ts";
import { globalState } from "./global_state.ts";
import { functionNamed, functionsIn } from "./exported_functions.ts";
import { importMain, importModule, mayWaitForMain, program } from "./program.ts";
import { functionHash, registrationsNamed } from "./registry.ts";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;
type ExportRef = Extract<FunctionRef, { kind: "export" }>;
type Exports = Readonly<Record<string, unknown>>;

/** Lookups under way, so that a function wanted by many bundles is looked for once. */
const pending = globalState("lookups", () => new Map<string, Promise<AnyFunction>>());

const SAME_PROGRAM = "are all hosts running the same version of the program?";

/**
 * The function an address stands for: at once when this process knows it, else as soon as the
 * program's modules have been imported. It never throws; a failure is a rejection.
 *
 * @returns the function; the promise rejects with an UnknownFunctionError when there is none, when
 * it is not the one the sender has, or when its module cannot be imported.
 */
export function lookup(ref: FunctionRef): Promise<AnyFunction> | AnyFunction {
  const found = recall(ref) ?? registered(ref);
  if (found !== undefined) return found;
  const key = refKey(ref);
  let search = pending.get(key);
  if (search === undefined) {
    search = find(ref).then((fn) => {
      if (ref.kind !== "task") remember(ref, fn);
      return fn;
    });
    pending.set(key, search);
    const forget = () => pending.delete(key);
    search.then(forget, forget);
  }
  return search;
}

// deno-lint-ignore require-await
async function find(ref: FunctionRef): Promise<AnyFunction> {
  switch (ref.kind) {
    case "builtin":
      return builtin(ref.name);
    case "source":
      return rebuild(ref);
    case "task":
      return findTask(ref);
    case "export":
      return findExport(ref);
    default:
      throw new UnknownFunctionError(
        `a function came under an address of an unknown kind, "${(ref as FunctionRef).kind}": ` +
          "are all hosts running the same version of SCOOP?",
      );
  }
}

/** Whoever gets hold of one of these can make functions of any text. */
const MAKERS = new Set<unknown>([
  Function,
  // deno-lint-ignore no-eval
  eval,
  (async () => {}).constructor,
  (function* () {}).constructor,
  (async function* () {}).constructor,
]);

function builtin(name: string): AnyFunction {
  const [first = "", second, ...more] = name.split(".");
  let value: unknown;
  if (GLOBAL_NAMES.has(first) && more.length === 0) {
    const global = Object.hasOwn(globalThis, first) ? Reflect.get(globalThis, first) : undefined;
    if (second === undefined) value = global;
    // Own values only: no accessor runs and no prototype is reached.
    else if (Object(global) === global && second !== "constructor") {
      value = Object.getOwnPropertyDescriptor(global, second)?.value;
    }
  }
  if (typeof value === "function" && !MAKERS.has(value)) return value as AnyFunction;
  throw new UnknownFunctionError(`there is no built-in function "${name}" on this worker`);
}

function rebuild({ name, source }: { name: string; source: string }): AnyFunction {
  let fn: unknown;
  try {
    fn = new Function(`"use strict"; return (${source}\n);`)();
  } catch (error) {
    throw new UnknownFunctionError(
      `the source of "${name}" cannot be used on this worker: ${firstLine(error)}`,
      { cause: error },
    );
  }
  if (typeof fn !== "function") {
    throw new UnknownFunctionError(`the source that came as "${name}" makes no function`);
  }
  // An arrow got its name from the variable it was assigned to; stack traces show it.
  if (fn.name !== name) Object.defineProperty(fn, "name", { value: name, configurable: true });
  return fn as AnyFunction;
}

function registered(ref: FunctionRef): AnyFunction | undefined {
  if (ref.kind !== "task") return undefined;
  return registrationsNamed(ref.name).find(({ hash }) => hash === ref.hash)?.fn;
}

async function findTask(ref: FunctionRef): Promise<AnyFunction> {
  const failures = await importProgram();
  const fn = registered(ref);
  if (fn !== undefined) return fn;
  if (registrationsNamed(ref.name).length > 0) throw differs(ref.name, "task()");
  if (failures.length > 0) throw failures[0];
  throw new UnknownFunctionError(
    `no task() is called "${ref.name}" on this worker: call task() at the top level of a module ` +
      'of the program, outside of "if (import.meta.main)"',
  );
}

/** Imports all that can be; returns why the rest cannot. */
async function importProgram(): Promise<UnknownFunctionError[]> {
  const failures: UnknownFunctionError[] = [];
  const { main, modules } = program();
  for (const url of [main, ...modules]) {
    try {
      await importFor(url);
    } catch (error) {
      failures.push(error as UnknownFunctionError);
    }
  }
  return failures;
}

/** Milliseconds that a module may take which perhaps waits for what nobody can wait for. */
const CYCLE_PATIENCE = 2000;

async function importFor(url: string, name?: string): Promise<Exports> {
  const imported = url === program().main ? importMain(name) : importModule(url);
  try {
    return await (mayWaitForMain(url) ? inTime(imported) : imported);
  } catch (error) {
    throw new UnknownFunctionError(
      `could not import ${url} on this worker: ${firstLine(error)}`,
      { cause: error },
    );
  }
}

function inTime<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    reject,
    CYCLE_PATIENCE,
    new Error(
      "it waits for the main module, which it imports in a cycle, and that waits for its tasks: " +
        "move the functions to a module that does not import the main module",
    ),
  );
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0]!;
}

const NATIVE = functionHash((() => {}).bind(null));

async function findExport(ref: ExportRef): Promise<AnyFunction> {
  const { main } = program();
  const url = ref.module === "" ? main : URL.parse(ref.module, main)?.href ?? ref.module;
  let exports: Exports;
  try {
    exports = await importFor(url, ref.name);
  } catch (error) {
    if ("source" in ref) return rebuild(ref);
    throw error;
  }
  const named = functionNamed(exports, ref.name);
  if (named !== undefined && functionHash(named) === ref.hash) return named;
  const others = [...functionsIn(exports)].map(([, fn]) => fn);
  // All that is made with bind() looks the same.
  const native = ref.hash === NATIVE;
  const same = new Set(native ? [] : others.filter((fn) => functionHash(fn) === ref.hash));
  // Two functions of one source may be closures over different things: neither can be chosen.
  if (same.size === 1) return [...same][0]!;
  if ("source" in ref) return rebuild(ref);
  if (named !== undefined) throw differs(ref.name, url);
  const other = ref.module === "" ? await findElsewhere(ref) : undefined;
  if (other !== undefined) return other;
  throw new UnknownFunctionError(
    `${url} does not export the function ${functionLabel(ref)} on this worker: ${SAME_PROGRAM}`,
  );
}

/**
 * Looks in the other modules of the program: whoever could not read the main module's text, and
 * had not imported the others yet, can only have guessed where the function is.
 */
async function findElsewhere({ name, hash }: ExportRef): Promise<AnyFunction | undefined> {
  const same = new Set<AnyFunction>();
  for (const url of program().modules) {
    const exports = await importFor(url).catch(() => ({}));
    for (const [, fn] of functionsIn(exports)) {
      if (fn.name === name && functionHash(fn) === hash) same.add(fn);
    }
  }
  return same.size === 1 ? [...same][0] : undefined;
}

function differs(name: string, where: string): UnknownFunctionError {
  return new UnknownFunctionError(
    `the function "${name}" of ${where} differs from the sender's: ${SAME_PROGRAM}`,
  );
}
