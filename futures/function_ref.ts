/**
 * How a function is named on its way to another process.
 *
 * A function does not travel; its address does. In this order it is looked for as: registered with
 * `task()`, exported by a module of the program, built in. What is none of these travels as its own
 * source if it needs nothing but globals; else the call fails.
 *
 * Exports are known exactly, by identity, once a module has been imported here too
 * ({@link indexExports}). Until then, some turns of the event loop after the program's beginning,
 * they are read from the module's text; what that does not tell is looked for later
 * ({@link describeLater}).
 *
 * @module
 */

import { UnknownFunctionError } from "../wire/errors.ts";
import { GLOBAL_NAMES, portableSource } from "./function_source.ts";
import { isOwnModule } from "./own_modules.ts";
import { globalState } from "./global_state.ts";
import { countOf, declares, exportedName, isVariable, likelyName, scanOf } from "./module_scan.ts";
import type { ModuleScan } from "./module_scan.ts";
import { mayExportMore } from "./export_shapes.ts";
import { exportOf, hasBeenSearched, indexExportsNow, learnExports } from "./program.ts";
import { loadedLater, moduleTexts, program, unlearned } from "./program.ts";
import { Recent } from "./recent.ts";
import { isDeclaredAround } from "./surrounding_scopes.ts";
import { functionHash, hashText, ownFunction, registrationOf, sourceText } from "./registry.ts";

export type { ProgramModules } from "./module_scan.ts";
export { indexExports, setProgram } from "./program.ts";

/** How a function is named on the wire. */
export type FunctionRef =
  /** Registered with `task()`. */
  | { kind: "task"; name: string; hash: string }
  /**
   * Exported. `module` is relative to the program's main module: "" for that itself, "./lib.ts", or
   * an absolute URL where there is no relative one. `name` may be that of a function within an
   * exported object or class, `Shape.area`.
   */
  | { kind: "export"; module: string; name: string; hash: string }
  /** The same, by the look of it; `source` is for the case that it is not. */
  | { kind: "export"; module: string; name: string; hash: string; source: string }
  /** Reachable from `globalThis`: "Math.hypot". */
  | { kind: "builtin"; name: string }
  /** An expression that makes the function. */
  | { kind: "source"; name: string; source: string };

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** Functions made at run time that are remembered; who needs another makes it of its source again. */
export const MOST_SOURCES = 1000;

const known = globalState("functions", () => ({
  refs: new WeakMap<AnyFunction, FunctionRef>(),
  /** Not more than the program has. */
  byKey: new Map<string, AnyFunction>(),
  /** Those that came as source, of which a program can make any number. */
  sources: new Recent<AnyFunction>(MOST_SOURCES),
}));

/**
 * Addresses by name and source. `submit((x) => x + 1)` in a loop makes a new function every time,
 * whose source need not be parsed again.
 */
const byText = new Recent<FunctionRef>(MOST_SOURCES);

const WAYS_OUT =
  "Export it from a module, pass what it needs as arguments, or register it with task().";

/**
 * The address of a function that another process can find it by.
 *
 * @throws {UnknownFunctionError} when there is none; the message says what the function uses that
 * does not travel, and what to do.
 */
// deno-lint-ignore ban-types
export function describeFunction(fn: Function): FunctionRef {
  const callable = fn as AnyFunction;
  const registered = registrationOf(callable);
  if (registered !== undefined) {
    return { kind: "task", name: registered.name, hash: registered.hash };
  }
  const before = known.refs.get(callable);
  if (before !== undefined) return before;
  const ref = describe(callable);
  remember(ref, callable);
  return ref;
}

/** Errors of functions whose text has been found, but not which of several is meant. */
const undecided = new WeakSet<Error>();

/**
 * Whether a function that has no address may get one as soon as the exports of all modules are
 * known, which takes some milliseconds at the beginning of a program.
 *
 * @param error why it has none
 */
export function mayBeDescribedLater(error: Error): boolean {
  const urls = unlearned();
  if (undecided.has(error)) return urls.length > 0;
  return urls.some((url) => mayExportMore(scanOf(url)));
}

/**
 * The same as {@link describeFunction}, once the exports of all modules are known.
 *
 * @throws {UnknownFunctionError} when it is none of them.
 */
export async function describeLater(fn: AnyFunction): Promise<FunctionRef> {
  await learnExports(() => exportOf(fn) !== undefined);
  return describeFunction(fn);
}

