/**
 * Variables that a task function reads and the program has assigned since its modules were loaded:
 * workers load the modules themselves, so they compute with what those variables were at first, and
 * the numbers are wrong in silence. It cannot be mended here, but it can be told.
 *
 * It is read from the modules' texts, once for each function, and tells what is likely: what only
 * the program itself does (below `import.meta.main`, and in the functions that it calls there) is
 * compared with what the function and those that it calls read. What the task function assigns
 * itself is its own affair, such as a cache.
 *
 * @module
 */

import { breathe } from "../wire/breath.ts";
import { setTimeout } from "../wire/timers.ts";
import type { FunctionHandle } from "./function_handle.ts";
import { resolveImport, scanOf } from "./module_scan.ts";
import { ModuleVariables } from "./module_variables.ts";
import type { Facts, Import } from "./module_variables.ts";
import { moduleTexts, program } from "./program.ts";
import { isOwnModule } from "./own_modules.ts";
import { sourceText } from "./registry.ts";

/** A name of a module's top level. */
interface Place {
  readonly url: string;
  readonly name: string;
}

/** Modules that are looked at; a program of more is not looked through. */
const MOST_MODULES = 30;
/** Characters of a module that is looked at. */
const MOST_TEXT = 300_000;

/** What may be changed at all: variables, and constants that hold objects. */
const CHANGEABLE =
  /^(?:export\s+)?(?:(?:let|var)\s|const\s+[\p{ID_Continue}$]+[^=\n]*=\s*(?:[[{]|new\b|Object\b))/mu;

/** Variables that have been told, so that each is told once. */
const told = new Set<string>();

/** Looks at the variables of a function that may run elsewhere, once, when there is time for it. */
export function examine(handle: FunctionHandle, runtime: Examiner): void {
  if (handle.examined) return;
  handle.examined = true;
  const { isRunning, isOrigin } = runtime.info;
  if (!isRunning || !isOrigin || runtime.keepsTasks || handle.fn === undefined) return;
  const timer = setTimeout(() => void tellChangedVariables(handle, (text) => runtime.report(text)));
  Deno.unrefTimer(timer);
}

/** What the look needs of a runtime. */
interface Examiner {
  readonly info: { readonly isRunning: boolean; readonly isOrigin: boolean };
  /** True where there is nobody else to execute tasks. */
  readonly keepsTasks: boolean;
  report(text: string): void;
}

/**
 * Tells a person which variables a function reads that the program has changed.
 *
 * @param report is given one line for each
 */
export async function tellChangedVariables(
  handle: FunctionHandle,
  report: (text: string) => void,
): Promise<void> {
  let names: string[];
  try {
    names = await changedVariables(handle);
  } catch {
    // Whatever the text holds: it was a hint and no more.
    return;
  }
  if (names.length === 0) return;
  const [it, variables] = names.length === 1 ? ["it", "variable"] : ["them", "variables"];
  const quoted = names.map((name) => `"${name}"`).join(", ");
  report(
    `${handle.label} reads the ${variables} ${quoted}, which the program changes after its start: ` +
      `workers load the program by themselves and do not see that; pass ${it} to ${handle.label} ` +
      `as an argument, or share ${it} with shared.setConst()`,
  );
}

/** The names of such variables that have not been told. */
export async function changedVariables({ fn, ref }: FunctionHandle): Promise<string[]> {
  if (fn === undefined || ref.kind === "source" || ref.kind === "builtin") return [];
  const urls = moduleTexts().filter((url) => !isOwnModule(url));
  if (!urls.some((url) => CHANGEABLE.test(scanOf(url)?.text ?? ""))) return [];
  const look = new Look(urls);
  // To parse a large module takes 50 ms, and the program's results and tasks are not to wait for all.
  for (const url of urls) {
    look.load(url);
    await breathe();
  }
  const own = ref.kind === "export"
    ? look.exportPlaces(URL.parse(ref.module, program().main)?.href ?? program().main, ref.name)
    : undefined;
  const start = own ?? look.factsOf(sourceText(fn));
  if (start === undefined) return [];
  const task = look.reach(start, true);
  const others = look.program(task.places);
  const found: string[] = [];
  for (const [key, name] of task.reads) {
    if (!others.has(key) || task.assigns.has(key) || told.has(key)) continue;
    // What need not be there is meant to be there only in the program, such as an Executor.
    if (task.absent.has(key)) continue;
    told.add(key);
    found.push(name);
  }
  return found;
}

/** Where a walk begins: at a name, or in the code of one module. */
type Start = Place | { readonly url: string; readonly facts: Facts };

/** What code does that is reached from somewhere, by {@link keyOf}. */
interface Reached {
  readonly places: Set<string>;
  readonly reads: Map<string, string>;
  readonly assigns: Set<string>;
  /** Without a value at first, and looked at whether they have one. */
  readonly absent: Set<string>;
}

/** One look at the modules of a program. */
class Look {
  readonly #modules = new Map<string, ModuleVariables | undefined>();

  constructor(private readonly urls: readonly string[]) {}

  /** Parses a module. */
  load(url: string): void {
    this.#module(url);
  }

  #module(url: string): ModuleVariables | undefined {
    if (!this.#modules.has(url)) {
      const scan = this.#modules.size < MOST_MODULES && this.urls.includes(url)
        ? scanOf(url)
        : undefined;
      const small = scan !== undefined && scan.text.length <= MOST_TEXT;
      this.#modules.set(url, small ? ModuleVariables.of(scan) : undefined);
    }
    return this.#modules.get(url);
  }

  /** The place of an export; `Shape.area` is a part of `Shape`. */
  exportPlaces(url: string, name: string): Place | undefined {
    return this.#exported({ from: url, name: name.split(".", 1)[0]! }, url);
  }

  /** What a function of this text does, wherever it stands. */
  factsOf(source: string): Start | undefined {
    for (const url of this.urls) {
      const at = scanOf(url)?.code.indexOf(source) ?? -1;
      const facts = at < 0 ? undefined : this.#module(url)?.factsAt(at);
      if (facts !== undefined) return { url, facts };
    }
    return undefined;
  }

  #exported({ from, name }: Import, importer: string, depth = 0): Place | undefined {
    const url = resolveImport(from, importer);
    const module = this.#module(url);
    if (module === undefined || depth > 8) return undefined;
    const passed = module.passed.get(name);
    if (passed !== undefined) return this.#exported(passed, url, depth + 1);
    const local = module.exports.get(name);
    return local === undefined ? undefined : this.#resolve(url, local, depth + 1);
  }

  /** Where a name of a module's top level is declared. */
  #resolve(url: string, name: string, depth = 0): Place | undefined {
    const imported = this.#module(url)?.imports.get(name);
    if (imported === undefined) return { url, name };
    return imported.name === "*" ? undefined : this.#exported(imported, url, depth);
  }

  /** All that code does, and the functions that it uses. */
  reach(start: Start, whole: boolean, except: ReadonlySet<string> = new Set()): Reached {
    const reached: Reached = {
      places: new Set(),
      reads: new Map(),
      assigns: new Set(),
      absent: new Set(),
    };
    const open: Place[] = [];
    const take = (url: string, facts: Facts) => {
      for (const name of facts.assigns) {
        const place = this.#resolve(url, name);
        if (place !== undefined) reached.assigns.add(keyOf(place));
      }
      for (const name of facts.tests) {
        const place = this.#resolve(url, name);
        if (place && this.#module(place.url)?.isEmpty(place.name)) reached.absent.add(keyOf(place));
      }
      for (const place of this.#readsOf(url, facts)) {
        const module = this.#module(place.url);
        if (module?.isVariable(place.name)) reached.reads.set(keyOf(place), place.name);
        if (module?.runs(place.name)) open.push(place);
      }
    };
    if ("facts" in start) take(start.url, start.facts);
    else open.push(start);
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      const key = keyOf(place);
      if (reached.places.has(key) || except.has(key)) continue;
      reached.places.add(key);
      const facts = this.#module(place.url)?.factsOf(place.name);
      if (facts !== undefined) take(place.url, facts);
      // `export const capped = limit(square)`: all that its value was made of.
      if (whole && facts !== undefined && reached.places.size === 1) {
        for (const made of this.#readsOf(place.url, facts)) open.push(made);
      }
    }
    return reached;
  }

  *#readsOf(url: string, { reads, members }: Facts): Generator<Place> {
    for (const name of reads) {
      const imported = this.#module(url)?.imports.get(name);
      if (imported?.name === "*") {
        for (const member of members.get(name) ?? []) {
          const place = this.#exported({ from: imported.from, name: member }, url);
          if (place !== undefined) yield place;
        }
        continue;
      }
      const place = this.#resolve(url, name);
      if (place !== undefined) yield place;
    }
  }

  /** What the program itself assigns, but for what the task does. */
  program(task: ReadonlySet<string>): Set<string> {
    const { main } = program();
    const module = this.#module(main);
    if (module === undefined) return new Set();
    return this.reach({ url: main, facts: module.program() }, false, task).assigns;
  }
}

function keyOf({ url, name }: Place): string {
  return `${url}#${name}`;
}
