import assert from "node:assert/strict";
import { configureLogging, getLogger } from "../../telemetry/logging.ts";

/** What is logged by a record of each level at this verbosity. */
function logged(verbosity: number, name?: string): string[] {
  const lines: string[] = [];
  configureLogging({ verbosity, ...(name ? { name } : {}), write: (line) => lines.push(line) });
  const log = getLogger("test");
  log.debug("d");
  log.info("i {number} {text} {list}", { number: 1, text: "t", list: [1, "x"] });
  log.warning("w\n  two {error}", { error: new TypeError("why") });
  log.error("e");
  configureLogging({ verbosity: -1 });
  return lines;
}

Deno.test("each verbosity shows its levels, one line a record", () => {
  const [debug, info, warning, error] = [
    "scoop: d\n",
    'scoop: i 1 t [ 1, "x" ]\n',
    "scoop: w | two why\n",
    "scoop: e\n",
  ];
  assert.deepEqual(logged(-1), []);
  assert.deepEqual(logged(0), [warning, error]);
  assert.deepEqual(logged(1), [info, warning, error]);
  assert.deepEqual(logged(2), [debug, info, warning, error]);
  assert.deepEqual(logged(9), logged(2));
});

Deno.test("a name is shown", () => {
  assert.deepEqual(logged(0, "worker-1"), ["scoop worker-1: w | two why\n", "scoop worker-1: e\n"]);
});
