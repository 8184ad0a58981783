/**
 * What is to be done when this process ends, in an order that does not depend on which module was
 * loaded first: what still sends something comes before the sockets are closed.
 *
 * @module
 */

const callbacks = { first: [] as (() => void)[], last: [] as (() => void)[] };
let listens = false;

/** Has something done at the end of this process, also when that is by `Deno.exit`; once. */
export function atEnd(callback: () => void, when: "first" | "last" = "first"): void {
  callbacks[when].push(callback);
  if (listens) return;
  listens = true;
  addEventListener("unload", () => {
    for (const one of callbacks.first.splice(0)) one();
    for (const one of callbacks.last.splice(0)) one();
  });
}
