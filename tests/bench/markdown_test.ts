/** The bench's tables in the documentation, and how they get there. */

import assert from "node:assert/strict";
import { excerpt, replacePart, wholeTable } from "../../bench/markdown.ts";
import { resultsOf, rowOf } from "./made_up.ts";

const results = resultsOf(
  rowOf("no-op map 1,000,000", {
    ...{ "scoop": 2_345_678, "piscina": { over: 15 }, "tinypool": 40_000 },
    ...{ "python, chunks": { failed: "no memory" }, "raw zeromq": 9_000_000 },
  }),
  rowOf("something else", { scoop: 3, piscina: { cannot: "its tasks do not nest" } }),
);

/** The cells of the line that begins with a name. */
function cellsOf(table: string, name: string): string[] {
  const line = table.split("\n").find((line) => line.startsWith(`| ${name}`));
  return line!.split("|").slice(1, -1).map((cell) => cell.trim());
}

Deno.test("bench: what stands between two comments is replaced, and nothing else", () => {
  const page = "a\n<!-- bench: one -->\nold\n<!-- bench: end -->\nb\n<!-- bench: two -->\n" +
    "old\n<!-- bench: end -->\nc\n";
  const replaced = replacePart(page, "two", "new, with $& in it\n");
  assert.equal(
    replaced,
    "a\n<!-- bench: one -->\nold\n<!-- bench: end -->\nb\n<!-- bench: two -->\n\n" +
      "new, with $& in it\n\n<!-- bench: end -->\nc\n",
  );
  assert.equal(replacePart(replaced, "two", "new, with $& in it"), replaced);
});

Deno.test("bench: a page without the comments, or with two, is not touched", () => {
  const end = "<!-- bench: end -->";
  assert.throws(() => replacePart(end, "one", ""), /expected <!-- bench: one --> once.* 0 times/);
  const twice = `<!-- bench: one -->${end}<!-- bench: one -->${end}`;
  assert.throws(() => replacePart(twice, "one", ""), /once.* 2 times/);
  assert.throws(() => replacePart(`${end}<!-- bench: one -->`, "one", ""), /no .* follows/);
});

Deno.test("bench: the whole table has ratios, who took part, and why cells are empty", () => {
  const text = wholeTable(results);
  assert.match(text, /^Measured on 2026-01-02: 2 x Abacus, 8 GiB, .*; medians of 2 runs\.\n/);
  assert.match(text, /^- tinypool: tinypool 2\.2\.0$/m);
  assert.match(text, /^- poolifier: left out, npm was not found$/m);
  assert.deepEqual(cellsOf(text, "no-op map 1,000,000"), [
    ...["no-op map 1,000,000, tasks/s", "2,350,000", "tinypool", "59", "0.26"],
    ...["over 15 s", "40,000", "failed", "9,000,000"],
  ]);
  assert.deepEqual(cellsOf(text, "something else").slice(1, 6), ["3", "", "", "", "-"]);
  assert.match(text, /^- its tasks do not nest: piscina$/m);
  assert.match(text, /^- no-op map 1,000,000, the same, best chunk size: failed, no memory$/m);
});

Deno.test("bench: the excerpt has the rows that matter, with the best peer of each", () => {
  const text = excerpt(results);
  assert.deepEqual(cellsOf(text, "no-op map 1,000,000").slice(1), [
    ...["2,350,000", "40,000 (tinypool)", "9,000,000"],
  ]);
  assert.doesNotMatch(text, /something else/);
});

Deno.test("bench: the pages have the places for both tables", async () => {
  for (const [page, name] of [["docs/benchmarks.md", "table"], ["README.md", "excerpt"]] as const) {
    const text = await Deno.readTextFile(new URL(`../../${page}`, import.meta.url));
    assert.match(replacePart(text, name, "the new one"), /the new one/);
  }
});
