import { ProtocolError } from "../wire/errors.ts";
const PROTOCOL = 1;
const KEY = Symbol.for("@scoop/futures");
export function globalState<T>(key: string, create: () => T): T {
  const host = globalThis as unknown as Record<symbol, { protocol: number; parts: Map<string, unknown> }>;
  const state = host[KEY] ??= { protocol: PROTOCOL, parts: new Map() };
  if (state.protocol !== PROTOCOL) throw new ProtocolError("two copies");
  if (!state.parts.has(key)) state.parts.set(key, create());
  return state.parts.get(key) as T;
}
