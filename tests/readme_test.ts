/**
 * The README: its programs and commands are run as it says, its lists are compared with the code.
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { callOptions } from "../futures/options.ts";
import { OPTIONS } from "../launch/option_table.ts";
import * as api from "../mod.ts";
import { DEFAULT_ADDRESS } from "../wire/addresses.ts";
import { VARIABLES } from "../worker/environment.ts";
import { runAlone } from "./launch_program.ts";

const ROOT = new URL("..", import.meta.url);
const README = await Deno.readTextFile(new URL("README.md", ROOT));
/** Against hangs only. */
const timeout = 120_000;

/** A fenced block. */
interface Block {
  language: string;
  text: string;
  /** The text block right after it: what it prints. */
  output: string | undefined;
}

const BLOCKS: Block[] = [...README.matchAll(/^```(\w+)\n(.*?)^```$(?:\s+^```text\n(.*?)^```$)?/gms)]
  .map(([, language, text, output]) => ({ language: language!, text: text!, output }));

/** Everything that is not in a fenced block. */
const PROSE = README.replaceAll(/^```\w+\n.*?^```$/gms, "");

/** A section, from its heading to the next of the same level or above. */
function section(heading: string): string {
  const level = /^#+/.exec(heading)![0].length;
  const start = PROSE.indexOf(`\n${heading}\n`);
  assert(start >= 0, `there is a section "${heading}"`);
  const rest = PROSE.slice(start + heading.length + 2);
  return rest.slice(0, rest.search(new RegExp(`^#{1,${level}} |$(?![^])`, "m")));
}

/** The rows of the tables in a text, without their headings. */
function rowsOf(text: string): string[][] {
  return [...text.matchAll(/^\| *-[-| ]*\|\n((?:\|.*\n?)+)/gm)].flatMap(([, body]) =>
    body!.trim().split("\n").map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()))
  );
}

/** What stands in backticks. */
function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
}

/** The commands of a shell block, without comments. */
function commandsIn(text: string): string[] {
  return text.trim().split("\n").map((line) => line.replace(/\s+# .*/, ""));
}

/** A command such as `IS_ORIGIN=1 deno run -A examples/fib.ts 20`, taken apart. */
function parse(command: string): { env: Record<string, string>; program: string; args: string[] } {
  const words = command.split(" ");
  const start = words.indexOf("deno");
  assert.deepEqual(words.slice(start, start + 3), ["deno", "run", "-A"], command);
  const env = Object.fromEntries(words.slice(0, start).map((word) => word.split("=")));
  // Files of ours by their full paths: the folder it is run in has the README's programs only.
  const [program, ...args] = words.slice(start + 3).map((word) =>
    /^(cli|\w+\/\w+)\.ts$/.test(word) ? fileURLToPath(new URL(word, ROOT)) : word
  );
  return { env, program: program!, args };
}

/** Runs a test in a folder with the README's programs, below the one it tells to save them in. */
async function withPrograms(test: (folder: string, names: string[]) => Promise<void>) {
  const dir = fileURLToPath(new URL(".tmp", ROOT));
  await Deno.mkdir(dir, { recursive: true });
  const folder = await Deno.makeTempDir({ dir });
  try {
    const names: string[] = [];
    for (const { language, text } of BLOCKS) {
      if (language !== "ts") continue;
      const name = /^\/\/ (\w+\.ts)\n/.exec(text)?.[1];
      assert(name, `a program begins with its name: ${text}`);
      const own = text.replaceAll(`"./mod.ts"`, `"${new URL("mod.ts", ROOT)}"`);
      await Deno.writeTextFile(`${folder}/${name}`, own);
      names.push(name);
    }
    await test(folder, names);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readme: its programs pass the type checker", () =>
  withPrograms(async (folder, names) => {
    assert(names.length >= 3, "the programs were found");
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", ...names],
      cwd: folder,
      stderr: "piped",
    }).output();
    assert(success, new TextDecoder().decode(stderr));
  }));

/** Arguments that make an example quick, and what it prints then. */
const QUICK: Record<string, { args: string[]; output: RegExp }> = {
  "pi_calc.ts": { args: ["20", "2000"], output: /^pi = 3\.\d+\n$/ },
  "url_fetch.ts": { args: [], output: /^\/1: 200 "Page 1" / },
};

Deno.test("readme: its commands print what it says", () =>
  withPrograms(async (cwd, names) => {
    const seen = new Set<string>();
    for (const { language, text, output } of BLOCKS) {
      if (language !== "sh" || text.includes("broker/main.ts")) continue;
      for (const command of commandsIn(text)) {
        if (!command.includes("deno run")) continue;
        const { env, program, args } = parse(command);
        const name = (args.at(-1) ?? program).split("/").at(-1)!;
        const quick = QUICK[name];
        assert(output !== undefined || quick, `it is known what ${command} prints`);
        args.push(...quick?.args ?? []);
        const run = await runAlone(program, { args, env, cwd, timeout });
        assert.deepEqual({ code: run.code, stderr: run.stderr }, { code: 0, stderr: "" }, command);
        if (quick) assert.match(run.stdout, quick.output, command);
        else assert.equal(run.stdout, output, command);
        seen.add(name);
      }
    }
    for (const name of [...names, ...Object.keys(QUICK)]) assert(seen.has(name), `${name} was run`);
  }));

Deno.test("readme: the first program prints the same without the command", () =>
  withPrograms(async (cwd, [name]) => {
    const { output } = BLOCKS.find(({ text }) => text.includes(` cli.ts -n 4 ${name}`))!;
    assert(README.includes(`\`deno run -A ${name}\``));
    const { code, stdout, stderr } = await runAlone(name!, { cwd, timeout });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: output });
    assert.match(stderr, /^scoop: .*deno run .*\n$/);
  }));

