/**
 * An origin that is sent tasks while its top level has not ended. Prints what came of it.
 */

import { hashOf } from "../../../futures/function_hash.ts";
import { lookup } from "../../../futures/function_lookup.ts";
import { describeFunction } from "../../../futures/function_ref.ts";
import { evaluatedMain, setProgram } from "../../../futures/program.ts";
import { registeredUnder, task } from "../../../futures/registry.ts";

const offset = 100;
const counts = globalThis as { evaluations?: number };
counts.evaluations = (counts.evaluations ?? 0) + 1;

export function exported(x: number): number {
  return x + offset;
}
export function nested(x: number): number {
  // In a second copy of this module it is that copy's function which is named.
  return x + JSON.stringify(describeFunction(exported)).length;
}
const early = task(function early(x: number): number {
  return x + 2 * offset;
});

const report: Record<string, unknown> = {};
if (import.meta.main) {
  setProgram({ main: Deno.mainModule, modules: [] });
  report.evaluatedAtFirst = evaluatedMain() !== undefined;
  // As from another worker: this process has not come across any of them.
  const hash = hashOf(exported);
  const found = await lookup({ kind: "export", module: "", name: "exported", hash });
  report.export = [found(1), found === exported];
  report.again = await lookup({ kind: "export", module: "", name: "exported", hash }) === found;
  report.nested = await callNested();
  report.early = await lookup(describeFunction(early)) === early;
  const lateTask = await lookup({ kind: "task", name: "late", hash: hashOf(late) });
  report.late = [lateTask(1), lateTask === late, registeredUnder("late")?.fn === late];
  report.evaluations = counts.evaluations;
}

function late(x: number): number {
  return x + 3 * offset;
}
task(late);

if (import.meta.main) {
  // The copy came first; the original takes its place, and only once.
  report.registered = registeredUnder("late")?.fn === late;
  report.conflict = errorOf(() => task((x: number) => x + offset, { name: "late" }));
  const ref = describeFunction(exported);
  setTimeout(async () => {
    report.evaluatedAtLast = evaluatedMain() !== undefined;
    report.same = JSON.stringify(describeFunction(exported)) === JSON.stringify(ref);
    // Now the program itself can be looked into.
    const hash = hashOf(last);
    report.last = await lookup({ kind: "export", module: "", name: "last", hash }) === last;
    report.evaluations = counts.evaluations;
    console.log(JSON.stringify(report));
  }, 20);
}

async function callNested(): Promise<number> {
  const fn = await lookup({ kind: "export", module: "", name: "nested", hash: hashOf(nested) });
  return fn(0) as number;
}

export function last(): number {
  return offset;
}

function errorOf(call: () => unknown): string {
  try {
    call();
    return "";
  } catch (error) {
    return String(error);
  }
}
