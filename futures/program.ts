/**
 * The program's modules, imported to see what they export.
 *
 * Every process imports them: a worker to have the program's functions, the origin to recognise the
 * functions it is given. On the origin they have been loaded long since, but for the main module:
 * its evaluation may not end before the tasks do, and to wait for it from a task would be a
 * deadlock. So a process never awaits the import of its own main module. It asks for it once, at
 * the beginning, and takes what it gets when it comes. Measured (Deno 2.9.6), who asks while the
 * program's modules run for the first time, up to their first `await`, is answered when the main
 * module has been evaluated to its end; who asks a microtask after that, within some milliseconds,
 * with variables that may have no value yet. If the main module is needed earlier it is imported a
 * second time, under another address (`prog.ts?scoop`). In that copy `import.meta.main` is false,
 * and its variables are its own, as on any worker.
 *
 * @module
 */

import { globalState } from "./global_state.ts";
import { fileURLToPath } from "node:url";
import { nodeModule } from "../wire/node_builtins.ts";
import { setTimeout } from "../wire/timers.ts";
import { functionsIn } from "./exported_functions.ts";
import { dynamicModules, loads, localModules, mayRead } from "./module_scan.ts";
import type { ProgramModules } from "./module_scan.ts";

export type { ProgramModules } from "./module_scan.ts";
import { COPY_MARK } from "./registry.ts";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;
type Exports = Readonly<Record<string, unknown>>;

/** Where an exported function is found. */
export interface ExportPlace {
  /** URL of the module. */
  readonly url: string;
  /** The export's name, or `Shape.area` for a function within an exported object or class. */
  readonly name: string;
}

interface State {
  /** True when nobody else is to say where the program is. */
  fixed: boolean;
  program: ProgramModules | undefined;
  /** See {@link moduleTexts}. */
  texts: readonly string[] | undefined;
  /** True when this process was started with the program's main module, as the origin is. */
  isOwnMain: boolean;
  /** Whether the program's modules came with this process, as in a compiled one. */
  isEmbedded: boolean;
  /** The exports of this process's own main module, when they have come. */
  mainExports: Exports | undefined;
  readonly places: WeakMap<AnyFunction, ExportPlace>;
  /** Imports by URL, failed ones left out. */
  readonly imports: Map<string, Promise<Exports>>;
  /** URLs of the modules all of whose exports are in `places`. */
  readonly searched: Set<string>;
  /**
   * Those whose exports were there before all had their values: Deno hands out a module, by
   * `import()`, while its top level still awaits as a part of the program (measured).
   */
  readonly early: Map<string, Exports>;
  /** URLs of modules loaded with `import()` whose exports are asked for. */
  readonly late: Set<string>;
}

const state = globalState<State>("modules", () => ({
  fixed: false,
  program: undefined,
  texts: undefined,
  isOwnMain: false,
  isEmbedded: false,
  mainExports: undefined,
  places: new WeakMap(),
  imports: new Map(),
  searched: new Set(),
  early: new Map(),
  late: new Set(),
}));

/**
 * Tells where the program's code is; without it the main module of this process is the program.
 *
 * When no modules are named, they are found in the texts of those that import them.
 */
export function setProgram(program: ProgramModules | undefined): void {
  if (state.fixed) return;
  const same = program !== undefined && program.main === state.program?.main;
  const modules = program?.modules.filter((url) => url !== program.main) ?? [];
  if (same && modules.length === 0) return;
  state.program = program && { main: program.main, modules };
  state.texts = undefined;
  if (!same && program !== undefined) watchMain(program.main);
}

/** The same for good, for a process whose main module is not the program's. */
export function fixProgram(program: ProgramModules): void {
  setProgram(program);
  state.fixed = true;
}

/**
 * Hands over a program whose modules have been imported already, as in a compiled one: their texts
 * are nowhere to be read.
 *
 * @param modules exports by URL
 */
