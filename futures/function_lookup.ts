// deno-lint-ignore-file
import { reg } from "./registry.ts";
import { FunctionRef, prog, refKey } from "./function_ref.ts";
export async function lookup(r: FunctionRef): Promise<Function> {
  const known = prog.known.get(refKey(r)); if (known) return known;
  if (r.kind === "builtin") return r.name.split(".").reduce((o: any, k: string) => o[k], globalThis);
  if (r.kind === "source") return (0, eval)("(" + r.source + ")");
  const ns = await import(prog.main === Deno.mainModule ? prog.main + "?scoop" : prog.main);
  return r.kind === "task" ? reg.byName.get(r.name)! : ns[r.name];
}
