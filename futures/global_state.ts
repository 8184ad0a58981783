/**
 * State of which a process must have one, however many copies of this library it loads.
 *
 * A worker is started from the launcher's copy, and the user's program may import another (a
 * different URL or version). Both must see the same registry, the same runtime and so on, so state
 * hangs on `globalThis` under a symbol that every copy finds.
 *
 * @module
 */

import { ProtocolError } from "../wire/errors.ts";

/** Raised whenever a state that is shared here changes its shape; all copies must agree. */
export const PROTOCOL = 4;

const HOME = Symbol.for("@scoop/futures");

interface Home {
  readonly protocol: number;
  readonly states: Map<string, unknown>;
}

/**
 * The state called `key`, made by `create` when this is the first to ask for it.
 *
 * @throws {ProtocolError} when another copy of this library, which keeps its state in another way,
 * was loaded first.
 */
export function globalState<T>(key: string, create: () => T): T {
  const { states } = home();
  if (!states.has(key)) states.set(key, create());
  return states.get(key) as T;
}

function home(): Home {
  const holder = globalThis as { [HOME]?: Home };
  if (holder[HOME] === undefined) {
    const value: Home = { protocol: PROTOCOL, states: new Map() };
    // Not enumerable, so that it does not show up where programs look at globalThis.
    Object.defineProperty(globalThis, HOME, { value });
  }
  const found = holder[HOME]!;
  if (found.protocol !== PROTOCOL) {
    throw new ProtocolError(
      `two versions of SCOOP met in one process (protocols ${found.protocol} and ${PROTOCOL}): ` +
        "the program must import the version it is launched with",
    );
  }
  return found;
}
