/** Gathering, packing and unpacking a shipment. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkNodeModules, configFiles, withRelativeAddresses } from "../../launch/ship_config.ts";
import type { Graph } from "../../launch/ship_graph.ts";
import { packageFiles } from "../../launch/ship_packages.ts";
import { gather, pack, shippedRun, unpack } from "../../launch/ship.ts";
import type { ShippedFile } from "../../launch/ship.ts";
import { HERE } from "./shipped_run.ts";

const ENTRIES = ["worker/main.ts", "broker/main.ts", "launch/agent.ts"]
  .map((part) => import.meta.resolve(`../../${part}`));
const BARE = {
  ...HERE,
  entries: ENTRIES,
  flags: ["--no-config", "--no-lock"],
  config: undefined,
  importMap: undefined,
};
const PI_CALC = import.meta.resolve("../../examples/pi_calc.ts");
const DAMAGED = { message: "the shipment is damaged or not complete" };

async function withFolder(
  files: Record<string, string>,
  test: (folder: string) => Promise<void> | void,
): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "ship-" }));
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
      await Deno.writeTextFile(join(folder, name), text);
    }
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A packed shipment of files with these names and texts. */
function packed(texts: Record<string, string>): Promise<Uint8Array> {
  const files: ShippedFile[] = Object.entries(texts)
    .map(([to, text]) => ({ to, from: "/not/there", text }));
  return pack({ files });
}

function filesBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(join(folder, name)).map((below) => `${name}/${below}`) : [name]
  ).sort();
}

Deno.test("ship: what is unpacked is what was packed", async () => {
  const texts = { "a.ts": "first\n", "b/c/d e.ts": "", "b/c/ü\n.ts": "ünïcode" };
  await withFolder({}, async (folder) => {
    await unpack(await packed(texts), folder);
    assert.deepEqual(filesBelow(folder), Object.keys(texts).sort());
    for (const [name, text] of Object.entries(texts)) {
      assert.equal(await Deno.readTextFile(join(folder, name)), text);
    }
    if (Deno.build.os === "windows") return;
    assert.equal(Deno.statSync(join(folder, "b/c")).mode! & 0o777, 0o700);
    assert.equal(Deno.statSync(join(folder, "a.ts")).mode! & 0o077, 0);
  });
});

Deno.test("ship: bytes of any kind arrive as they were", async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) >> 3);
  await withFolder({}, async (folder) => {
    await Deno.writeFile(join(folder, "here"), bytes);
    await unpack(await pack({ files: [{ to: "there", from: join(folder, "here") }] }), folder);
    assert.deepEqual(await Deno.readFile(join(folder, "there")), bytes);
  });
});

Deno.test("ship: names that lead out of the folder are refused", async () => {
  const names = ["../x", "/etc/x", "a/../../x", "a//x", "./x", "a/..", ".", "..", "", "a/"];
  await withFolder({ "in/kept": "" }, async (folder) => {
    for (const name of names) {
      await assert.rejects(
        unpack(await packed({ [name]: "bad" }), join(folder, "in")),
        { message: `the shipment has a file that leads out of its folder: ${name}` },
      );
    }
    assert.deepEqual(filesBelow(folder), ["in/kept"]);
  });
});

Deno.test("ship: what is there already is not written over, nor followed", async () => {
  if (Deno.build.os === "windows") return;
  await withFolder({ outside: "kept", "in/x": "" }, async (folder) => {
    await Deno.symlink(join(folder, "outside"), join(folder, "in", "link"));
    await assert.rejects(unpack(await packed({ link: "bad" }), join(folder, "in")));
    assert.equal(await Deno.readTextFile(join(folder, "outside")), "kept");
  });
});

