import assert from "node:assert/strict";
import { inFolder, runScoop } from "../faults/running.ts";

const MOD = new URL("../../mod.ts", import.meta.url).href;

/** A program that has a task executed on a worker and on the origin. */
const PROGRAM = `
import { map, scoop } from "@scoop/futures";
import { triple } from "our/triple";

export async function task(x) {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return [scoop.workerName, triple(x)];
}

if (import.meta.main) {
  const seen = new Map();
  while (seen.size < 2) for (const [name, y] of await map(task, [1, 2, 3, 4])) seen.set(name, y);
  console.log([...seen.keys()].sort().join(), Deno.args.join());
}
`;
const TRIPLE = "export const triple = (x) => 3 * x;\n";
const EXPECTED = "origin,worker-1 a,b c\n";

async function write(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = `${folder}/${name}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
}

const imports = { "@scoop/futures": MOD, "our/": "./src/our/" };

for (
  const [what, files, program, flags] of [
    [
      "its own deno.json",
      {
        "deno.json": JSON.stringify({ imports: { ...imports, "our/triple": "./lib/triple.js" } }),
        "src/program.ts": PROGRAM.replace("task(x)", "task(x: number): Promise<[string, number]>")
          .replace("new Map()", "new Map<string, number>()"),
        "lib/triple.js": TRIPLE,
      },
      "src/program.ts",
      [],
    ],
    [
      "a deno.jsonc and a program in JavaScript",
      {
        "deno.jsonc": `{ // with a comment\n"imports": ${
          JSON.stringify({ ...imports, "our/triple": "./triple.js" })
        } }`,
        "program.js": PROGRAM,
        "triple.js": TRIPLE,
      },
      "program.js",
      [],
    ],
    [
      "an import map of another name",
      {
        "maps/imports.json": JSON.stringify({
          imports: { "@scoop/futures": MOD, "our/triple": "../triple.js" },
        }),
        "program.mjs": PROGRAM,
        "triple.js": TRIPLE,
      },
      "program.mjs",
      ["--import-map", "maps/imports.json"],
    ],
    [
      "a deno.json elsewhere",
      {
        "settings/deno.json": JSON.stringify({
          imports: { "@scoop/futures": MOD, "our/triple": "../triple.js" },
        }),
        "program.js": PROGRAM,
        "triple.js": TRIPLE,
      },
      "program.js",
      ["--config", "settings/deno.json"],
    ],
    [
      "spaces and signs in its names",
      {
        "a folder, 100% ours #1/deno.json": JSON.stringify({
          imports: { "@scoop/futures": MOD, "our/triple": "./the triple.js" },
        }),
        "a folder, 100% ours #1/the triple.js": TRIPLE,
        "a folder, 100% ours #1/the program é.ts": PROGRAM.replace("(x)", "(x: number)").replace(
          "Map()",
          "Map<unknown, unknown>()",
        ),
      },
      "a folder, 100% ours #1/the program é.ts",
      [],
    ],
    [
      "a package.json beside it",
      {
        "package.json": JSON.stringify({ name: "ours", type: "module" }),
        "program.js": PROGRAM.replace("@scoop/futures", MOD).replace("our/triple", "./triple.js"),
        "triple.js": TRIPLE,
      },
      "program.js",
      [],
    ],
    [
      "a package.json and a deno.json",
      {
        "package.json": JSON.stringify({ name: "ours", type: "module" }),
        "deno.json": JSON.stringify({ imports }),
        "program.js": PROGRAM.replace("our/triple", "./triple.js"),
        "triple.js": TRIPLE,
      },
      "program.js",
      [],
    ],
  ] as [string, Record<string, string>, string, string[]][]
) {
  Deno.test(`a project with ${what}`, () =>
    inFolder(async (folder) => {
      await write(folder, files);
      // By a relative path, from a folder that is not the program's.
      const args = ["-n", "2", ...flags, program, "a", "b c"];
      const { code, stdout, stderr } = await runScoop(args, { cwd: folder });
      assert.deepEqual([code, stdout, stderr], [0, EXPECTED, ""]);
    }));
}

Deno.test("a program named from a folder beside its own, and by a link", () =>
  inFolder(async (folder) => {
    await write(folder, {
      "one/program.js": PROGRAM.replace("@scoop/futures", MOD)
        .replace("our/triple", "../two/triple.js"),
      "two/triple.js": TRIPLE,
    });
    await Deno.symlink("../one/program.js", `${folder}/two/link.js`);
    for (const name of ["../one/program.js", "link.js"]) {
      const args = ["-n", "2", name, "a", "b c"];
      const { code, stdout, stderr } = await runScoop(args, { cwd: `${folder}/two` });
      assert.deepEqual([code, stdout, stderr], [0, EXPECTED, ""], name);
    }
  }));
