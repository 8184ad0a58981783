/** Two modules with a function of the same name and text, which do different things. */

import { evaluate as evaluateA, twice as twiceA } from "./same_a.ts";
import { evaluate as evaluateB, twice as twiceB } from "./same_b.ts";
import { handleOf } from "../../../futures/function_handle.ts";
import { setProgram } from "../../../futures/program.ts";

if (import.meta.main) {
  setProgram({ main: Deno.mainModule, modules: [] });
  const { ref } = handleOf(evaluateA);
  const alike = handleOf(twiceA) === handleOf(twiceB);
  let error = "";
  try {
    handleOf(evaluateB);
  } catch (thrown) {
    error = String(thrown);
  }
  console.log(JSON.stringify({ ref, alike, error }));
}