export function embedProgram(main: string, modules: Readonly<Record<string, Exports>>): void {
  const others = Object.keys(modules).filter((url) => url !== main);
  fixProgram({ main, modules: others });
  state.isOwnMain = false;
  state.isEmbedded = true;
  for (const [url, exports] of Object.entries(modules)) {
    state.imports.set(url, Promise.resolve(exports));
    index(exports, url);
  }
}

/** Whether the program's modules came with this process: nothing else can import them. */
export function isEmbedded(): boolean {
  return state.isEmbedded;
}

/** The program, as far as somebody has told. */
export function program(): ProgramModules {
  if (state.program === undefined) setProgram({ main: ownMain(), modules: [] });
  return state.program!;
}

/** URLs of the modules whose texts may hold the program's functions, main first. */
export function moduleTexts(): readonly string[] {
  const { main, modules } = program();
  state.texts ??= modules.length > 0 ? modules : localModules(main, "mentioned");
  return [main, ...state.texts.filter((url) => url !== main)];
}

/** The URL of this process's main module, or of the Web Worker's; empty where nobody knows. */
export function ownMain(): string {
  try {
    // A Web Worker of the user's has none, but it has begun with a module.
    return (Deno.mainModule as string | undefined) ?? globalThis.location?.href ?? "";
  } catch {
    return "";
  }
}

/**
 * Asks for the exports of this process's own main module. Nobody awaits this import; Deno ends as
 * it would without it (measured: at the end, at an error, at a promise that nobody settles).
 */
function watchMain(main: string): void {
  state.isOwnMain = main !== "" && main === ownMain();
  state.mainExports = undefined;
  if (state.isOwnMain) void askForMain(main);
}

async function askForMain(main: string): Promise<void> {
  // Behind the statements that run now, which may be the main module's first.
  await Promise.resolve();
  try {
    const exports = await import(main);
    if (state.program?.main !== main) return;
    state.mainExports = exports;
    index(exports, main);
  } catch {
    // It failed, and Deno ends the program with that error.
  }
}

/**
 * Milliseconds that exports may take to become known which do not wait for the program's end. It is
 * against waiting for ever: on a machine that has little else to do it takes some milliseconds.
 */
const LEARN = 20_000;

/** URLs of modules whose exports may still become known without waiting for the program's end. */
export function unlearned(): string[] {
  const { main, modules } = program();
  const others = modules.length > 0 ? modules : localModules(main, "imports");
  const urls = [...new Set([...others, ...state.late])].filter((url) =>
    url !== main && !state.searched.has(url) && mayRead(url)
  );
  if (state.isOwnMain ? state.mainExports === undefined : !state.searched.has(main)) {
    urls.unshift(main);
  }
  return urls;
}

/**
 * Looks for the exports that are not known yet, until that is enough.
 *
 * @param enough whether what has become known is what was wanted
 */
export async function learnExports(enough: () => boolean): Promise<void> {
  const { main } = program();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, LEARN);
  const steps = unlearned().map(async (url) => {
    if (url === main && state.isOwnMain) await askForMain(main);
    else await importModule(url).catch(() => {});
    if (enough()) resolve();
  });
  await Promise.race([promise, Promise.all(steps)]);
  clearTimeout(timer);
}

/** Milliseconds after which what the main module has loaded long since must have been imported. */
const AT_ONCE = 50;

/**
 * Imports the program's modules, so that functions are recognised as their exports. The main
 * module is left out where it would have to be waited for. Modules that cannot be imported are
 * passed over; what they export will not be found, and then there is somebody to tell why.
 */
export async function indexExports(): Promise<void> {
  const { main, modules } = program();
  const urls = state.isOwnMain ? modules : [main, ...modules];
  // Without read permission a module could only be loaded by asking the user.
  const free = urls.filter((url) => !url.startsWith("file:") || mayRead(url));
  const all = Promise.allSettled(free.map(importModule));
  if (!state.isOwnMain) return void await all;
  // A module that imports the main module in turn is only there when that has ended.
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, AT_ONCE);
  await Promise.race([all, promise]);
  clearTimeout(timer);
}

