import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runAlone } from "../launch_program.ts";

const PROGRAM = fileURLToPath(new URL("./fixtures/sharing_program.ts", import.meta.url));

Deno.test("sharing: what a program shares reaches the workers of all its Executors", async () => {
  const { code, stdout, stderr } = await runAlone(PROGRAM, { timeout: 60_000 });
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), {
    scattered: "[3,7,7]",
    map: "[3,7,3]",
    passedOn: "200000",
    constants: "[[1],2]",
    ofATask: "5",
    taken: 'the shared constant "of a task" is set already, and constants do not change',
    fresh: 'nobody has set the shared constant "fresh" within 20 ms',
    freshThen: "3",
    released: "a scattered value that a task needs has been released",
    later: "[[1],3]",
    bytes: "100000 1",
  });
  assert.doesNotMatch(stderr, /in this process only/);
});
