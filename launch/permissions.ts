/**
 * Which of Deno's permissions the origin and the workers get: the least that works, plus whatever
 * the user gave the command. Deno takes each permission flag once with all its values (of
 * `--allow-read=a --allow-read` only `a` counts), so the user's flags and ours are merged here.
 *
 * @module
 */

/** One of Deno's permission flags, as `deno run --help=full` lists them. */
export interface PermissionFlag {
  /** Without the dashes, for example "allow-read". */
  readonly name: string;
  /** The letter of the short form, if there is one. */
  readonly short?: string;
  /** What the values are called; absent when the flag takes none. */
  readonly values?: string;
  /** What it does, for --help. */
  readonly text: string;
}

const KINDS: readonly (readonly [kind: string, short: string, values: string, text: string])[] = [
  ["read", "R", "paths", "reading files"],
  ["write", "W", "paths", "writing files"],
  ["net", "N", "hosts", "the network (not needed for what SCOOP itself sends)"],
  ["env", "E", "names", "environment variables"],
  ["sys", "S", "names", "information on the operating system"],
  ["run", "", "programs", "starting other programs"],
  ["ffi", "", "paths", "native libraries"],
  ["import", "I", "hosts", "importing modules from other hosts"],
];

/** Every permission flag that the command takes, in the order --help shows them. */
export const PERMISSION_FLAGS: readonly PermissionFlag[] = [
  { name: "allow-all", short: "A", text: "allow everything" },
  ...KINDS.map(([kind, short, values, text]) => ({
    name: `allow-${kind}`,
    ...(short ? { short } : {}),
    values,
    text: `allow ${text}`,
  })),
  ...KINDS.map(([kind, , values, text]) => ({
    name: `deny-${kind}`,
    values,
    text: `deny ${text}`,
  })),
  { name: "ignore-env", values: "names", text: "environment variables that seem not to be set" },
  { name: "ignore-read", values: "paths", text: "files that seem not to exist" },
];

/** The user's permission flags: name without dashes, and `true` or the values that were listed. */
export type Permissions = ReadonlyMap<string, true | readonly string[]>;

/** What a process of ours cannot do without. Paths are absolute. */
export interface Needs {
  readonly read: readonly string[];
  /** Default: nothing. */
  readonly write?: readonly string[];
  readonly ffi: readonly string[];
  readonly env: readonly string[];
  /** Default: nothing. */
  readonly net?: readonly string[];
  /** Hosts to import from beside Deno's defaults, with their port. */
  readonly import: readonly string[];
}

/** From where Deno imports when nothing is said; giving `--allow-import` replaces this list. */
const IMPORT_DEFAULTS: readonly string[] = [
  "deno.land:443",
  "jsr.io:443",
  "esm.sh:443",
  "raw.esm.sh:443",
  "cdn.jsdelivr.net:443",
  "raw.githubusercontent.com:443",
  "gist.githubusercontent.com:443",
];

/**
 * Merges permission flags as the user wrote them, in any number.
 *
 * @param given pairs of a flag's name and its values, an empty text when it stood alone
 * @throws {Error} when an empty value is among others, or a flag contradicts --allow-all
 */
export function collectPermissions(
  given: Iterable<readonly [name: string, values: string]>,
): Permissions {
  const merged = new Map<string, true | string[]>();
  for (const [name, text] of given) {
    const before = merged.get(name);
    if (text === "" || before === true) {
      merged.set(name, true);
      continue;
    }
    const values = text.split(",");
    if (values.includes("")) throw new Error(`--${name} has an empty value in "${text}"`);
    merged.set(name, [...(before ?? []), ...values]);
  }
  if (merged.has("allow-all")) {
    const other = [...merged.keys()].find((name) => /^allow-(?!all)/.test(name));
    if (other) throw new Error(`--allow-all allows everything already: leave out --${other}`);
  }
  return merged;
}

/**
 * The permission flags for `deno run`. Nothing is ever asked for, since nobody could answer a
 * question of a worker.
 */
export function permissionArguments(user: Permissions, needs: Needs): string[] {
  const flags = withoutDenied(user);
  if (!flags.has("allow-all")) {
    add(flags, "allow-read", needs.read.map(withoutComma));
    add(flags, "allow-write", (needs.write ?? []).map(withoutComma));
    add(flags, "allow-ffi", needs.ffi.map(withoutComma));
    add(flags, "allow-env", needs.env);
    add(flags, "allow-net", needs.net ?? []);
    const base = flags.has("allow-import") ? [] : IMPORT_DEFAULTS;
    if (needs.import.some((host) => !base.includes(host))) {
      add(flags, "allow-import", [...base, ...needs.import]);
    }
  }
  const written = [...flags].map(([name, values]) =>
    values === true ? `--${name}` : `--${name}=${values.join(",")}`
  );
  return ["--no-prompt", ...written];
}

/**
 * Everything but a kind that is denied as a whole: of that a process of ours needs some, and what is
 * allowed by its name is allowed where the rest is denied; but not where --allow-all stands beside.
 */
function withoutDenied(user: Permissions): Map<string, true | readonly string[]> {
  const isDenied = (kind: string) =>
    user.get(`deny-${kind}`) === true || user.get(`ignore-${kind}`) === true;
  const flags = new Map(user);
  if (!flags.has("allow-all") || !KINDS.some(([kind]) => isDenied(kind))) return flags;
  flags.delete("allow-all");
  for (const [kind] of KINDS) if (!isDenied(kind)) flags.set(`allow-${kind}`, true);
  return flags;
}

function add(flags: Map<string, true | readonly string[]>, name: string, more: readonly string[]) {
  const given = flags.get(name);
  if (given === true || more.length === 0) return;
  flags.set(name, [...new Set([...(given ?? []), ...more])]);
}

/** Deno splits lists at commas and knows no escape: such a path is named by the folder above. */
function withoutComma(path: string): string {
  while (path.includes(",")) {
    const cut = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
    path = cut > 0 ? path.slice(0, cut) : "/";
  }
  return path;
}