/** Notes that a function is found by this address, so that it can be sent on and found again. */
export function remember(ref: FunctionRef, fn: AnyFunction): void {
  if (!known.refs.has(fn)) known.refs.set(fn, ref);
  const key = refKey(ref);
  const memory = ref.kind === "source" ? known.sources : known.byKey;
  if (memory.get(key) === undefined) memory.set(key, fn);
}

/** The function of an address, if this process has described it or looked it up before. */
export function recall(ref: FunctionRef): AnyFunction | undefined {
  const key = refKey(ref);
  return ref.kind === "source" ? known.sources.get(key) : known.byKey.get(key);
}

/** A short text that two addresses have in common only when they mean the same function. */
export function refKey(ref: FunctionRef): string {
  switch (ref.kind) {
    case "task":
      return `task:${ref.name}#${ref.hash}`;
    case "export":
      return `export:${ref.module}#${ref.name}#${ref.hash}`;
    case "builtin":
      return `builtin:${ref.name}`;
    case "source":
      // What came from elsewhere may lack it.
      return `source:${ref.name}#${sourceKey(`${ref.source}`)}`;
    default:
      // From another version; nobody will find it, but it has to have a place in maps.
      return JSON.stringify(ref);
  }
}

/** Hashes of sources: the same few come with every bundle, and hashing one takes 3 µs. */
const sourceKeys = new Recent<string>(MOST_SOURCES);

function sourceKey(source: string): string {
  let key = sourceKeys.get(source);
  if (key === undefined) sourceKeys.set(source, key = hashText(source));
  return key;
}

/** The name of a function, or of what an address stands for, for people. */
// deno-lint-ignore ban-types
export function functionLabel(fn: Function | FunctionRef): string {
  return ownFunction(fn.name) ?? (fn.name || "(anonymous)");
}

