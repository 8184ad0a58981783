/**
 * The modules of the user's program, in this process.
 *
 * @module
 */

import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { globalState } from "./global_state.ts";
import { importsIn, scanModule } from "./module_scan.ts";
import type { ModuleScan } from "./module_scan.ts";

/** The modules of a program that are on this machine. */
export interface ProgramModules {
  /** URL of the main module; "" when there is none that is known. */
  readonly main: string;
  /** URLs of the others. */
  readonly modules: readonly string[];
}

/** A module's exports. */
export type Namespace = Readonly<Record<string, unknown>>;

/** A module of the program and what it exports, or why it could not be imported. */
export interface Loaded {
  readonly module: string;
  readonly namespace: Namespace | undefined;
  readonly error: unknown;
}

/** The text of a module of the program. */
interface ProgramText {
  readonly module: string;
  readonly text: string;
  /** What it says, once somebody had to know; null when it cannot be read. */
  scan: ModuleScan | null | undefined;
}

/** Where something is exported. */
export interface ExportPlace {
  /** A name as of {@link nameOfModule}. */
  readonly module: string;
  /** Its name there; "Circle.area" for what stands in an exported class or object. */
  readonly name: string;
}

const state = globalState("program", () => ({
  program: { main: "", modules: [] } as ProgramModules,
  loading: undefined as Promise<Loaded[]> | undefined,
  /** Set once the main module has been evaluated, where it is this process's own. */
  main: undefined as Namespace | undefined,
  texts: undefined as ProgramText[] | undefined,
  /** What was found in the texts, by name. */
  places: new Map<string, ExportPlace[]>(),
  shadowed: new Map<string, boolean>(),
  /** True while a second copy of the main module is being evaluated. */
  copying: false,
}));

/** Tells which program this process belongs to. */
export function setProgram(program: ProgramModules): void {
  const same = program.main === state.program.main;
  if (same && program.modules.length <= state.program.modules.length) return;
  state.program = program;
  state.loading = undefined;
  state.texts = undefined;
  state.places.clear();
  state.shadowed.clear();
  if (!isOwnMain() || same || !mayRead(program.main)) return;
  // It is fulfilled when the program's top level has ended; awaiting it here would be a deadlock.
  import(program.main).then((namespace) => state.main = namespace, () => {});
}

/** URL of the program's main module. */
export function mainModule(): string {
  return state.program.main;
}

/** True when the program's main module is this process's own, and not imported by a worker. */
export function isOwnMain(): boolean {
  return state.program.main !== "" && state.program.main === Deno.mainModule;
}

/** The main module's exports, if this process runs it and its top level has ended. */
export function evaluatedMain(): Namespace | undefined {
  return state.main;
}

/** True while a second copy of the main module is being evaluated. */
export function isCopying(): boolean {
  return state.copying;
}

/** Imports all modules of the program but its main module on the origin. Never rejects. */
export function loadModules(): Promise<Loaded[]> {
  return state.loading ??= (async () => {
    const { main, modules } = state.program;
    const wanted = isOwnMain() || main === "" ? modules : [main, ...modules];
    return await Promise.all(wanted.map(load));
  })();
}

let copy: Promise<Loaded> | undefined;

/**
 * The main module's exports on the origin.
 *
 * While its top level still runs it cannot be imported, so a second copy is evaluated (whose
 * `import.meta.main` is false), just as every other worker does.
 */
export function loadMain(): Promise<Loaded> {
  const module = state.program.main;
  if (state.main !== undefined) {
    return Promise.resolve({ module, namespace: state.main, error: undefined });
  }
  return copy ??= (async () => {
    state.copying = true;
    try {
      return { ...await load(`${module}?scoop`), module };
    } finally {
      state.copying = false;
    }
  })();
}

async function load(module: string): Promise<Loaded> {
  if (!mayRead(module)) {
    const error = new Error(`there is no permission to read ${module}`);
    return { module, namespace: undefined, error };
  }
  try {
    return { module, namespace: await import(module), error: undefined };
  } catch (error) {
    return { module, namespace: undefined, error };
  }
}

