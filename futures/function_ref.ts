// deno-lint-ignore-file
import { reg } from "./registry.ts";
import { globalState } from "./global_state.ts";
export type FunctionRef = Readonly<Record<string, string>> & { kind: string; name: string };
export interface ProgramModules { main: string; modules: string[] }
export const prog = globalState("prog", () => ({ main: "", known: new Map<string, Function>() }));
export function describeFunction(fn: Function): FunctionRef {
  const o = reg.options.get(fn); 
  let r: FunctionRef;
  if (o) r = { kind: "task", name: o.name! };
  else if (/native code/.test(fn.toString())) r = { kind: "builtin", name: (Math as any)[fn.name] === fn ? "Math." + fn.name : fn.name };
  else if (fn.toString().includes("=>")) r = { kind: "source", name: fn.name, source: fn.toString() };
  else r = { kind: "export", name: fn.name };
  prog.known.set(refKey(r), fn); return r;
}
export function refKey(r: FunctionRef): string { return r.kind + ":" + r.name + (r.source ?? ""); }
export function functionLabel(r: FunctionRef | Function): string { return r.name || "(anonymous)"; }
export function setProgram(p: ProgramModules | undefined): void { if (p) prog.main = p.main; }
export async function indexExports(): Promise<void> {}
