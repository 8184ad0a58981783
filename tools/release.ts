/**
 * Makes a release, or with --dry-run says whether one could be made: `deno task release --dry-run`.
 *
 * Every check is tried, so that one run tells all that is missing.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { completionsFor, SHELLS } from "../launch/completions.ts";
import { manPage } from "../launch/man_page.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A version as semver.org has it; nothing may be published with build metadata. */
const SEMVER = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

/** What has to be so; returns what is wrong, if anything is. */
interface Check {
  readonly name: string;
  /** True when it is only told: a dry run may be made at any time. */
  readonly optional?: boolean;
  find(): string | undefined | Promise<string | undefined>;
}

interface Package {
  readonly version: string;
  readonly exports: string | Readonly<Record<string, string>>;
}

function readPackage(folder: string): Package {
  return JSON.parse(Deno.readTextFileSync(`${ROOT}${folder}deno.json`));
}

function readText(name: string): string {
  try {
    return Deno.readTextFileSync(ROOT + name);
  } catch {
    return "";
  }
}

/** The last line of what a command printed, if it fails. */
async function failure(
  command: string,
  args: readonly string[],
  cwd = ROOT,
): Promise<string | undefined> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return undefined;
  const decoder = new TextDecoder();
  const lines = (decoder.decode(stdout) + decoder.decode(stderr)).trim().split("\n");
  return lines.find((line) => line.startsWith("error")) ?? lines.at(-1) ?? "it failed";
}

const deno = (...args: string[]) => failure(Deno.execPath(), args);

function checks(dryRun: boolean): Check[] {
  const { version, exports } = readPackage("");
  const modules = Object.values(exports);
  const dirty = dryRun ? ["--dry-run", "--allow-dirty"] : ["--dry-run"];
  return [
    { name: `the version ${version} is that of both packages`, find: versions },
    { name: "CHANGELOG.md tells what is new", find: () => changelog(version) },
    {
      name: "there is a licence",
      find: () => /MIT License/.test(readText("LICENSE")) ? undefined : "LICENSE is not there",
    },
    { name: "all is committed, on main", optional: dryRun, find: workTree },
    { name: "formatting", find: () => deno("fmt", "--check") },
    { name: "lint", find: () => deno("lint") },
    { name: "types", find: () => deno("check", ".") },
    { name: "documentation", find: () => deno("doc", "--lint", ...modules) },
    { name: "@scoop/futures can be published", find: () => deno("publish", ...dirty) },
    {
      name: "@scoop/cli can be published",
      find: () => failure(Deno.execPath(), ["publish", ...dirty], `${ROOT}cli`),
    },
    { name: "completions", find: completions },
    {
      name: "man page",
      find: () => manPage().includes(`scoop ${version}`) ? undefined : "it has another version",
    },
  ];
}

function versions(): string | undefined {
  const [library, command] = [readPackage("").version, readPackage("cli/").version];
  if (!SEMVER.test(library)) return `${library} is no version`;
  return library === command ? undefined : `cli/deno.json says ${command}`;
}

function changelog(version: string): string | undefined {
  const text = readText("CHANGELOG.md");
  const at = text.indexOf(`\n## ${version}\n`);
  if (at < 0) return `it has no heading "## ${version}"`;
  const [body = ""] = text.slice(at + version.length + 5).split(/^## /m);
  return body.trim() === "" ? "its text is empty" : undefined;
}

/** What git prints, without the blanks around it. */
async function git(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", { args, cwd: ROOT }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr).trim() || `git ${args[0]} failed`);
  return decoder.decode(stdout).trim();
}

/** What is published has to be what the tag names. */
async function workTree(): Promise<string | undefined> {
  const problems: string[] = [];
  const changes = await git("status", "--porcelain");
  if (changes !== "") problems.push(`not committed: ${changes.split("\n").length} files`);
  const branch = await git("branch", "--show-current");
  if (branch !== "main") problems.push(`on ${branch || "no branch"}, not main`);
  return problems.length === 0 ? undefined : problems.join("; ");
}

function completions(): string | undefined {
  const empty = SHELLS.find((shell) => !completionsFor(shell).includes("workers"));
  return empty && `those for ${empty} are empty`;
}

/** What a check finds; one that cannot be made has failed. */
async function attempt(find: Check["find"]): Promise<string | undefined> {
  try {
    return await find();
  } catch (error) {
    return (error as Error).message;
  }
}

/** Tries all checks; returns how many failed. */
async function tryAll(dryRun: boolean): Promise<number> {
  let failed = 0;
  for (const { name, optional, find } of checks(dryRun)) {
    const problem = await attempt(find);
    if (problem === undefined) {
      console.log(`ok      ${name}`);
    } else {
      console.log(`${optional ? "warning" : "failed "} ${name}: ${problem}`);
      if (!optional) failed++;
    }
  }
  return failed;
}

/** Publishes the library, then the command, which imports it, and tags the commit. */
async function publish(): Promise<number> {
  const { version } = readPackage("");
  const steps: [command: string, args: string[], folder: string][] = [
    [Deno.execPath(), ["publish"], ROOT],
    [Deno.execPath(), ["publish"], `${ROOT}cli`],
    ["git", ["tag", `v${version}`], ROOT],
  ];
  for (const [command, args, cwd] of steps) {
    const { code } = await new Deno.Command(command, { args, cwd }).spawn().status;
    if (code !== 0) return code;
  }
  console.log(`published ${version}; push the tag v${version}`);
  return 0;
}

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== "--dry-run");
  if (unknown !== undefined) {
    console.error(`release: unknown option "${unknown}"; there is --dry-run`);
    return 2;
  }
  const dryRun = args.includes("--dry-run");
  if (await tryAll(dryRun) > 0) return 1;
  return dryRun ? 0 : await publish();
}

if (import.meta.main) Deno.exit(await main(Deno.args));
