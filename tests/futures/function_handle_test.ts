import assert from "node:assert/strict";
import { FunctionHandle } from "../../futures/function_handle.ts";

Deno.test("handle: whatever others say they measured, its mean stays a number", () => {
  const handle = new FunctionHandle({ kind: "builtin", name: "Math.abs" }, Math.abs);
  for (let i = 0; i < 3; i++) handle.observe(Number.MAX_VALUE, 1);
  assert.ok(Number.isFinite(handle.mean * 4096), `${handle.mean}`);
  // It forgets.
  for (let i = 0; i < 100; i++) handle.observe(4096, 4096);
  assert.ok(handle.mean < 2, `${handle.mean}`);
});
