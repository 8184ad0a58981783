import assert from "node:assert/strict";
import { runAlone, runProgram } from "./launch_program.ts";

/** Runs a test with a program of its own in a folder that is removed. */
async function withProgram(text: string, test: (program: string, folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/program.ts`, text);
    await test(`${folder}/program.ts`, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const TALKS = `
console.log(Deno.cwd(), ...Deno.args, Deno.env.get("TALKS"));
console.error("on stderr: ü");
Deno.exit(7);
`;

Deno.test("a program's output and exit code are told, launched and alone", () =>
  withProgram(TALKS, async (_, folder) => {
    const options = { args: ["-n", "x y"], env: { TALKS: "yes" }, cwd: folder };
    const expected = { code: 7, stdout: `${folder} -n x y yes\n`, stderr: "on stderr: ü\n" };
    assert.deepEqual(await runAlone("program.ts", options), expected);
    const launched = { ...options, workers: 1, flags: ["-A"] };
    assert.deepEqual(await runProgram("program.ts", launched), expected);
  }));

Deno.test("a program that does not end is ended, with all its processes", () =>
  withProgram(`console.log(Deno.pid); setInterval(() => {}, 1000);`, async (program) => {
    const timeout = 6000;
    for (
      const run of [
        () => runAlone(program, { timeout }),
        () => runProgram(program, { timeout, workers: 2 }),
      ]
    ) {
      const error: Error = await run().then(() => assert.fail("it has ended"), (error) => error);
      assert.match(error.message, /program\.ts took longer than 6000 ms; it printed\n\d+\n/);
      const pid = Number(/\n(\d+)\n/.exec(error.message)![1]);
      assert.throws(() => Deno.kill(pid, "SIGCONT"), Deno.errors.NotFound);
    }
  }));
