/**
 * Tasks that spawn tasks in the first second of a program.
 *
 * @module
 */

import { submit } from "../../mod.ts";
import { fib, known } from "./fib.ts";
import { answer, readWorkload } from "./report.ts";

if (import.meta.main) {
  const start = performance.now();
  const { n } = readWorkload("coldFib");
  const result = await submit(fib, n);
  const seconds = (performance.now() - start) / 1000;
  answer({ seconds, right: result === known(n) });
}
