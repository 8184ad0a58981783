/** Programs that run on a host that has nothing but what was shipped. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { askCache } from "../../launch/ship_graph.ts";
import { ROOT, runShipped } from "./shipped_run.ts";

const PARTS = ["worker/main.ts", "broker/main.ts", "launch/agent.ts"] as const;

/** Has results of both workers in the end, however long the other one takes to come. */
const MAIN = `
const workers = new Set();
let sum = 0;
while (workers.size < 2) {
  const results = await map(work, [1, 2, 3, 4, 5, 6, 7, 8]);
  sum = 0;
  for (const [value, worker] of results) {
    sum += value;
    workers.add(worker);
  }
}
console.log(sum, [...workers].sort().join(" "), import.meta.url);
`;

/** Folders written for a test, removed after it. */
async function withFolder(
  files: Record<string, string>,
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "ship it # " }));
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(join(folder, name, ".."), { recursive: true });
      await Deno.writeTextFile(join(folder, name), text.replaceAll("FOLDER", folder));
    }
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a program of many kinds of modules runs where nothing but its shipment is", async () => {
  const files = {
    "deno.jsonc": `{
      // What is absolute here lies elsewhere there.
      "imports": {
        "scoop": "${pathToFileURL(join(ROOT, "mod.ts")).href}",
        "lib/": "./lib/",
        "parser": "npm:acorn@^8"
      }
    }`,
    "main.ts": `
      import { map, scoop } from "scoop";
      import { length } from "lib/second.ts";
      import data from "./data.json" with { type: "json" };
      import { far } from "${pathToFileURL("/").href}PLACE/lib/far.ts";
      export async function work(x: number): Promise<[number, string]> {
        const { late } = await import("./lib/late.ts");
        await new Promise((resolve) => setTimeout(resolve, 2));
        return [x * data.factor + length("1 + 2; 3") + far + late, scoop.workerName];
      }
      if (import.meta.main) {${MAIN}}`,
    "data.json": `{ "factor": 1000 }`,
    "lib/second.ts": `
      import { parse } from "parser";
      export const length = (text: string) => parse(text, { ecmaVersion: 2022 }).body.length;`,
    "lib/far.ts": "export const far = 10;",
    "lib/late.ts": "export const late = 100;",
  };
  await withFolder(files, async (folder) => {
    const main = join(folder, "main.ts");
    const program = pathToFileURL(main).href;
    const place = pathToFileURL(folder).pathname.slice(1);
    await Deno.writeTextFile(main, (await Deno.readTextFile(main)).replace("PLACE", place));
    const config = join(folder, "deno.jsonc");
    const { stdout, stderr, code, folder: there } = await runShipped(
      { program, config, importMap: undefined, flags: ["--config", config, "--no-lock"] },
      PARTS.map((part) => import.meta.resolve(`../../${part}`)) as [string, string, string],
    );
    const sum = 1000 * (1 + 2 + 3 + 4 + 5 + 6 + 7 + 8) + 8 * (2 + 10 + 100);
    const placed = pathToFileURL(join(there, "files", main)).href;
    assert.equal(stderr, "");
    assert.equal(stdout, `${sum} origin other ${placed}\n`);
    assert.equal(code, 0);
  });
});

/** A server of modules, with packages as jsr: has them. */
async function withWeb(
  packages: Record<string, Record<string, string>>,
  test: (address: string) => Promise<void>,
): Promise<void> {
  const served = new Map<string, string>([["/target.ts", "export const moved = 10;"]]);
  for (const [name, files] of Object.entries(packages)) {
    const manifest: Record<string, unknown> = {};
    for (const [path, text] of Object.entries(files)) {
      served.set(`/${name}/1.2.3/${path}`, text);
      const checksum = `sha256-${createHash("sha256").update(text).digest("hex")}`;
      manifest[`/${path}`] = { size: text.length, checksum };
    }
    const versions = { "1.2.3": {} };
    served.set(`/${name}/meta.json`, JSON.stringify({ latest: "1.2.3", versions }));
    const exports = { ".": "./mod.ts" };
    served.set(`/${name}/1.2.3_meta.json`, JSON.stringify({ exports, manifest }));
  }
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname, origin } = new URL(request.url);
    if (pathname === "/moved.ts") return Response.redirect(`${origin}/again.ts`, 302);
    if (pathname === "/again.ts") return Response.redirect(`${origin}/target.ts`, 302);
    const type = pathname.endsWith(".json") ? "application/json" : "application/typescript";
    const text = served.get(pathname);
    return new Response(text ?? "", {
      status: text === undefined ? 404 : 200,
      headers: { "content-type": type },
    });
  });
  const { port } = server.addr;
  const before = Deno.env.get("JSR_URL");
  Deno.env.set("JSR_URL", `http://127.0.0.1:${port}/`);
  try {
    await test(`http://127.0.0.1:${port}`);
  } finally {
    if (before === undefined) Deno.env.delete("JSR_URL");
    else Deno.env.set("JSR_URL", before);
    await server.shutdown();
    const cache = join(await askCache(Deno.execPath()), "remote", "http", `127.0.0.1_PORT${port}`);
    await Deno.remove(cache, { recursive: true }).catch(() => {});
  }
}

/** This library's modules, by their paths. */
async function library(): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const folders = ["", "broker", "futures", "launch", "telemetry", "wire", "worker"];
  for (const folder of folders) {
    for await (const { name, isFile } of Deno.readDir(join(ROOT, folder))) {
      if (!isFile || !/\.ts$|^deno\.json$/.test(name)) continue;
      files[folder === "" ? name : `${folder}/${name}`] = await Deno.readTextFile(
        join(ROOT, folder, name),
      );
    }
  }
  return files;
}

const ON_THE_WEB = `
  import { map, scoop } from "jsr:@scoop/futures@^1";
  export async function work(x: number): Promise<[number, string]> {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return [x, scoop.workerName];
  }
  if (import.meta.main) {${MAIN}}`;

Deno.test("so does one whose library is a package of jsr:, and one that is such a package", async () => {
  const packages = {
    "@scoop/futures": await library(),
    "@test/program": { "mod.ts": ON_THE_WEB },
  };
  await withWeb(packages, async (address) => {
    const entries = PARTS.map((part) => `${address}/@scoop/futures/1.2.3/${part}`) as [
      string,
      string,
      string,
    ];
    const common = { config: undefined, importMap: undefined };
    const flags = ["--no-config", "--no-lock", `--allow-import=${new URL(address).host}`];

    const packaged = await runShipped(
      { ...common, program: "jsr:@test/program@^1", flags },
      entries,
    );
    const url = `${address}/@test/program/1.2.3/mod.ts`;
    assert.equal(packaged.stderr, "");
    assert.equal(packaged.stdout, `36 origin other ${url}\n`);
    assert.equal(packaged.code, 0);

    const text = ON_THE_WEB.replace("return [x,", "return [x * moved,");
    const imported = `import { moved } from "${address}/moved.ts";\n${text}`;
    await withFolder({ "main.ts": imported }, async (folder) => {
      const program = pathToFileURL(join(folder, "main.ts")).href;
      const local = await runShipped({ ...common, program, flags }, entries);
      const placed = pathToFileURL(join(local.folder, "files", folder, "main.ts")).href;
      assert.equal(local.stderr, "");
      assert.equal(local.stdout, `360 origin other ${placed}\n`);
      assert.equal(local.code, 0);
    });
  });
});
