/**
 * State that all copies of this library in one process share.
 *
 * A program may import another copy of the library than the one that launched it, or two of its
 * packages may. They have to see the same tasks, turns and runtime, so what belongs to the process
 * hangs on a well-known symbol of `globalThis`.
 *
 * @module
 */

import { ProtocolError } from "../wire/errors.ts";

/** Raised whenever the meaning of the shared state changes. */
const PROTOCOL = 1;
const KEY = Symbol.for("@scoop/futures");

interface Shared {
  readonly protocol: number;
  readonly parts: Map<string, unknown>;
}

/**
 * One part of the shared state.
 *
 * @param create makes it, in the first copy that asks.
 * @throws {ProtocolError} when another copy in this process has a different idea of the state.
 */
export function globalState<T>(key: string, create: () => T): T {
  const host = globalThis as unknown as Record<symbol, Shared | undefined>;
  const shared = host[KEY] ??= { protocol: PROTOCOL, parts: new Map() };
  if (shared.protocol !== PROTOCOL) {
    throw new ProtocolError(
      `two versions of @scoop/futures that do not fit together were loaded (state ` +
        `${shared.protocol} and ${PROTOCOL}): import the same version everywhere`,
    );
  }
  if (!shared.parts.has(key)) shared.parts.set(key, create());
  return shared.parts.get(key) as T;
}
