/** Real runs that are slow on purpose: what their reports say of them. */

import assert from "node:assert/strict";
import { runProgram } from "../launch_program.ts";
import { checkPage } from "./pages.ts";

/** What the first sentence of each says. */
const SAYS: Record<string, RegExp> = {
  // On a busy machine that is what it says; not that its tasks were to blame.
  fine: /^The run is fine|spent (starting|without any task|waiting for a processor)/,
  "huge task":
    /waiting for one task: bigTask\(5000\) ran 5(\.\d+)? s on \S+, while all others were over/,
  "tiny tasks": /giving out tasks rather than running them: 3,000,000 tasks/,
  "slow worker": /on a slow worker: uneven took .* on worker-1 and .* elsewhere/,
  "large data": /moving data: .* of arguments and results .* most of it for wide/,
  "serial program": /without any task to run: the program .* between tasks/,
  "one at a time": /too few tasks were known at a time: of 60 in all/,
  // Where processes disagree about the time, on a busy machine, the ends of rounds are not seen.
  rounds: /waiting at the end of each of 1\d rounds|too few tasks were known at a time/,
  "large bundles": /which had \d+ tasks of nap left when the others had none/,
  "serial task": /waiting for prepare\(4000\), which computed 4(\.\d+)? s by itself/,
  "failed attempts": /on attempts that failed and were made again/,
  "few tasks": /there was nothing for them: 1 task for 4 workers/,
};

for (const [name, says] of Object.entries(SAYS)) {
  Deno.test(`causes of real runs: ${name}`, async () => {
    const folder = await Deno.makeTempDir();
    const { code, stderr } = await runProgram("tests/telemetry/programs/slow.ts", {
      workers: 4,
      flags: [`--profile=${folder}`],
      args: [name],
    });
    assert.equal(code, 0, stderr);
    const page = await Deno.readTextFile(`${folder}/report.html`);
    checkPage(page);
    const [, first] = /<p class="first">(.*?)<\/p>/.exec(page)!;
    assert.match(first!, says);
    const { traceEvents } = JSON.parse(await Deno.readTextFile(`${folder}/trace.json`));
    const threads = traceEvents.filter(({ name }: { name: string }) => name === "thread_name");
    assert.equal(threads.length, 4);
    await Deno.remove(folder, { recursive: true });
  });
}
