/**
 * Finding a function that another process has named.
 *
 * @module
 */

import { UnknownFunctionError } from "../wire/errors.ts";
import { builtinNamed } from "./builtins.ts";
import { hashOf } from "./function_hash.ts";
import {
  functionsIn,
  indexModule,
  knownFunction,
  rememberFunction,
  severalSame,
  standsAlone,
} from "./function_ref.ts";
import type { FunctionRef } from "./function_ref.ts";
import { isOwnMain, loadMain, loadModules, moduleOfName } from "./program.ts";
import type { Loaded } from "./program.ts";
import { registeredUnder } from "./registry.ts";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

const finding = new Map<FunctionRef, Promise<AnyFunction>>();

/**
 * The function that `ref` names.
 *
 * @throws {UnknownFunctionError} when this process has no such function; the message says why.
 */
export function lookup(ref: FunctionRef): AnyFunction | Promise<AnyFunction> {
  const known = knownFunction(ref);
  if (known !== undefined) return known;
  let found = finding.get(ref);
  if (found === undefined) {
    found = find(ref).finally(() => finding.delete(ref));
    finding.set(ref, found);
  }
  return found;
}

async function find(ref: FunctionRef): Promise<AnyFunction> {
  const fn = await locate(ref);
  rememberFunction(ref, fn);
  return fn;
}

function locate(ref: FunctionRef): AnyFunction | Promise<AnyFunction> {
  switch (ref.kind) {
    case "builtin":
      return builtin(ref.name);
    case "source":
      return build(ref.source, ref.name);
    case "task":
      return findTask(ref.name, ref.hash);
    case "export":
      return findExport(ref.module, ref.name, ref.hash);
    default:
      // It came from a socket.
      throw new UnknownFunctionError(`no function is named by ${JSON.stringify(ref)}`);
  }
}

function builtin(name: string): AnyFunction {
  const fn = builtinNamed(name);
  if (fn === undefined) {
    throw new UnknownFunctionError(`this worker's version of Deno has no ${name}`);
  }
  return fn;
}

function build(source: string, name: string): AnyFunction {
  try {
    return new Function(`"use strict"; return ${source};`)();
  } catch (error) {
    throw new UnknownFunctionError(`the source of "${name}" cannot be used here: ${error}`);
  }
}

/** All modules of the program that could be imported; on the origin, too, its main module. */
async function everything(): Promise<Loaded[]> {
  const loaded = await loadModules();
  const all = isOwnMain() ? [await loadMain(), ...loaded] : loaded;
  for (const { module, namespace } of all) {
    if (namespace !== undefined) indexModule(module, namespace);
  }
  return all;
}

async function findTask(name: string, hash: string): Promise<AnyFunction> {
  let registered = registeredUnder(name);
  if (registered === undefined) {
    const loaded = await everything();
    registered = registeredUnder(name);
    if (registered === undefined) {
      throw new UnknownFunctionError(
        failedImport(loaded) ??
          `no task is registered as "${name}" on this worker: call task() at the top level of a ` +
            `module, not within "if (import.meta.main)"`,
      );
    }
  }
  if (registered.hash !== hash) throw new UnknownFunctionError(differs(`the task "${name}"`));
  return registered.fn;
}

async function findExport(module: string, name: string, hash: string): Promise<AnyFunction> {
  const loaded = await everything();
  const own = module === "*" ? undefined : moduleOfName(module);
  const first = loaded.filter((one) => one.module === own);
  const named = (modules: readonly Loaded[]) => functions(modules).filter(([key]) => key === name);
  // Its place first; then by its name, or by its text alone, wherever they are found once only.
  const exact = named(first).find(([, fn]) => hashOf(fn) === hash);
  if (exact !== undefined) return exact[1];
  for (const found of [named(loaded), functions(loaded)]) {
    const same = new Set(found.map(([, fn]) => fn).filter((fn) => hashOf(fn) === hash));
    const [fn] = same;
    if (fn === undefined) continue;
    if (same.size > 1 && !standsAlone(fn)) throw new UnknownFunctionError(severalSame(name));
    return fn;
  }
  const what = `the function "${name}"`;
  throw new UnknownFunctionError(
    failedImport(first.length > 0 ? first : loaded) ??
      (named(loaded).length > 0
        ? differs(what)
        : `${what} is not exported by the program: export it, or register it with task()`),
  );
}

function functions(modules: readonly Loaded[]): [name: string, fn: AnyFunction][] {
  return modules.flatMap(({ namespace }) => namespace === undefined ? [] : functionsIn(namespace));
}

function failedImport(loaded: readonly Loaded[]): string | undefined {
  const failed = loaded.find(({ namespace }) => namespace === undefined);
  if (failed === undefined) return undefined;
  const { module, error } = failed;
  const text = error instanceof Error ? error.message : String(error);
  return `this worker could not import ${module}: ${text.split("\n", 1)[0]}`;
}

function differs(what: string): string {
  return `${what} is not the same here as where it was called: either it is not the exported one, ` +
    `or the workers do not run the same version of the program`;
}