/**
 * The same at once, for the caller that would otherwise have to tell the user that a function is
 * not exported. It takes some milliseconds the first time, and passes over modules with a top-level
 * await: those cannot be had without waiting.
 */
export function indexExportsNow(): void {
  const { main, modules } = program();
  const urls = modules.length > 0 ? modules : localModules(main, "imports");
  for (const url of urls) if (url !== main && mayRead(url)) indexNow(url);
}

/** False when that takes time. */
function indexNow(url: string): boolean {
  if (state.searched.has(url)) return true;
  try {
    index(nodeModule("node:module").createRequire(url)(fileURLToPath(url)), url);
    return true;
  } catch {
    // Its exports stay unknown.
    return false;
  }
}

/**
 * Where a function is exported by a module that the program loads with `import()`.
 *
 * @param has whether it stands in that module; others may not have been loaded
 */
export function loadedLater(
  fn: AnyFunction,
  has: (url: string) => boolean,
): ExportPlace | undefined {
  for (const url of dynamicModules(moduleTexts())) {
    if (mayRead(url) && !state.searched.has(url) && has(url) && !indexNow(url)) state.late.add(url);
  }
  return exportOf(fn);
}

/**
 * True when importing a module may wait for the end of this process's main module: because it
 * imports that, or is the main module and imports another that does.
 */
export function mayWaitForMain(url: string): boolean {
  return state.isOwnMain && !state.searched.has(url) && loads(url, program().main);
}

/**
 * Imports a module once, however many ask at the same time.
 *
 * @throws whatever its evaluation threw, or why it cannot be loaded.
 */
export function importModule(url: string): Promise<Exports> {
  let imported = state.imports.get(url);
  if (imported === undefined) {
    imported = load(url);
    state.imports.set(url, imported);
    imported.catch(() => state.imports.delete(url));
  }
  return imported;
}

/**
 * Imports the main module, or its second copy where waiting for the first could be a deadlock.
 *
 * @param name of the export that is wanted; without it, all of them.
 * @throws whatever its evaluation threw, or why it cannot be loaded.
 */
export function importMain(name?: string): Promise<Exports> {
  const { main } = program();
  if (!state.isOwnMain) return importModule(main);
  const exports = state.mainExports;
  if (exports !== undefined && isReady(exports, name)) return Promise.resolve(exports);
  return importModule(copyOf(main));
}

/** False when an export, or any of them, has no value yet. */
function isReady(exports: Exports, name?: string): boolean {
  const names = name === undefined ? Reflect.ownKeys(exports) : [name.split(".", 1)[0]!];
  try {
    for (const name of names) Reflect.get(exports, name);
    return true;
  } catch {
    return false;
  }
}

function copyOf(url: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}${COPY_MARK}`;
}

async function load(url: string): Promise<Exports> {
  const exports = await import(url);
  const { main } = program();
  const copy = url === copyOf(main);
  index(exports, copy ? main : url, copy);
  return exports;
}

function index(exports: Exports, url: string, copy = false): void {
  for (const [name, fn] of functionsIn(exports)) {
    if (!state.places.has(fn)) state.places.set(fn, { url, name });
  }
  // The functions of a second copy are not those the program itself has.
  if (copy) return;
  if (isReady(exports)) {
    state.searched.add(url);
    state.early.delete(url);
  } else state.early.set(url, exports);
}

/** Where a function is exported, as far as the imports have shown. */
export function exportOf(fn: AnyFunction): ExportPlace | undefined {
  const place = state.places.get(fn);
  if (place !== undefined) return place;
  const { mainExports } = state;
  const { main } = program();
  if (mainExports !== undefined && !state.searched.has(main)) state.early.set(main, mainExports);
  // Some of their exports may have got their values since.
  for (const [url, exports] of [...state.early]) index(exports, url);
  return state.places.get(fn);
}

/** True when all exports of a module are known, so that its text has nothing to add. */
export function hasBeenSearched(url: string): boolean {
  return state.searched.has(url);
}
