import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { manPage } from "../../launch/man_page.ts";
import { OPTIONS } from "../../launch/option_table.ts";
import { SHELLS } from "../../launch/completions.ts";

const page = manPage();
/** The page as one reads it. */
const plain = page.replaceAll(/\\f[BIR]/g, "").replaceAll("\\-", "-").replaceAll("\\&", "");

Deno.test("man page: it has every option with its text, as --help does", () => {
  for (const { long, short, text, hidden } of OPTIONS) {
    const heading = new RegExp(`^(-\\w, )?--${long}\\b`, "m").exec(plain)?.[0];
    assert.equal(heading === undefined, hidden === true, long);
    if (hidden) continue;
    assert(!short || heading!.startsWith(`-${short}, `), long);
    assert(plain.includes(text), text);
  }
});

Deno.test("man page: it tells the version, and the shells there are completions for", () => {
  assert(page.startsWith(`.TH SCOOP 1 "" "scoop ${config.version}"`));
  assert(page.includes(SHELLS.join(" | ")));
});

Deno.test("man page: roff takes nothing of it for its own", () => {
  const requests = new Set([...page.matchAll(/^[.'] *(\w*)/gm)].map(([, request]) => request));
  assert.deepEqual([...requests].sort(), ["B", "I", "IR", "RI", "SH", "TH", "TP", "br"]);
  for (const line of page.split("\n")) {
    // An unescaped "-" is a hyphen, which cannot be searched for or copied as a flag.
    if (!line.startsWith(".")) assert.doesNotMatch(line, /(?<!\\)-/, line);
    assert.doesNotMatch(line, /\\(?![-&efBIR])/, line);
  }
});
