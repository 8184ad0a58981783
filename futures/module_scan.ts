/**
 * What a module's text says about its exports and imports, without running or parsing it.
 *
 * The main module of a program cannot be imported while it runs, and the others only later than its
 * first line may need it. A tolerant look at the text is enough: what it finds is only used to
 * decide how to name a function, and the other side has the proof (see `function_ref.ts`).
 *
 * @module
 */

/** What a module's text says. */
export interface ModuleScan {
  /** Exported names, by the name they have inside the module. */
  readonly exports: ReadonlyMap<string, string>;
  /** Specifiers that are paths: "./x.ts", "../y.ts", "file:///z.ts". */
  readonly imports: readonly string[];
}

const IDENTIFIER = "[\\p{ID_Start}$_][\\p{ID_Continue}$\\u200c\\u200d]*";
const DECLARATION = new RegExp(
  `\\bexport\\s+(?:declare\\s+)?(?:async\\s+)?(?:abstract\\s+)?` +
    `(?:function\\s*\\*?|class)\\s*(${IDENTIFIER})`,
  "gu",
);
const VARIABLE = new RegExp(`\\bexport\\s+(?:const|let|var)\\s+(${IDENTIFIER})`, "gu");
const DEFAULT = new RegExp(
  `\\bexport\\s+default\\s+(?:async\\s+)?(?:(?:function\\s*\\*?|class)\\s*)?(${IDENTIFIER})?`,
  "gu",
);
const LIST = /\bexport\s*\{([^}]*)\}(?!\s*from)/g;
const SPECIFIER = /\b(?:from|import)\s*\(?\s*["']((?:\.{0,2}\/|file:)[^"']+)["']/g;

/** Looks at a module's text. */
export function scanModule(text: string): ModuleScan {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, " ");
  const exports = new Map<string, string>();
  for (const [, name] of code.matchAll(DECLARATION)) exports.set(name!, name!);
  for (const [, name] of code.matchAll(VARIABLE)) exports.set(name!, name!);
  for (const [, name] of code.matchAll(DEFAULT)) {
    // A function without a name is called "default".
    const anonymous = name === undefined || name === "async" || name === "function";
    exports.set(anonymous ? "default" : name!, "default");
  }
  for (const [, list] of code.matchAll(LIST)) {
    for (const item of list!.split(",")) {
      const [local, exported] = item.trim().replace(/^type\s+/, "").split(/\s+as\s+/);
      if (local) exports.set(local, exported ?? local);
    }
  }
  const imports = [...code.matchAll(SPECIFIER)].map((match) => match[1]!);
  return { exports, imports };
}