Deno.test("readme: a run by hand", () =>
  withPrograms(async (cwd, [name]) => {
    const block = BLOCKS.find(({ language, text }) =>
      language === "sh" && text.includes("broker/main.ts")
    );
    const [broker, worker, origin] = commandsIn(block!.text).map(parse);
    const { output } = BLOCKS.find(({ text }) => text.includes(` cli.ts -n 4 ${name}`))!;
    const listens = Promise.withResolvers<RegExpExecArray>();
    const joined = Promise.withResolvers<void>();
    const start = (command: ReturnType<typeof parse>, env: Record<string, string>) =>
      runAlone(command.program, {
        args: command.args,
        env: { ...command.env, ...env },
        cwd,
        timeout,
      });
    const runs = [runAlone(broker!.program, {
      // Any free ports, and a word when somebody comes.
      args: [...broker!.args, "-v"],
      env: { ...broker!.env, BROKER_ADDRESS: "tcp://127.0.0.1:*" },
      cwd,
      timeout,
      onStderr(text) {
        const addresses = /listens at (\S+), meta socket at (\S+)\n/.exec(text);
        if (addresses) listens.resolve(addresses);
        if (/worker-\d+ joined/.test(text)) joined.resolve();
      },
    })];
    try {
      const [, task, meta] = await Promise.race([listens.promise, failure(runs[0]!)]);
      const env = { BROKER_ADDRESS: task!, META_ADDRESS: meta! };
      runs.push(start(worker!, env));
      await Promise.race([joined.promise, failure(runs[1]!)]);
      runs.push(start(origin!, env));
    } finally {
      await Promise.allSettled(runs);
    }
    const [brokers, workers, origins] = await Promise.all(runs);
    assert.deepEqual(origins, { code: 0, stdout: output, stderr: "" });
    assert.deepEqual(workers, { code: 0, stdout: "", stderr: "" });
    assert.equal(brokers!.code, 0);
  }));

/** Rejects when a process that is to go on has ended. */
async function failure(run: ReturnType<typeof runAlone>): Promise<never> {
  throw new Error(`it has ended: ${JSON.stringify(await run)}`);
}

Deno.test("readme: the command's help is the command's help", async () => {
  const { stdout } = await runAlone("cli.ts", { args: ["--help"], timeout });
  const block = BLOCKS.find(({ text }) => text.startsWith("Usage: "));
  assert.equal(block!.text.trim(), stdout.trim());
});

Deno.test("readme: every flag it speaks of exists", async () => {
  const known = new Set(OPTIONS.flatMap(({ long, alias }) => [long, alias ?? long]));
  const { stdout } = await runAlone("broker/main.ts", { args: ["--help"], timeout });
  for (const [, flag] of stdout.matchAll(/--([a-z-]+)/g)) known.add(flag!);
  // Of npx, of `deno task soak` and `deno task test`, of V8, and of `scoop resume`.
  const soak = ["minutes", "only", "seed"];
  const others = ["yes", ...soak, "jobs", "max-old-space-size", "list", "forget"];
  for (const flag of others) known.add(flag);
  const python = "## For people who know SCOOP for Python";
  const here = README.replaceAll(/^\| [^|]*--.*\|$/gm, (row) => {
    // In that table the first cell is Python's, unless the second says that it is ours as well.
    const [, theirs, ours] = row.split("|");
    return ours!.trim() === "the same" ? row : row.replace(theirs!, "");
  });
  assert(README.includes(python) && section(python).includes("--hosts"));
  const flags = [...here.matchAll(/(?<![\w-])--([a-z][a-z0-9]*(?:-[a-z]+)*)/g)].map(([, flag]) =>
    flag!
  );
  assert(flags.length > 20, "the flags were found");
  assert.deepEqual(
    flags.filter((flag) => !known.has(flag) && !/^(deny|ignore|unstable)$/.test(flag)),
    [],
  );
});

