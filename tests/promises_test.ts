/** What is promised has a test that shows it. */

import assert from "node:assert/strict";

const root = new URL("../", import.meta.url);

Deno.test("promises: each has a test of the name that it says", () => {
  const text = Deno.readTextFileSync(new URL("docs/promises.md", root));
  const promised = text.slice(text.indexOf("## Promised"), text.indexOf("## Not promised"));
  const rows = promised.split("\n").filter((line) => /^\| [A-Z]/.test(line));
  assert.ok(rows.length >= 15, `${rows.length} promises`);
  for (const row of rows) {
    const shown = /`(tests\/[^`]+)`: "([^"]+)"/.exec(row);
    assert.ok(shown, `no test is named: ${row}`);
    const [, file, name] = shown;
    const source = Deno.readTextFileSync(new URL(file!, root));
    assert.ok(source.includes(name!), `${file} has no test "${name}"`);
  }
});
