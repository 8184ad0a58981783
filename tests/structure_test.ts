/** The rules of the house, as far as a machine can check them. */

import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path";

/** Folders from the top down; a module imports from its own and from those below. */
const LAYERS: Record<string, string[]> = {
  cli: ["launch"],
  launch: ["broker", "worker", "futures", "telemetry", "wire"],
  broker: ["telemetry", "wire"],
  worker: ["futures", "telemetry", "wire"],
  futures: ["telemetry", "wire"],
  telemetry: ["wire"],
  wire: [],
  /** mod.ts only re-exports, and lets worker/ decide which runtime a program gets. */
  mod: ["futures", "telemetry", "wire", "worker", "launch"],
};

/** The folders whose code is what users run. */
const FOLDERS = ["launch", "broker", "worker", "futures", "telemetry", "wire"];

/** Amounts of work and the like: they are measured in milliseconds, and limit nothing in time. */
const NO_LIMITS: Record<string, string> = {
  "worker/scheduler.ts HIGH_WATER": "work of its own that a worker keeps",
  "worker/stock.ts STOCK_TIME": "work that the broker keeps for each worker",
  "worker/scheduler.ts UNKNOWN": "what a task may take of which nothing is known",
  "worker/scheduler.ts KEPT_WORK": "work that a worker keeps though others are hungry",
  "worker/scheduler.ts LITTLE": "a bundle that is done in a moment",
  "worker/scheduler.ts FAR": "a way for which a worker asks ahead",
  "worker/scheduler.ts LEAST_AHEAD": "a share of that way, for each bundle",
  "broker/peers.ts STOCK_MS": "work that a borrower keeps",
  "broker/peers.ts RATE_WINDOW_MS": "what a rate is averaged over",
};

/** One file of ours. */
interface Source {
  /** From the repository's folder. */
  path: string;
  /** The folder it is in; its own name at the top. */
  layer: string;
  text: string;
  /** The specifiers it imports, those of types and of `import()` included. */
  imports: string[];
}

const root = new URL("..", import.meta.url);

async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* filesIn(path);
    else if (entry.isFile && path.endsWith(".ts")) yield path;
  }
}

async function read(path: string): Promise<Source> {
  const text = await Deno.readTextFile(new URL(path, root));
  const layer = path.includes("/") ? path.split("/")[0]! : path.replace(".ts", "");
  return { path, layer, text, imports: importsOf(text) };
}

async function sourcesOf(folders: string[], files: string[] = []): Promise<Source[]> {
  const paths = [...files];
  for (const folder of folders) for await (const path of filesIn(folder)) paths.push(path);
  return await Promise.all(paths.map(read));
}

const ours = await sourcesOf(FOLDERS, ["mod.ts", "cli.ts"]);

function importsOf(text: string): string[] {
  const found = text.matchAll(/^\s*(?:import|export)\b[^;]*?\bfrom\s+"([^"]+)"/gm);
  const bare = text.matchAll(/^\s*import\s+"([^"]+)"/gm);
  const dynamic = text.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g);
  return [...found, ...bare, ...dynamic].map((match) => match[1]!);
}

/** The path of what a file imports by a relative name. */
function targetOf(path: string, imported: string): string {
  return normalize(join(dirname(path), imported)).replaceAll("\\", "/");
}

/** A text without its comments. */
function codeOf(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "");
}

Deno.test("structure: imports go one way", () => {
  assert.ok(ours.flatMap(({ imports }) => imports).length > 100, "the imports were found");
  const wrong = ours.flatMap(({ path, layer, imports }) =>
    imports.filter((imported) => {
      // The version is told by deno.json alone.
      if (!imported.startsWith(".") || imported === "../deno.json") return false;
      const target = targetOf(path, imported);
      const into = target.includes("/") ? target.split("/")[0]! : target.replace(".ts", "");
      return into !== layer && !LAYERS[layer]!.includes(into);
    }).map((imported) => `${path} imports ${imported}`)
  );
  assert.deepEqual(wrong, []);
});

