import assert from "node:assert/strict";
import { ModuleScan } from "../../futures/module_scan.ts";
import { isDeclaredAround } from "../../futures/surrounding_scopes.ts";

const SOURCE = "(x) => x + name";

/** Where the function stands, and whether `name` is something of the program's there. */
const PLACES: readonly (readonly [text: string, declared: boolean])[] = [
  [`function f(name) {\n  return ${SOURCE};\n}`, true],
  [`const f = (name = 1) => ${SOURCE};`, true],
  [`const f = (...name) => ${SOURCE};`, true],
  [`const f = ({ name }) => ${SOURCE};`, true],
  [`const f = ({ a: [name] }) => ${SOURCE};`, true],
  [`const f = name => ${SOURCE};`, true],
  [`{\n  const name = 1;\n  send(${SOURCE});\n}`, true],
  [`if (q) {\n  let name;\n  send(${SOURCE});\n}`, true],
  [`for (const name of [1]) send(${SOURCE});`, true],
  [`for (const name in y) send(${SOURCE});`, true],
  [`try {\n} catch (name) {\n  send(${SOURCE});\n}`, true],
  [`function f() {\n  send(${SOURCE});\n  function name() {}\n}`, true],
  [`function f() {\n  class name {\n  }\n  send(${SOURCE});\n}`, true],
  [`const f = function name() {\n  send(${SOURCE});\n};`, true],
  [`class A {\n  m(name) {\n    return ${SOURCE};\n  }\n}`, true],
  [`function f() {\n  if (q) var name = 1;\n  send(${SOURCE});\n}`, true],
  // Somewhere else, or not a variable at all.
  [`function f(name) {}\nsend(${SOURCE});`, false],
  [`{\n  const name = 1;\n}\nsend(${SOURCE});`, false],
  [`function f() {\n  send({ name: 1 }, ${SOURCE}, a.name);\n}`, false],
  [`send(${SOURCE}, name);`, false],
  [`function f(name) {\n  return (x) => x - name;\n}`, false],
];

// Types are stripped by printing anew.
for (const [extension, source] of [[".js", SOURCE], [".ts", "(x)=>x + name"]] as const) {
  Deno.test(`surrounding scopes: what is declared around a function, in ${extension}`, () => {
    for (const [text, declared] of PLACES) {
      const scan = new ModuleScan(text, extension);
      assert.ok(scan.exact);
      assert.equal(isDeclaredAround(scan, source, "name"), declared, text);
      assert.equal(isDeclaredAround(scan, source, "other"), false, text);
    }
  });
}

Deno.test("surrounding scopes: of several places where it stands any counts", () => {
  const places = `send(${SOURCE});\nfunction f(name) {\n  send(${SOURCE});\n}`;
  assert.ok(isDeclaredAround(new ModuleScan(places, ".js"), SOURCE, "name"));
});

Deno.test("surrounding scopes: where the text is not what runs, the look of it decides", () => {
  const scan = new ModuleScan(`const f = (name) => <b>{send(${SOURCE})}</b>;`, ".tsx");
  assert.ok(isDeclaredAround(scan, SOURCE, "name"));
  assert.ok(!isDeclaredAround(scan, SOURCE, "send"));
});
