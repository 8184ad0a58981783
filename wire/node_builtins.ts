/**
 * Node's modules that few processes need. Deno loads what stands behind them when they are imported:
 * `node:crypto`, `node:module` and `node:process` together take 20 ms of a process's start and 5 MB
 * (Deno 2.9.6), so they are loaded by whoever first needs them.
 *
 * @module
 */

import type * as asyncHooks from "node:async_hooks";
import type * as crypto from "node:crypto";
import type * as module from "node:module";
import type process from "node:process";

interface Builtins {
  "node:async_hooks": typeof asyncHooks;
  "node:crypto": typeof crypto;
  "node:module": typeof module;
}

/** The process as Node's programs know it. */
export function nodeProcess(): typeof process {
  return (globalThis as unknown as { process: typeof process }).process;
}

/** A module of Node. */
export function nodeModule<N extends keyof Builtins>(name: N): Builtins[N] {
  return nodeProcess().getBuiltinModule(name) as unknown as Builtins[N];
}
