/**
 * Pieces of HTML. Whatever a program gave, names of its functions and what they were called with, is
 * text, and cannot become anything else.
 *
 * @module
 */

/** A piece that is HTML already. */
export interface Markup {
  readonly markup: string;
}

/** What can be put into a piece. */
export type Part = string | number | Markup | readonly Part[] | undefined;

/** HTML of a template: what is put in is escaped, unless it is HTML already. */
export function piece(literals: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let markup = literals[0]!;
  parts.forEach((part, i) => markup += textOf(part) + literals[i + 1]!);
  return { markup };
}

/** HTML that we have written ourselves, such as a style sheet. */
export function own(markup: string): Markup {
  return { markup };
}

function textOf(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "object") {
    return "markup" in part ? part.markup : part.map(textOf).join("");
  }
  return escaped(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as HTML, in quotes as well; what no page may contain is shown as what cannot be shown. */
export function escaped(text: string): string {
  return text.toWellFormed()
    // deno-lint-ignore no-control-regex
    .replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, "\ufffd")
    .replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter]!);
}

/** A name that somebody gave: it may be written from right to left, or pretend to be. */
export function given(name: string): Markup {
  return piece`<bdi>${name}</bdi>`;
}

/** A table with a caption; numbers are to the right. */
export function table(
  caption: string,
  columns: readonly (readonly [name: string, kind?: "number" | "wide"])[],
  rows: readonly (readonly Part[])[],
): Markup {
  const kindOf = (i: number) => columns[i]![1] ?? "";
  const head = columns.map(([name, kind]) =>
    piece`<th scope="col" class="${kind ?? ""}">${name}</th>`
  );
  const body = rows.map((cells) =>
    piece`<tr>${
      cells.map((cell, i) =>
        i === 0
          ? piece`<th scope="row" class="${kindOf(i)}">${cell}</th>`
          : piece`<td class="${kindOf(i)}">${cell}</td>`
      )
    }</tr>\n`
  );
  return piece`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>${body}</tbody></table></div>`;
}
