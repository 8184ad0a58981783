/**
 * Functions of Deno's that are replaced by others. Some of them are loaded when they are first looked
 * at, which takes 10 ms for those that start processes and servers (Deno 2.9.6): they are replaced
 * then, and not before.
 *
 * @module
 */

/**
 * Has `home` give out what `replace` makes of what it has under a name, once somebody asks for it.
 *
 * @returns false where that cannot be: it has been frozen
 */
export function replaceWhenUsed(
  home: object,
  name: string,
  replace: (original: unknown) => unknown,
): boolean {
  const before = Object.getOwnPropertyDescriptor(home, name);
  if (before === undefined || before.configurable !== true) return false;
  let replaced: { value: unknown } | undefined;
  Object.defineProperty(home, name, {
    configurable: true,
    enumerable: before.enumerable === true,
    get() {
      replaced ??= { value: replace(before.get ? before.get.call(home) : before.value) };
      return replaced.value;
    },
    set(value: unknown) {
      replaced = { value };
    },
  });
  return true;
}