function describe(fn: AnyFunction): FunctionRef {
  const source = sourceText(fn);
  if (/^class(?![\w$(])/.test(source)) {
    throw cannotSend(fn, "a class is not called as a task; send a function that uses it", false);
  }
  const exact = exportOf(fn);
  if (exact !== undefined) return exportRef(exact.url, exact.name, fn);
  const builtin = builtinName(fn);
  if (builtin !== undefined) return { kind: "builtin", name: builtin };
  if (/\{\s*\[native code\]\s*\}$/.test(source)) {
    return exportedRef(fn, source) ?? fail(cannotSend(
      fn,
      fn.name.startsWith("bound ")
        ? "it was made with bind(), and what it is bound to cannot be read"
        : "it is native code and no global has it under a name",
    ));
  }
  const text = `${fn.name} ${source}`;
  const ref = byText.get(text) ?? describeByText(fn, source);
  if (ref.kind === "source") byText.set(text, ref);
  return ref;
}

function describeByText(fn: AnyFunction, source: string): FunctionRef {
  const place = placeInTexts(source, fn.name);
  if (typeof place === "object") return exportRef(place.url, place.name, fn);
  const portable = portableSource(source, fn.name, surroundings(source));
  const likely = likelyExport(unsearched(), source, fn.name);
  if ("source" in portable) {
    if (likely === undefined || likely.readable) {
      return { kind: "source", name: fn.name, source: portable.source };
    }
    return { ...exportRef(likely.url, likely.name, fn), source: portable.source };
  }
  const exact = exportedRef(fn, source);
  if (exact !== undefined) return exact;
  const other = placeInTexts(source, fn.name) ?? likely;
  if (other === "several") {
    const error = cannotSend(fn, SEVERAL, false);
    undecided.add(error);
    throw error;
  }
  if (other === undefined) throw cannotSend(fn, portable.problem);
  return exportRef(other.url, other.name, fn);
}

/** The address of an export that the modules have to be imported for, as far as that goes at once. */
function exportedRef(fn: AnyFunction, source: string): FunctionRef | undefined {
  indexExportsNow();
  const place = exportOf(fn) ?? loadedLater(fn, (url) => {
    // Who has the function has loaded its module, which costs nothing to import again.
    return scanOf(url)?.code.includes(source) === true;
  });
  return place && exportRef(place.url, place.name, fn);
}

function fail(error: Error): never {
  throw error;
}

const SEVERAL = "the program has several functions of its name and source, and which of them it " +
  "is cannot be told while the program's top level runs. Register it with task()";

/** Modules whose exports are not known by identity. */
function unsearched(): string[] {
  return moduleTexts().filter((url) => !hasBeenSearched(url));
}

/** Where the texts say that a function is exported; "several" when it may have a double. */
function placeInTexts(source: string, name: string) {
  let place: { url: string; name: string } | undefined;
  let count = 0;
  if (name === "") return undefined;
  for (const url of moduleTexts()) {
    const scan = scanOf(url);
    // A program may make any number of functions at run time, whose source is nowhere.
    if (scan === undefined || !scan.text.includes(name) || !scan.code.includes(source)) continue;
    const exported = exportedName(scan, source, name);
    count += countOf(scan, source, name);
    if (exported === undefined) continue;
    // Were it this one, it would be known.
    if (hasBeenSearched(url)) count--;
    else place ??= { url, name: exported };
  }
  return place !== undefined && count > 1 ? "several" : place;
}

/** What is known of the text around a function, from all modules of the program. */
function surroundings(source: string) {
  const scans = (): ModuleScan[] =>
    moduleTexts().filter((url) => !isOwnModule(url)).map(scanOf)
      .filter((scan) => scan !== undefined);
  return {
    declares: (name: string) =>
      scans().some((scan) => declares(scan, name) || isDeclaredAround(scan, source, name)),
    mayBeNamed: (name: string) =>
      moduleTexts().map(scanOf).some((scan) => !scan?.exact || isVariable(scan, name, source)),
  };
}

/**
 * Where a function may be exported that was not found letter by letter, see {@link likelyName}; by
 * the main module if that cannot be read at all. Whoever looks it up has the hash.
 */
function likelyExport(
  urls: string[],
  source: string,
  name: string,
): { url: string; name: string; readable: boolean } | undefined {
  if (name === "") return undefined;
  for (const url of urls) {
    const scan = scanOf(url);
    if (scan === undefined) continue;
    const exported = likelyName(scan, source, name);
    if (exported !== undefined) return { url, name: exported, readable: true };
  }
  const { main } = program();
  const unreadable = urls.includes(main) && scanOf(main) === undefined;
  return unreadable ? { url: main, name, readable: false } : undefined;
}

function exportRef(url: string, name: string, fn: AnyFunction) {
  return { kind: "export" as const, module: relative(url), name, hash: functionHash(fn) };
}

/** A module's address as seen from the main module: hosts may keep a program in other folders. */
function relative(url: string): string {
  const { main } = program();
  if (url === main) return "";
  if (!URL.canParse(url) || !URL.canParse(main)) return url;
  const [to, from] = [new URL(url), new URL(main)];
  if (to.protocol !== from.protocol || to.host !== from.host) return url;
  const there = to.pathname.split("/");
  const here = from.pathname.split("/").slice(0, -1);
  let shared = 0;
  while (shared < here.length && here[shared] === there[shared]) shared++;
  // Nothing but the root in common (the first part is empty): the path is the same everywhere.
  if (shared <= 1 && here.length > 1) return url;
  const up = here.length - shared;
  return (up === 0 ? "./" : "../".repeat(up)) + there.slice(shared).join("/") + to.search;
}

function cannotSend(fn: AnyFunction, problem: string, waysOut = true): UnknownFunctionError {
  const what = /^class\b/.test(sourceText(fn)) ? "class" : "function";
  const subject = fn.name === "" ? `an anonymous ${what}` : `the ${what} "${fn.name}"`;
  return new UnknownFunctionError(
    `cannot send ${subject}: ${problem}.${waysOut ? ` ${WAYS_OUT}` : ""}`,
  );
}

let builtins: Map<unknown, string> | undefined;

function builtinName(fn: AnyFunction): string | undefined {
  builtins ??= findBuiltins();
  const name = builtins.get(fn);
  if (name !== undefined) return name;
  // Many globals are accessors that load what they stand for; only the one asked for is touched.
  const candidate = GLOBAL_NAMES.has(fn.name) && fn.name !== "Function" && fn.name !== "eval";
  return candidate && Reflect.get(globalThis, fn.name) === fn ? fn.name : undefined;
}

/** Functions that globals are or have: `parseInt`, `Math.hypot`. It takes 0.4 ms. */
function findBuiltins(): Map<unknown, string> {
  const found = new Map<unknown, string>();
  const inner: [value: unknown, name: string][] = [];
  for (const name of GLOBAL_NAMES) {
    const value = ownValue(globalThis, name);
    if (value === globalThis || name === "Function" || name === "eval") continue;
    if (typeof value === "function") found.set(value, name);
    if (typeof value !== "function" && (typeof value !== "object" || value === null)) continue;
    for (const key of Object.getOwnPropertyNames(value)) {
      if (key !== "constructor") inner.push([ownValue(value, key), `${name}.${key}`]);
    }
  }
  for (const [value, name] of inner) {
    if (typeof value === "function" && !found.has(value)) found.set(value, name);
  }
  return found;
}

function ownValue(holder: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(holder, key)?.value;
}
