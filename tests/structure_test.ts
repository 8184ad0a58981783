/**
 * The rules of the house: which folder may import which, and one importer for each package.
 */

import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path";

/** Folders from the top down; a module imports from its own and from those below. */
const LAYERS: Record<string, string[]> = {
  cli: ["launch"],
  launch: ["broker", "worker", "futures", "telemetry", "wire"],
  broker: ["telemetry", "wire"],
  worker: ["futures", "telemetry", "wire"],
  futures: ["wire"],
  telemetry: ["wire"],
  wire: [],
  /** mod.ts only re-exports, and lets worker/ decide which runtime a program gets. */
  mod: ["futures", "wire", "worker", "launch"],
};

const root = new URL("..", import.meta.url);

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder || ".", root))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory && folder !== "") yield* sources(path);
    else if (entry.isFile && path.endsWith(".ts")) yield path;
  }
}

function importsOf(text: string): string[] {
  const found = text.matchAll(/^\s*(?:import|export)\b[^;]*?\bfrom\s+"([^"]+)"/gm);
  const bare = text.matchAll(/^\s*import\s+"([^"]+)"/gm);
  const dynamic = text.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g);
  return [...found, ...bare, ...dynamic].map((match) => match[1]!);
}

async function allImports(): Promise<{ path: string; layer: string; imported: string }[]> {
  const folders = ["launch", "broker", "worker", "futures", "telemetry", "wire"];
  const paths = ["mod.ts", "cli.ts"];
  for (const folder of folders) for await (const path of sources(folder)) paths.push(path);
  const all = [];
  for (const path of paths) {
    const text = await Deno.readTextFile(new URL(path, root));
    const layer = path.includes("/") ? path.split("/")[0]! : path.replace(".ts", "");
    for (const imported of importsOf(text)) all.push({ path, layer, imported });
  }
  return all;
}

Deno.test("structure: imports go one way", async () => {
  const imports = await allImports();
  assert.ok(imports.length > 100, "the imports were found");
  const wrong = imports.filter(({ path, layer, imported }) => {
    // The version is told by deno.json alone.
    if (!imported.startsWith(".") || imported === "../deno.json") return false;
    const target = normalize(join(dirname(path), imported)).replaceAll("\\", "/");
    const into = target.includes("/") ? target.split("/")[0]! : target.replace(".ts", "");
    return into !== layer && !LAYERS[layer]!.includes(into);
  });
  assert.deepEqual(wrong, []);
});

Deno.test("structure: each package is imported by one file, with its full specifier", async () => {
  const importers = new Map<string, Set<string>>();
  for (const { path, imported } of await allImports()) {
    if (/^(\.|node:)/.test(imported) || path === "wire/zeromq_folder.ts") continue;
    assert.match(imported, /^npm:(@[a-z-]+\/)?[a-z-]+@\^\d/, `${path} imports ${imported}`);
    const files = importers.get(imported) ?? new Set();
    importers.set(imported, files.add(path));
  }
  assert.ok(importers.size >= 4, "the packages were found");
  for (const [name, files] of importers) assert.equal(files.size, 1, `${name}: ${[...files]}`);
});

Deno.test("structure: mod.ts only names things", async () => {
  const text = await Deno.readTextFile(new URL("mod.ts", root));
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").trim();
  const statements = code.split(/;\s*\n?/).filter((part) => part.trim() !== "");
  for (const statement of statements) {
    assert.match(statement.trim(), /^(export (type )?\{|import ")/);
  }
});

Deno.test("structure: no file of ours is longer than 420 lines", async () => {
  for (const folder of ["launch", "broker", "worker", "futures", "telemetry", "wire", "examples"]) {
    for await (const path of sources(folder)) {
      const lines = (await Deno.readTextFile(new URL(path, root))).split("\n").length;
      assert.ok(lines <= 420, `${path} has ${lines} lines`);
    }
  }
});
