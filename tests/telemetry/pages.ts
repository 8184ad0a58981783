/**
 * What a page has to be: whole, of bounded size, and without anything that runs or is loaded.
 *
 * @module
 */

import assert from "node:assert/strict";

/** The most that a report may have, in letters. */
const MOST_LETTERS = 3_000_000;

/** Elements that are never closed. */
const VOID = new Set(["meta", "rect", "path", "!DOCTYPE"]);

/** The names of all elements, in their order; every one that is opened is closed. */
export function elementsOf(page: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  const withoutStyle = page.replace(/<style>[\s\S]*?<\/style>/, "");
  for (
    const [tag, close, name, rest] of withoutStyle.matchAll(/<(\/?)([!a-zA-Z][\w-]*)([^<>]*)>/g)
  ) {
    if (close === "/") assert.equal(open.pop(), name, `${tag} closes what is open`);
    else {
      names.push(name!);
      const attributes = rest!.replaceAll(/"[^"]*"/g, '""');
      assert.doesNotMatch(attributes, /\son\w+\s*=|'/i, `${tag} would run something`);
      const isVoid = VOID.has(name!) && (name !== "rect" || rest!.endsWith("/"));
      if (!isVoid) open.push(name!);
    }
  }
  assert.deepEqual(open, []);
  return names;
}

/** Checks what holds for every report. */
export function checkPage(page: string): void {
  assert.ok(page.length < MOST_LETTERS, `${page.length} letters`);
  const names = new Set(elementsOf(page));
  for (const never of ["script", "img", "iframe", "link", "object", "a", "form"]) {
    assert.ok(!names.has(never), `no <${never}>`);
  }
  assert.doesNotMatch(page, /\b(src|href|url)\s*[=(]/, "nothing is loaded from anywhere");
  assert.doesNotMatch(page, /NaN|undefined|Infinity|\[object/);
  assert.match(page, /<html lang="en">/);
}
