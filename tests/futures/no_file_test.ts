/** Programs that are typed, piped or tested: they run, and are told in one line how to get workers. */

import assert from "node:assert/strict";

const MOD = new URL("../../mod.ts", import.meta.url).href;

const PROGRAM = `const { map } = await import(${JSON.stringify(MOD)});
const twice = (x) => x * 2;
console.log((await map(twice, [1, 2, 3])).join());
`;

async function run(args: string[], text = "") {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

const TO_A_FILE =
  "scoop: running in this process only; to use all cores: save the program to a file," +
  " which workers can import its functions from\n";

Deno.test("no file: standard input, eval and the prompt", async () => {
  const runs = [
    run(["run", "-A", "-"], PROGRAM),
    run(["eval", PROGRAM]),
    run(["repl", "-A", "-q"], PROGRAM),
  ];
  for (const { code, stdout, stderr } of await Promise.all(runs)) {
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^2,4,6$/m);
    assert.ok(stderr.includes(TO_A_FILE), stderr);
  }
});

Deno.test("no file: an Executor there says why it cannot be", async () => {
  const program = `const { Executor } = await import(${JSON.stringify(MOD)});
    const pool = new Executor({ workers: 1 });
    console.log((await pool.ready.catch((error) => error)).message);`;
  const { stdout } = await run(["run", "-A", "-"], program);
  assert.match(stdout, /^a program that was typed or piped cannot reach .*: save it to a file$/m);
});

Deno.test("no file: a test is pointed to an Executor", async () => {
  const folder = await Deno.makeTempDir({ prefix: "scoop-test-" });
  try {
    const test = `${folder}/sums_test.ts`;
    const text = `import { map } from ${JSON.stringify(MOD)};
      export const twice = (x: number) => x * 2;
      Deno.test("sums", async () => console.log((await map(twice, [1, 2])).join()));`;
    await Deno.writeTextFile(test, text);
    const { code, stdout, stderr } = await run(["test", "-A", "--no-check", test]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^2,4$/m);
    assert.match(
      stdout + stderr,
      /to use all cores: make an Executor in the test, which has workers/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
