// deno-lint-ignore-file
import { globalState } from "./global_state.ts";
export interface TaskOptions { name?: string; retries?: number; timeout?: number; idempotent?: boolean }
export const reg = globalState("registry", () => ({ byName: new Map<string, Function>(), options: new WeakMap<Function, TaskOptions>() }));
export function task<F extends (...args: any[]) => unknown>(fn: F, options: TaskOptions = {}): F {
  reg.byName.set(options.name ?? fn.name, fn); reg.options.set(fn, { name: fn.name, ...options }); return fn;
}
export function taskOptions(fn: Function): TaskOptions | undefined { return reg.options.get(fn); }
