/** Notebooks: tasks run in the notebook's own process, and an Executor says why it cannot be. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("./fixtures/notebook.py", import.meta.url));
const MOD = new URL("../../mod.ts", import.meta.url).href;

const CELLS = [
  `const { Executor, map, submit } = await import(${JSON.stringify(MOD)});`,
  "const twice = (x) => x * 2; console.log((await map(twice, [1, 2, 3])).join());",
  "console.log(await submit(Math.hypot, 3, 4));",
  "let k = 3; await submit((x) => x * k, 1).catch((error) => console.log(error.name));",
  "const pool = new Executor({ workers: 1 });",
  "console.log((await pool.ready.catch((error) => error)).message);",
  "console.log(await submit(Math.sqrt, 16));",
  // What a cell prints may come a moment after its end.
  "await new Promise((resolve) => setTimeout(resolve, 1000));",
];

/** The Python that has jupyter_client, if one has. */
async function findPython(): Promise<string | undefined> {
  for (const python of ["/usr/bin/python3", "python3"]) {
    const command = new Deno.Command(python, {
      args: ["-c", "import jupyter_client"],
      stdout: "null",
      stderr: "null",
    });
    const found = await command.output().then(({ success }) => success, () => false);
    if (found) return python;
  }
  return undefined;
}

const python = await findPython();
if (python === undefined) {
  console.log("not here: notebooks, since there is no python3 with jupyter_client");
}

Deno.test({
  name: "notebook: tasks run, and an Executor says why it cannot be",
  ignore: python === undefined,
  async fn() {
    const child = new Deno.Command(python!, {
      args: [SCRIPT],
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(JSON.stringify([Deno.execPath(), ...CELLS])));
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    assert.equal(code, 0, decoder.decode(stderr));
    assert.deepEqual(
      decoder.decode(stdout).trimEnd().split("\n").sort(),
      [
        "2,4,6",
        "4",
        "5",
        "UnknownFunctionError",
        "a program that was typed or piped cannot reach the workers: save it to a file",
        "scoop: running in this process only; to use all cores: save the program to a file, which " +
        "workers can import its functions from",
      ].sort(),
    );
  },
});
