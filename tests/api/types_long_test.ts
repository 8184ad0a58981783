/** Types: right calls compile, and wrong ones do not. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

Deno.test("the types of calls are what they should be", async () => {
  const fixture = fileURLToPath(new URL("./types/calls.ts", import.meta.url));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", fixture],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
});
