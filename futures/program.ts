/**
 * The modules of the user's program, in this process.
 *
 * @module
 */

import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { globalState } from "./global_state.ts";
import { scanModule } from "./module_scan.ts";

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

const state = globalState("program", () => ({
  program: { main: "", modules: [] } as ProgramModules,
  loading: undefined as Promise<Loaded[]> | undefined,
  /** Set once the main module has been evaluated, where it is this process's own. */
  main: undefined as Namespace | undefined,
  scanned: undefined as Map<string, string[]> | undefined,
  /** True while a second copy of the main module is being evaluated. */
  copying: false,
}));

/** Tells which program this process belongs to. */
export function setProgram(program: ProgramModules): void {
  const same = program.main === state.program.main;
  if (same && program.modules.length <= state.program.modules.length) return;
  state.program = program;
  state.loading = undefined;
  state.scanned = undefined;
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
 * The exports that the program's texts speak of: names inside the module to "module\nexport".
 * Undefined when the main module cannot be read.
 */
export function scannedExports(): ReadonlyMap<string, readonly string[]> | undefined {
  if (state.scanned !== undefined) return state.scanned;
  const { main, modules } = state.program;
  const found = new Map<string, string[]>();
  const todo = [main, ...modules];
  const seen = new Set<string>(todo);
  for (let module = todo.shift(); module !== undefined; module = todo.shift()) {
    const text = readModule(module);
    if (text === undefined) {
      if (module === main) return undefined;
      continue;
    }
    const { exports, imports } = scanModule(text);
    for (const [local, exported] of exports) {
      const places = found.get(local);
      const place = `${nameOfModule(module)}\n${exported}`;
      if (places === undefined) found.set(local, [place]);
      else places.push(place);
    }
    for (const specifier of imports) {
      const url = URL.parse(specifier, module)?.href;
      if (url === undefined || seen.has(url) || isOurs(url)) continue;
      seen.add(url);
      todo.push(url);
    }
  }
  return state.scanned = found;
}

/** Our own modules are no part of the program. */
function isOurs(url: string): boolean {
  return url.startsWith(new URL(".", import.meta.url).href) ||
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
