/**
 * Functions that JavaScript and Deno bring along: `Math.hypot`, `String`, `JSON.parse`.
 *
 * @module
 */

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** They make code out of text, which is not what a name should be able to do. */
const FORBIDDEN = new Set(["eval", "Function"]);

let names: Map<unknown, string> | undefined;

/** The path from `globalThis` to a function, such as "Math.hypot"; undefined when there is none. */
export function nameOfBuiltin(fn: AnyFunction): string | undefined {
  names ??= collect();
  return names.get(fn);
}

/** The function at a path from `globalThis`, over own properties only. */
export function builtinNamed(path: string): AnyFunction | undefined {
  let value: unknown = globalThis;
  for (const name of path.split(".")) {
    if (FORBIDDEN.has(name)) return undefined;
    const holder = (typeof value === "object" && value !== null) || typeof value === "function";
    if (!holder || !Object.hasOwn(value as object, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return typeof value === "function" ? value as AnyFunction : undefined;
}

function collect(): Map<unknown, string> {
  const found = new Map<unknown, string>();
  for (const [name, value] of ownValues(globalThis)) {
    if (FORBIDDEN.has(name) || name === "globalThis") continue;
    if (typeof value === "function" && !found.has(value)) found.set(value, name);
    if (typeof value !== "function" && typeof value !== "object") continue;
    for (const [inner, method] of ownValues(value as object)) {
      if (typeof method !== "function" || found.has(method)) continue;
      if (inner !== "constructor") found.set(method, `${name}.${inner}`);
    }
  }
  return found;
}

/** Own properties that are there already: a getter may ask for a permission. */
function* ownValues(object: object): Generator<[string, unknown]> {
  for (const name of Object.getOwnPropertyNames(object)) {
    const property = Object.getOwnPropertyDescriptor(object, name)!;
    if ("value" in property && property.value !== null) yield [name, property.value];
  }
}