Deno.test("ship: a shipment that is cut off or damaged is refused, wherever", async () => {
  const whole = await packed({ "a.ts": "some text ".repeat(50), "b.ts": "more" });
  await withFolder({}, async (folder) => {
    for (let length = 0; length < whole.length; length++) {
      await assert.rejects(unpack(whole.slice(0, length), folder), DAMAGED);
    }
    for (
      const text of ["", "[]", "{}\n", "null\n", '[["a",5]]\nfour', '[["a",3]]\nfour', "[[]]\n"]
    ) {
      const zipped = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
      const bytes = new Uint8Array(await new Response(zipped).arrayBuffer());
      await assert.rejects(unpack(bytes, folder), DAMAGED, text);
    }
    assert.deepEqual(filesBelow(folder), []);
  });
});

Deno.test("ship: unpack() needs nothing but its own text", async () => {
  const module = `data:text/javascript,export default ${encodeURIComponent(String(unpack))}`;
  const { default: alone } = await import(module);
  await withFolder({}, async (folder) => {
    await alone(await packed({ "a/b.ts": "text" }), folder);
    assert.equal(await Deno.readTextFile(join(folder, "a/b.ts")), "text");
    await assert.rejects(alone(new Uint8Array(), folder), DAMAGED);
  });
});

Deno.test("ship: an example takes few bytes, and zeromq only the builds of the target", async () => {
  for (
    const [os, arch, part] of [["linux", "x86_64", "linux/x64"], [
      "darwin",
      "aarch64",
      "darwin/arm64",
    ]]
  ) {
    const shipment = await gather({ ...BARE, program: PI_CALC, target: { os: os!, arch: arch! } });
    const builds = shipment.files.map(({ to }) => to).filter((to) => to.endsWith(".node"));
    assert.ok(builds.length > 0);
    for (const build of builds) {
      assert.ok(build.startsWith(`${shipment.addon}/build/${part}/`), build);
    }
    const { length } = await pack(shipment);
    assert.ok(length < 5e6, `${length} bytes`);
  }
});

Deno.test("ship: a target that zeromq has no build for is an error that names it", async () => {
  await assert.rejects(
    gather({ ...BARE, program: PI_CALC, target: { os: "freebsd", arch: "x86_64" } }),
    { message: "zeromq has no build for freebsd on x86_64, so it cannot be used" },
  );
});

Deno.test("ship: a program that cannot be loaded is an error that says why and where", async () => {
  const files = { "main.ts": 'import "./gone.ts";\n', "broken.ts": "let x = ;" };
  await withFolder(files, async (folder) => {
    const of = (name: string) =>
      gather({ ...BARE, program: pathToFileURL(join(folder, name)).href });
    await assert.rejects(of("main.ts"), (error: Error) => {
      assert.ok(error.message.includes(join(folder, "gone.ts")), error.message);
      assert.ok(error.message.includes(`${join(folder, "main.ts")}:1:8`), error.message);
      return true;
    });
    await assert.rejects(of("broken.ts"), /broken\.ts:1:9/);
    await assert.rejects(of("absent.ts"), /absent\.ts/);
  });
});

Deno.test("ship: processes there are told of what was sent, and of nothing of this host", async () => {
  const files = {
    "deno.json": '{ "importMap": "maps/map.json" }',
    "maps/map.json": '{ "imports": { "x": "../lib/x.ts" } }',
    "lib/x.ts": "export const x = 1;",
    "main.ts": 'import { x } from "x";\nconsole.log(x);\n',
  };
  await withFolder(files, async (folder) => {
    const config = join(folder, "deno.json");
    const program = pathToFileURL(join(folder, "main.ts")).href;
    const flags = ["--config", config, "--no-lock", "--allow-import=example.org"];
    const shipment = await gather({ ...BARE, program, flags, config });
    const placed = (name: string) => join("/there/files", folder, name);
    const sent = new Set(shipment.files.map(({ to }) => join("/there", to)));
    for (const name of Object.keys(files)) assert.ok(sent.has(placed(name)), name);

    const { env, flags: given, place, addon } = shippedRun(shipment, "/there");
    assert.equal(env.DENO_DIR, "/there/cache");
    assert.deepEqual(given, [
      ...["--cached-only", "--no-lock", "--node-modules-dir=none"],
      ...["--config", placed("deno.json")],
    ]);
    assert.equal(place(program), pathToFileURL(placed("main.ts")).href);
    assert.equal(place("jsr:@a/b"), "jsr:@a/b");
    assert.ok(addon.startsWith("/there/cache/npm/"), addon);
  });
});