Deno.test("readme: the environment variables are those that are read", async () => {
  const rows = rowsOf(section("## By hand"));
  const names = (rows: string[][]) => rows.map(([name]) => codeIn(name!)[0]!).sort();
  const source = await Deno.readTextFile(new URL("broker/settings.ts", ROOT));
  const broker = [...source.matchAll(/\benv\("(\w+)"\)/g)].map(([, name]) => name!);
  assert.deepEqual(names(rows), [...new Set([...VARIABLES, ...broker])].sort());
  const readBy = (who: string) => names(rows.filter((row) => row[1]!.includes(who)));
  assert.deepEqual(readBy("workers"), [...VARIABLES].sort());
  assert.deepEqual(readBy("broker"), [...new Set(broker)].sort());
  assert.equal(rows.find(([name]) => name === "`BROKER_ADDRESS`")![3], `\`${DEFAULT_ADDRESS}\``);
  const used = [...README.matchAll(/\b[A-Z_]+(?==\S)/g)].map(([name]) => name);
  const known = new Set([...VARIABLES, ...broker]);
  assert(used.length >= 4, "variables were found");
  assert.deepEqual(used.filter((name) => !known.has(name)), []);
});

Deno.test("readme: what one can call is what mod.ts exports", () => {
  const isError = (value: unknown) =>
    typeof value === "function" && value.prototype instanceof Error;
  const text = section("## What you can call");
  const [calls] = text.split("\n### ");
  const listed = rowsOf(calls!).flatMap(([call]) =>
    codeIn(call!).map((code) => code.replace(/\(.*/, ""))
  );
  const members = (name: "scoop" | "shared") =>
    Object.keys(api[name]).map((key) => `${name}.${key}`);
  const expected = Object.entries(api).flatMap(([name, value]) => {
    if (name === "scoop" || name === "shared") return members(name);
    // Classes are described in words, constants with the call that takes them.
    return isError(value) || /^[A-Z]/.test(name) ? [] : [name];
  });
  assert.deepEqual([...new Set(listed)].sort(), expected.sort());
  for (const name of Object.keys(api)) assert(text.includes(name), `it speaks of ${name}`);
  const errors = Object.entries(api).filter(([, value]) => isError(value)).map(([name]) => name);
  const rules = rowsOf(section("### The rules, wherever a task runs"));
  assert.deepEqual(rules.map(([name]) => codeIn(name!)[0]!).sort(), errors.sort());
});

Deno.test("readme: a Future has what it says", () => {
  const paragraph = /^A `Future`.*?\n\n/ms.exec(PROSE)![0];
  const listed = codeIn(paragraph).slice(1).map((code) => code.replace(/\(.*/, ""));
  const promise = ["constructor", "then", "catch", "finally"];
  const own = Object.getOwnPropertyNames(api.Future.prototype);
  assert.deepEqual(listed.sort(), own.filter((name) => !promise.includes(name)).sort());
});

Deno.test("readme: the options are those that are taken", () => {
  const rows = rowsOf(section("### Options"));
  const namesFor = (call: string) =>
    rows.filter((row) => codeIn(row[1]!).includes(call)).map(([name]) => codeIn(name!)[0]!);
  const unknown = thrown(() => api.withOptions({ unknown: 1 } as api.SpawnOptions));
  const taken = unknown.message.split("there are ")[1]!.split(", ");
  assert.deepEqual(namesFor("withOptions").sort(), taken.sort());
  assert(namesFor("task").length >= 4);
  for (const name of namesFor("task")) {
    const { message } = thrown(() => api.task(() => {}, { [name]: "" }));
    assert(message.includes(`${name} must be`), message);
  }
  const retries = rows.find(([name]) => name === "`retries`")!.at(-1);
  assert.equal(retries, String(callOptions(() => {}, undefined).retries));
});

function thrown(action: () => void): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  assert.fail("it has thrown nothing");
}

Deno.test("readme: files, sections and tasks it speaks of exist, and no example is left out", async () => {
  const targets = [...PROSE.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target!);
  const headings = [...PROSE.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    `#${heading!.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-")}`
  );
  const files = codeIn(PROSE).filter((code) => /^[\w/]+(\.ts|\/)$/.test(code));
  const own = files.filter((file) => file !== "primes.ts");
  assert(targets.length > 20 && own.length > 0, "links and files were found");
  for (const target of [...targets, ...own]) {
    if (target.startsWith("#")) assert(headings.includes(target), target);
    else if (!target.startsWith("https:")) assert(await Deno.stat(new URL(target, ROOT)), target);
  }
  const examples: string[] = [];
  for await (const { name } of Deno.readDir(new URL("examples", ROOT))) {
    if (name.endsWith(".ts")) examples.push(`examples/${name}`);
  }
  for await (const { name } of Deno.readDir(new URL("examples/submit_files", ROOT))) {
    examples.push(`examples/submit_files/${name}`);
  }
  const listed = targets.filter((target) => /^examples\/.+/.test(target));
  assert.deepEqual([...new Set(listed)].sort(), examples.sort());
  const tasks = [...README.matchAll(/(?:deno(?:@[\d.]+)?) task ([\w:]+)/g)].map(([, name]) =>
    name!
  );
  assert(tasks.length >= 5, "the tasks were found");
  assert.deepEqual(tasks.filter((name) => !(name in config.tasks)), []);
  // Both ways to try it are the same.
  assert(BLOCKS.some(({ text }) => commandsIn(text).includes(config.tasks.demo)));
});
