/**
 * Functions that JavaScript and Deno bring along: `Math.hypot`, `String`, `JSON.parse`.
 *
 * @module
 */

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** They make code out of text, which is not what a name should be able to do. */
const FORBIDDEN = new Set(["eval", "Function", "constructor"]);

/** Globals that ask for a permission or open a file when they are looked at. */
const COSTLY = new Set(["caches", "localStorage", "sessionStorage"]);

let names: Map<unknown, string> | undefined;

/** The path from `globalThis` to a function, such as "Math.hypot"; undefined when there is none. */
export function nameOfBuiltin(fn: AnyFunction): string | undefined {
  names ??= collect();
  const known = names.get(fn);
  if (known !== undefined) return known;
  // Some globals are made when they are first looked at.
  return fn.name !== "" && builtinNamed(fn.name) === fn ? fn.name : undefined;
}

/** The function at a path from `globalThis`, over own properties only. */
export function builtinNamed(path: string): AnyFunction | undefined {
  let value: unknown = globalThis;
  for (const name of path.split(".")) {
    if (FORBIDDEN.has(name)) return undefined;
    const holder = (typeof value === "object" && value !== null) || typeof value === "function";
    const property = holder && Object.getOwnPropertyDescriptor(value as object, name);
    if (!property) return undefined;
    if ("value" in property) value = property.value;
    else if (value === globalThis && !COSTLY.has(name)) value = property.get?.call(globalThis);
    else return undefined;
  }
  return typeof value === "function" ? value as AnyFunction : undefined;
}

function collect(): Map<unknown, string> {
  const found = new Map<unknown, string>();
  const add = (fn: unknown, path: string) => {
    // Some have two names, of which the first, shorter one is enough.
    if (typeof fn === "function" && !found.has(fn)) found.set(fn, path);
  };
  // `globalThis` itself has several names.
  const own = [...ownValues(globalThis)].filter(([, value]) => value !== globalThis);
  for (const [name, value] of own) add(value, name);
  for (const [name, value] of own) {
    if (typeof value !== "function" && typeof value !== "object") continue;
    for (const [inner, method] of ownValues(value as object)) add(method, `${name}.${inner}`);
  }
  return found;
}

/** Own properties that are there already: a getter may ask for a permission. */
function* ownValues(object: object): Generator<[string, unknown]> {
  for (const name of Object.getOwnPropertyNames(object)) {
    const property = Object.getOwnPropertyDescriptor(object, name)!;
    const allowed = !FORBIDDEN.has(name) && "value" in property && property.value !== null;
    if (allowed) yield [name, property.value];
  }
}