/** A cache with packages in it, and the graph of a module that imports `package`. */
function cacheOf(folder: string): Graph {
  const one = (name: string, dependencies: string[] = []) => [
    `${name}@1.0.0`,
    { name, version: "1.0.0", dependencies, localPath: join(folder, folderOf(name), "1.0.0") },
  ];
  const folderOf = (name: string) => name === "Big" ? "_ijuwo" : name;
  const natives = ["@native/linux", "@native/darwin", "@native/not-linux"];
  return {
    roots: ["file:///main.ts"],
    redirects: {},
    modules: [{ specifier: "npm:/top@1.0.0", npmPackage: "top@1.0.0" }],
    npmPackages: Object.fromEntries([
      one("top", ["zeromq@1.0.0", "Big@1.0.0", ...natives.map((name) => `${name}@1.0.0`)]),
      ...["zeromq", "Big", "unused", ...natives].map((name) => one(name)),
    ]),
  };
}

function recordOf(version: Record<string, unknown>): string {
  const versions = { "1.0.0": version, "2.0.0": {} };
  return JSON.stringify({ versions, "dist-tags": { latest: "2.0.0", old: "1.0.0" }, time: {} });
}

const build = (os: string, libc: string, abi: number) =>
  JSON.stringify({ os, arch: "x64", libc, abi });

const CACHE = {
  "top/registry.json": recordOf({ marker: 1 }),
  "top/1.0.0/index.js": "",
  "top/1.0.0/index.js.map": "",
  "top/1.0.0/index.d.ts": "",
  "top/1.0.0/.scripts-warned-12": "",
  "top/1.0.0/data/world.map": "",
  "_ijuwo/registry.json": recordOf({}),
  "_ijuwo/1.0.0/index.js": "",
  "unused/registry.json": recordOf({}),
  "unused/1.0.0/index.js": "",
  "@native/linux/registry.json": recordOf({ os: ["linux"], cpu: ["x64"] }),
  "@native/linux/1.0.0/l.node": "",
  "@native/not-linux/registry.json": recordOf({ os: ["!linux"] }),
  "@native/not-linux/1.0.0/n.node": "",
  "@native/darwin/registry.json": recordOf({ os: ["darwin"], cpu: ["x64"] }),
  "zeromq/registry.json": recordOf({}),
  "zeromq/1.0.0/lib/index.js": "",
  "zeromq/1.0.0/src/main.cc": "",
  "zeromq/1.0.0/build/manifest.json": JSON.stringify({
    [build("linux", "glibc", 115)]: "linux/old.node",
    [build("linux", "glibc", 127)]: "linux/new.node",
    [build("linux", "musl", 127)]: "linux\\musl.node",
    [build("darwin", "libc", 115)]: "darwin/d.node",
  }),
  "zeromq/1.0.0/build/linux/old.node": "",
  "zeromq/1.0.0/build/linux/new.node": "",
  "zeromq/1.0.0/build/linux/musl.node": "",
  "zeromq/1.0.0/build/linux/unlisted.node": "",
  "zeromq/1.0.0/build/darwin/d.node": "",
};

