import assert from "node:assert/strict";
import { hashOf } from "../../futures/function_hash.ts";
import { globalState } from "../../futures/global_state.ts";
import {
  evaluatedMain,
  exportPlaces,
  isOwnMain,
  isShadowed,
  loadModules,
  mainModule,
  moduleOfName,
  nameOfModule,
  setProgram,
} from "../../futures/program.ts";

const url = (name: string) => new URL(`programs/${name}`, import.meta.url).href;

Deno.test("program: modules are named relative to the main module", () => {
  const names: [main: string, module: string, name: string][] = [
    ["file:///home/a/main.ts", "file:///home/a/main.ts", ""],
    ["file:///home/a/main.ts", "file:///home/a/lib/x.ts", "./lib/x.ts"],
    ["file:///home/a/main.ts", "file:///home/x.ts", "./../x.ts"],
    ["file:///home/a%20b/main.ts", "file:///home/a%20b/ü/x y.ts", "./ü/x y.ts"],
    ["file:///home/a/main.ts", "https://host/x.ts?a=1", "https://host/x.ts?a=1"],
    ["https://host/a/main.ts", "https://host/a/x.ts", "https://host/a/x.ts"],
  ];
  for (const [main, module, name] of names) {
    setProgram({ main, modules: [module] });
    assert.equal(nameOfModule(module), name);
    assert.equal(moduleOfName(name), new URL(module).href);
  }
  // Another machine may have it in another folder.
  setProgram({ main: "file:///elsewhere/main.ts", modules: [] });
  assert.equal(moduleOfName("./lib/x.ts"), "file:///elsewhere/lib/x.ts");
});

Deno.test("program: one that is imported is not this process's own", () => {
  setProgram({ main: url("functions.ts"), modules: [] });
  assert.equal(mainModule(), url("functions.ts"));
  assert.equal(isOwnMain(), false);
  assert.equal(evaluatedMain(), undefined);
});

Deno.test("program: modules are imported once, and a failure is one of the outcomes", async () => {
  const missing = url("missing.ts");
  setProgram({ main: url("same_a.ts"), modules: [url("broken.ts"), missing, url("geometry.ts")] });
  const loading = loadModules();
  assert.equal(loadModules(), loading);
  const [main, broken, absent, geometry] = await loading;
  assert.equal(main?.module, url("same_a.ts"));
  assert.equal(typeof main?.namespace?.evaluate, "function");
  assert.match(String(broken?.error), /no data here/);
  assert.match(String(absent?.error), /missing\.ts/);
  assert.equal(broken?.namespace, undefined);
  assert.deepEqual(Object.keys(geometry!.namespace!), ["area", "default", "perimeter"]);
});

Deno.test("program: its texts are followed through imports, ours and data left out", () => {
  setProgram({ main: url("functions.ts"), modules: [] });
  assert.deepEqual(exportPlaces("plain"), [{ module: "", name: "plain" }]);
  assert.deepEqual(exportPlaces("perimeter"), [{ module: "./geometry.ts", name: "perimeter" }]);
  // It passes on what another module of the program exports.
  assert.deepEqual(exportPlaces("area"), [{ module: "./geometry.ts", name: "area" }]);
  assert.deepEqual(exportPlaces("shift"), [{ module: "", name: "Tools.shift" }]);
  assert.deepEqual(exportPlaces("hidden"), []);
  assert.deepEqual(exportPlaces("describeFunction"), []);
  assert.deepEqual(exportPlaces("Tools.shift"), []);
  assert.equal(isShadowed("Event"), true);
  assert.equal(isShadowed("Math"), false);
  assert.equal(isShadowed("Promise"), false);
  setProgram({ main: url("same.ts"), modules: [] });
  assert.equal(exportPlaces("evaluate")?.length, 2);
  assert.deepEqual(exportPlaces("plain"), [], "another program has other texts");
  setProgram({ main: url("missing.ts"), modules: [url("same_a.ts")] });
  assert.equal(exportPlaces("evaluate"), undefined);
  assert.equal(isShadowed("Event"), false);
});

Deno.test("function hash: the text decides, not the name or the object", () => {
  const make = () => (x: number) => x + 1;
  assert.equal(hashOf(make()), hashOf(make()));
  assert.notEqual(hashOf((x: number) => x + 1), hashOf((x: number) => x + 2));
  assert.match(hashOf(make()), /^[0-9a-f]{16}$/);
  // It is part of the protocol: both sides must come to the same digits.
  assert.equal(hashOf(new Function("return 1")), "a79b3caa6ae4239f");
  const masked = Object.assign(() => 1, { toString: () => "something else" });
  assert.notEqual(hashOf(masked), hashOf(() => 2));
});

Deno.test("global state: all copies of the library share it, and protocols must agree", async () => {
  const first = globalState("a test", () => ({ made: "first" }));
  const again: typeof import("../../futures/global_state.ts") = await import(
    new URL("../../futures/global_state.ts?copy", import.meta.url).href
  );
  assert.notEqual(again.globalState, globalState);
  assert.equal(again.globalState("a test", () => ({ made: "again" })), first);
  assert.equal(globalState("nothing", () => undefined), undefined);

  const key = Symbol.for("@scoop/futures");
  const host = globalThis as unknown as Record<symbol, unknown>;
  const shared = host[key];
  try {
    host[key] = { protocol: 999, parts: new Map() };
    assert.throws(() => globalState("a test", () => 1), {
      name: "ProtocolError",
      message: /two versions of @scoop\/futures .*\(state 999 and 1\): import the same version/,
    });
  } finally {
    host[key] = shared;
  }
});
