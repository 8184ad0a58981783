/**
 * Imports by a path from the root, which would lead to nothing on another host.
 *
 * @module
 */

import { relativeAddress } from "./ship_config.ts";
import type { GraphModule, Span } from "./ship_graph.ts";

/**
 * A module's text with its imports of absolute paths made relative; nothing else of it changes.
 *
 * @param path of the module
 * @returns undefined when it has none, and so can be sent as it is
 */
export function withRelativeImports(module: GraphModule, path: string): string | undefined {
  const absolute = (module.dependencies ?? []).flatMap(({ specifier, code }) =>
    /^(\/|file:)/.test(specifier) && code?.specifier?.startsWith("file:") && code.span
      ? { to: code.specifier, span: code.span, specifier }
      : []
  );
  if (absolute.length === 0) return undefined;
  const lines = Deno.readTextFileSync(path).split("\n");
  // From the end, so that the places of the others stay what they are.
  const order = ({ start }: Span) => start.line * 1e6 + start.character;
  absolute.sort((a, b) => order(b.span) - order(a.span));
  for (const { to, span, specifier } of absolute) {
    const { start, end } = span;
    const line = lines[start.line] ?? "";
    const text = line.slice(start.character, end.character);
    if (start.line !== end.line || !text.includes(specifier)) continue;
    const written = text.replace(specifier, () => relativeAddress(to, path));
    lines[start.line] = line.slice(0, start.character) + written + line.slice(end.character);
  }
  return lines.join("\n");
}