Deno.test("ship: of the packages in use, the files that the target may run are sent", async () => {
  await withFolder(CACHE, (folder) => {
    const graph = cacheOf(folder);
    const linux = packageFiles([graph, graph], { os: "linux", arch: "x86_64" });
    assert.deepEqual(linux.files.map(({ to }) => to).sort(), [
      "@native/darwin/registry.json",
      "@native/linux/1.0.0/l.node",
      "@native/linux/registry.json",
      "@native/not-linux/registry.json",
      "_ijuwo/1.0.0/index.js",
      "_ijuwo/registry.json",
      "top/1.0.0/data/world.map",
      "top/1.0.0/index.js",
      "top/registry.json",
      "zeromq/1.0.0/build/linux/musl.node",
      "zeromq/1.0.0/build/linux/new.node",
      "zeromq/1.0.0/build/manifest.json",
      "zeromq/1.0.0/lib/index.js",
      "zeromq/registry.json",
    ]);
    assert.equal(linux.addon, "zeromq/1.0.0");
    assert.deepEqual(linux.missing, []);
    const record = linux.files.find(({ to }) => to === "top/registry.json")!;
    assert.deepEqual(JSON.parse(record.text!), {
      versions: { "1.0.0": { marker: 1 } },
      "dist-tags": { old: "1.0.0" },
    });
    // Deno keeps packages for other systems out of its cache until it is told to get them.
    const { missing, files } = packageFiles([graph], { os: "darwin", arch: "x86_64" });
    assert.deepEqual(missing, ["@native/darwin@1.0.0"]);
    assert.ok(files.some(({ to }) => to === "@native/not-linux/1.0.0/n.node"));
    assert.ok(!files.some(({ to }) => to === "@native/linux/1.0.0/l.node"));
  });
});

Deno.test("ship: configuration is found above modules, in workspaces and where it is named", async () => {
  const files = {
    "deno.jsonc": '{ "workspace": [ "./a", "b" ] } // members',
    "a/deno.json": '{ "importMap": "./map.json" }',
    "a/map.json": "{}",
    "a/deep/main.ts": "",
    "b/package.json": "{}",
    "c/deno.json": "{}",
    ".npmrc": "//registry.example/:_authToken=secret",
  };
  await withFolder(files, (folder) => {
    const named = [join(folder, "a", "deno.json"), "https://example.org/map.json", undefined];
    const found = configFiles([join(folder, "a/deep/main.ts")], named);
    const inside = found.filter((path) => path.startsWith(folder) || path.includes("://"));
    assert.deepEqual(inside.map((path) => path.replace(folder + "/", "")).sort(), [
      "a/deno.json",
      "a/map.json",
      "b/package.json",
      "deno.jsonc",
      "https://example.org/map.json",
    ]);
  });
});

Deno.test("ship: only addresses of files that are absolute are rewritten", () => {
  const rewritten = (text: string) => withRelativeAddresses(text, "/home/me/my app/deno.json");
  const cases = [
    ['{"a":"/opt/x.ts"}', '{"a":"../../../opt/x.ts"}'],
    ['{"a/": "file:///home/me/my%20app/lib/"}', '{"a/": "./lib/"}'],
    ['{"a": "file:///home/me/b%23.ts", "/": "./"}', '{"a": "../b%23.ts", "/": "./"}'],
  ] as const;
  for (const [before, after] of cases) assert.equal(rewritten(before), after);
  for (const same of ['{"/": "./"}', '{"a": "//example.org/x"}', '{"a":"jsr:/@a/b"}', "{} // /x"]) {
    assert.equal(rewritten(same), undefined);
  }
});

Deno.test("ship: another version in node_modules than in the cache is an error", async () => {
  const files = {
    "package.json": '{ "dependencies": { "a": "^1", "b": "^1", "c": "^1" } }',
    "node_modules/a/package.json": '{ "version": "1.0.0" }',
    "node_modules/b/package.json": '{ "version": "1.0.0" }',
  };
  await withFolder(files, (folder) => {
    const check = (a: string) =>
      checkNodeModules(
        [join(folder, "package.json")],
        new Map([["a", new Set([a])], ["c", new Set(["1.2.0"])]]),
      );
    assert.doesNotThrow(() => check("1.0.0"));
    assert.throws(() => check("1.1.0"), /a 1\.0\.0 is in .*node_modules, .*cache has 1\.1\.0/);
  });
});