/** A way from a file back to itself, if there is one. */
function findCircle(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (path: string): string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return undefined;
    way.push(path);
    for (const next of graph.get(path) ?? []) {
      const circle = visit(next);
      if (circle !== undefined) return circle;
    }
    way.pop();
    done.add(path);
    return undefined;
  };
  for (const path of graph.keys()) {
    const circle = visit(path);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

Deno.test("structure: no file imports itself, by whatever way, types included", () => {
  const graph = new Map(ours.map(({ path, imports }) => [
    path,
    imports.filter((imported) => imported.startsWith(".")).map((to) => targetOf(path, to)),
  ]));
  assert.ok(graph.get("mod.ts")!.includes("futures/map.ts"));
  assert.equal(findCircle(graph), undefined);
  assert.deepEqual(findCircle(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]])), [
    "b",
    "c",
    "b",
  ]);
});

Deno.test("structure: each package is imported by one file, with its full specifier", () => {
  const importers = new Map<string, Set<string>>();
  for (const { path, imports } of ours) {
    for (const imported of imports) {
      if (/^(\.|node:)/.test(imported) || path === "wire/zeromq_folder.ts") continue;
      assert.match(imported, /^npm:(@[a-z-]+\/)?[a-z-]+@\^\d/, `${path} imports ${imported}`);
      const files = importers.get(imported) ?? new Set();
      importers.set(imported, files.add(path));
    }
  }
  assert.ok(importers.size >= 4, "the packages were found");
  for (const [name, files] of importers) assert.equal(files.size, 1, `${name}: ${[...files]}`);
});

Deno.test("structure: mod.ts only names things", () => {
  const code = codeOf(ours.find(({ path }) => path === "mod.ts")!.text).trim();
  const statements = code.split(/;\s*\n?/).filter((part) => part.trim() !== "");
  for (const statement of statements) {
    assert.match(statement.trim(), /^(export (type )?\{|import ")/);
  }
});

Deno.test("structure: nobody yields in a way that starves asynchronous operations", async () => {
  const all = [...ours, ...await sourcesOf(["cli", "examples", "tools"])];
  const starving = /\b(setImmediate|MessageChannel|nextTick)\b/;
  const wrong = all.filter(({ text }) => starving.test(codeOf(text))).map(({ path }) => path);
  assert.deepEqual(wrong, []);
  assert.ok(starving.test(codeOf("setImmediate(next); // soon")));
});

Deno.test("structure: our timers are those of wire/timers.ts, which no task is taken to have set", () => {
  /** The files that replace the global ones. */
  const replacing = ["wire/timers.ts", "worker/left_behind.ts", "worker/left_open.ts"];
  const unseen = (text: string) =>
    ["setTimeout", "setInterval"].filter((name) =>
      new RegExp(`\\b${name}\\b`).test(codeOf(text)) &&
      !new RegExp(`^import \\{[^}]*\\b${name}\\b[^}]*\\} from "[./]+(?:wire/)?timers\\.ts"`, "m")
        .test(text)
    );
  assert.deepEqual(unseen("// setTimeout\nsetInterval(look);"), ["setInterval"]);
  const others = ours.filter(({ path }) => !replacing.includes(path));
  assert.deepEqual(
    others.filter(({ text }) => unseen(text).length > 0).map(({ path }) => path),
    [],
  );
});

Deno.test("structure: limits on time stand in one table", () => {
  const constant = /((?:^\s*(?:\/?\*|\/\/).*\n)+)?^\s*(?:export )?const ([A-Z_]+) = [\d_.]+;.*$/gm;
  const found = (text: string) =>
    [...text.matchAll(constant)]
      .filter(([statement, , name]) =>
        /milliseconds|\bseconds?\b|_MS$/i.test(`${statement}${name}`)
      )
      .map(([, , name]) => name!);
  assert.deepEqual(found("/** Milliseconds to wait. */\nconst WAIT = 1_000;\nconst MANY = 5;"), [
    "WAIT",
  ]);
  const folders = ["broker", "worker", "launch", "wire"];
  const names = ours
    .filter(({ path, layer }) => folders.includes(layer) && path !== "wire/limits.ts")
    .flatMap(({ path, text }) => found(text).map((name) => `${path} ${name}`));
  assert.deepEqual(names.filter((name) => !(name in NO_LIMITS)), []);
  for (const name of Object.keys(NO_LIMITS)) {
    assert.ok(names.includes(name), `${name} is no exception any more`);
  }
});

Deno.test("structure: no file of ours is longer than 400 lines", async () => {
  for (const { path, text } of [...ours, ...await sourcesOf(["cli", "examples"])]) {
    const lines = text.trimEnd().split("\n").length;
    assert.ok(lines <= 400, `${path} has ${lines} lines`);
  }
});
