/** What the documentation refers to is there, and its pictures are small. */

import assert from "node:assert/strict";

const PICTURE = /\.(png|svg)$/;
const ROOT = new URL("..", import.meta.url);

/** The pages of the documentation. */
function pages(): URL[] {
  const docs = new URL("docs/", ROOT);
  const names = [...Deno.readDirSync(docs)].filter(({ name }) => name.endsWith(".md"));
  return [new URL("README.md", ROOT), ...names.map(({ name }) => new URL(name, docs))];
}

/** Whatever a page of markdown leads to, or shows. */
function targetsIn(text: string): string[] {
  const prose = text.replaceAll(/^```\w*\n.*?^```$/gms, "");
  const found = prose.matchAll(/\]\(([^)#]+)[^)]*\)|\b(?:src|srcset|href)="([^"#]+)"/g);
  return [...found].map(([, link, attribute]) => link ?? attribute!);
}

Deno.test("documentation: links lead somewhere", () => {
  let links = 0;
  for (const page of pages()) {
    for (const target of targetsIn(Deno.readTextFileSync(page))) {
      if (/^[a-z]+:/.test(target)) continue;
      links++;
      assert.ok(Deno.statSync(new URL(target, page)), `${target} in ${page.pathname}`);
    }
  }
  assert.ok(links > 40, `${links} links were found`);
});

Deno.test("documentation: every picture is shown, described and small", () => {
  const shown = new Set<string>();
  for (const page of pages()) {
    const text = Deno.readTextFileSync(page);
    for (const target of targetsIn(text)) {
      if (PICTURE.test(target)) shown.add(new URL(target, page).href);
    }
    for (const [tag] of text.matchAll(/<img [^>]*>/g)) assert.match(tag, / alt="[^"]{10,}"/);
  }
  const folder = new URL("docs/pictures/", ROOT);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const pictures = names.filter((name) => PICTURE.test(name)).map((name) => new URL(name, folder));
  assert.ok(pictures.length >= 3);
  for (const picture of pictures) {
    assert.ok(shown.has(picture.href), `${picture.pathname} is shown`);
    const { size } = Deno.statSync(picture);
    assert.ok(size < 250_000, `${picture.pathname} has ${size} bytes`);
  }
});