/** A module's name on the wire: relative to the main module, so that folders may differ. */
export function nameOfModule(module: string): string {
  const { main } = state.program;
  if (module === main) return "";
  if (!module.startsWith("file:") || !main.startsWith("file:")) return module;
  const path = relative(fileURLToPath(new URL(".", main)), fileURLToPath(module));
  return `./${path.replaceAll("\\", "/")}`;
}

/** The URL of a module named on the wire. */
export function moduleOfName(name: string): string {
  const { main } = state.program;
  return name === "" ? main : new URL(name, main || undefined).href;
}

/**
 * Where the program's texts export a function that calls itself `name`. Undefined when the main
 * module cannot be read.
 */
export function exportPlaces(name: string): readonly ExportPlace[] | undefined {
  const texts = programTexts();
  if (texts === undefined) return undefined;
  let places = state.places.get(name);
  if (places === undefined) state.places.set(name, places = findPlaces(texts, name));
  return places;
}

function findPlaces(texts: readonly ProgramText[], name: string): ExportPlace[] {
  const own: ExportPlace[] = [];
  const passedOn: ExportPlace[] = [];
  for (const one of texts) {
    // To parse a text takes a while, so those that do not even mention the name are left out.
    if (!one.text.includes(name) || !one.text.includes("export")) continue;
    const scan = scanOf(one);
    const module = nameOfModule(one.module);
    const exported = scan === null ? name : scan.exports.get(name);
    if (exported !== undefined) own.push({ module, name: exported });
    const again = scan?.passedOn.get(name);
    if (again !== undefined) passedOn.push({ module, name: again });
  }
  // What is passed on comes from a module of the program, or from one whose text is not here.
  return own.length > 0 ? own : passedOn.slice(0, 1);
}

/** Whether a module of the program has a variable of its own that is called like a global. */
export function isShadowed(global: string): boolean {
  let shadowed = state.shadowed.get(global);
  if (shadowed === undefined) {
    // Only a text that looks as if it declared the name is worth parsing.
    const hint = new RegExp(`\\b(?:const|let|var|function|class|import)\\b[^=;()]*\\b${global}\\b`);
    shadowed = programTexts()?.some((one) =>
      hint.test(one.text) && scanOf(one)?.declared.has(global)
    ) ?? false;
    state.shadowed.set(global, shadowed);
  }
  return shadowed;
}

function scanOf(one: ProgramText): ModuleScan | null {
  return one.scan ??= scanModule(one.text) ?? null;
}

/** The texts of the main module and of all that it imports, as far as they are on this machine. */
function programTexts(): readonly ProgramText[] | undefined {
  if (state.texts !== undefined) return state.texts;
  const { main, modules } = state.program;
  const texts: ProgramText[] = [];
  const found = new Set([main, ...modules]);
  for (const module of found) {
    const text = readModule(module);
    if (text !== undefined) texts.push({ module, text, scan: undefined });
    else if (module === main) return undefined;
    else continue;
    for (const specifier of importsIn(text)) {
      const url = resolve(specifier, module);
      // A set that grows while it is walked is walked to its new end.
      if (url?.startsWith("file:") && !isForeign(url)) found.add(url);
    }
  }
  return state.texts = texts;
}

/** The URL that an import means; the program's import map is known to Deno. */
function resolve(specifier: string, module: string): string | undefined {
  if (/^\.{0,2}\//.test(specifier)) return URL.parse(specifier, module)?.href;
  try {
    return import.meta.resolve(specifier);
  } catch {
    return undefined;
  }
}

/** Data, installed packages and our own modules are no part of the program. */
function isForeign(url: string): boolean {
  return !/\.[cm]?[jt]sx?([?#]|$)/.test(url) || url.includes("/node_modules/") ||
    url.startsWith(new URL(".", import.meta.url).href) ||
    url === new URL("../mod.ts", import.meta.url).href;
}

function readModule(module: string): string | undefined {
  if (!module.startsWith("file:") || !mayRead(module)) return undefined;
  try {
    return Deno.readTextFileSync(new URL(module));
  } catch {
    return undefined;
  }
}

/** Whether reading or importing a module would go without a prompt. */
function mayRead(module: string): boolean {
  if (!module.startsWith("file:")) return true;
  const url = new URL(module);
  url.search = "";
  return Deno.permissions.querySync({ name: "read", path: url }).state === "granted";
}
