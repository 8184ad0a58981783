/** Scripts of --prolog, here and on a host with the real sshd. */

import assert from "node:assert/strict";
import { path, runScoop } from "../faults/running.ts";
import { missingForHosts, startHosts } from "./ssh_hosts.ts";
import type { Hosts } from "./ssh_hosts.ts";

const missing = missingForHosts();
if (missing) console.log(`no prologs are tried: ${missing}`);

const PROGRAM = `import { map, scoop } from ${JSON.stringify(path("mod.ts"))};
export async function look(_: number) {
  await new Promise((resolve) => setTimeout(resolve, 30));
  return scoop.workerName + " " + Deno.env.get("FROM_PROLOG");
}
if (import.meta.main) {
  const all = new Set(await map(look, Array(40).fill(0)));
  const [input] = [await new Response(Deno.stdin.readable).text()];
  console.log([...all].sort().join(", "), input.trim(), Deno.args.join(" "));
}\n`;

/** Prologs after which the program runs everywhere. */
const GOOD: Record<string, string> = {
  "a last test that is false": "export FROM_PROLOG=yes\n[ -f /no/such/file ] && . /no/such/file\n",
  "an exit with 0": "export FROM_PROLOG=yes\nexit 0\n",
  // Streams, words and habits of the shell are none of the program's.
  "one that meddles": `echo talks; echo complains >&2; cat; read -r x; export FROM_PROLOG=yes
exec >/dev/null 2>&1 </dev/null; set -- x y; set -f; IFS=e; cd /; : "it's \\n"; true\n`,
};

/** Prologs that fail, and what is told of them after their name. */
const BAD: Record<string, readonly [script: string, told: RegExp]> = {
  "a last command that fails": [
    "echo begins\nls /no/such/thing\n",
    /^ended with exit code 2 \(it printed: ls: .*such\/thing.*\)$/,
  ],
  "an exit": ["echo no licence >&2; exit 3\n", /^exited with exit code 3 \(.*: no licence\)$/],
  "a silent exit": ["exit 4\n", /^exited with exit code 4 \(it printed nothing\)$/],
  "no shell's language": ["if then\n", /^exited with exit code 2 \(it printed: .*[Ss]yntax.*\)$/],
};

Deno.test({
  name: "prologs: what they set is there, and how they fail is told",
  ignore: missing !== undefined,
  async fn() {
    await using hosts = await startHosts(1);
    const folder = `${hosts.folder}/work`;
    await Deno.mkdir(folder);
    await Deno.writeTextFile(`${folder}/prog.ts`, PROGRAM);
    const scripts = [...Object.values(GOOD), ...Object.values(BAD).map(([script]) => script)];
    for (const [i, script] of scripts.entries()) {
      await Deno.writeTextFile(`${folder}/${i}.sh`, script);
    }
    const nameOf = (script: string) => `${scripts.indexOf(script)}.sh`;
    await Promise.all([
      ...Object.entries(GOOD).map(([what, script]) => works(hosts, folder, what, nameOf(script))),
      ...Object.values(BAD).map(([script, told]) => fails(hosts, folder, nameOf(script), told)),
    ]);
    // Now the host does not see the folder, and the script travels with the program.
    await hosts.hide("h1", folder);
    await works(hosts, folder, "--ship", nameOf(GOOD["one that meddles"]!), ["--ship"]);
    assert.deepEqual(await hosts.processes("h1"), []);
  },
});

function run(hosts: Hosts, folder: string, prolog: string, flags: string[]) {
  return runScoop(
    ["--ssh-executable", hosts.ssh, "-E", "--prolog", prolog, ...flags, "prog.ts", "a  b", "c"],
    { cwd: folder, stdin: "typed\n" },
  );
}

async function works(
  hosts: Hosts,
  folder: string,
  what: string,
  prolog: string,
  flags: string[] = [],
): Promise<void> {
  const on = ["--hosts", "127.0.0.1", "h1", "-n", "2", ...flags];
  const { code, stdout, stderr } = await run(hosts, folder, prolog, on);
  assert.deepEqual(
    [code, stdout, stderr],
    [0, "origin yes, worker-1 yes typed a  b c\n", ""],
    what,
  );
}

async function fails(hosts: Hosts, folder: string, prolog: string, told: RegExp): Promise<void> {
  const { code, stdout, stderr } = await run(hosts, folder, prolog, [
    ...["--hosts", "127.0.0.1", "h1", "-n", "2"],
  ]);
  assert.deepEqual([code, stdout], [1, ""]);
  const lines = stderr.trimEnd().split("\n").sort();
  const heads = [`scoop: 127.0.0.1: ${prolog} (--prolog) `, `scoop: h1: ${folder}/${prolog} `];
  assert.equal(lines.length, 2, stderr);
  for (const [i, line] of lines.entries()) {
    assert(line.startsWith(heads[i]!), line);
    assert.match(line.slice(line.indexOf("(--prolog) ") + "(--prolog) ".length), told);
  }
}
