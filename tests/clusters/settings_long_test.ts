/** Prologs, variables and folders, here and on a host with the real sshd. */

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
  const all = new Set();
  while (all.size < scoop.size) for (const one of await map(look, Array(8).fill(0))) all.add(one);
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
  name: "settings: prologs and variables are there, and what fails is told",
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
    await Promise.all([settings(hosts), whichIsWhich(hosts)]);
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

/** Users and ports; variables; a working folder that only this host has. */
async function settings(hosts: Hosts): Promise<void> {
  const cwd = `${hosts.folder}/elsewhere/work`;
  await Deno.mkdir(cwd, { recursive: true });
  await Deno.writeTextFile(`${cwd}/my.env`, 'FROM_FILE="two\nlines"\nHOME=/nowhere\n');
  await Deno.writeTextFile(
    `${hosts.folder}/variables.ts`,
    `import { map, scoop } from ${JSON.stringify(path("mod.ts"))};
export async function look(_: number) {
  await new Promise((resolve) => setTimeout(resolve, 30));
  const values = ["FROM_FILE", "GIVEN", "HERE", "HOME"].map((name) => Deno.env.get(name));
  return JSON.stringify([scoop.workerName, ...values]);
}
if (import.meta.main) {
  const all = new Set();
  while (all.size < scoop.size) for (const one of await map(look, Array(8).fill(0))) all.add(one);
  for (const line of [...all].sort()) console.log(line);
}\n`,
  );
  await hosts.hide("h1", `${hosts.folder}/elsewhere`);
  const { code, stdout, stderr } = await runScoop([
    ...["--ssh-executable", hosts.ssh, "-E", "--env-file=my.env", "--env", "GIVEN=a=b c"],
    ...["--env", "HERE", "--hosts", "127.0.0.1", "root@h1:2222", "ssh://h1", "-n", "3"],
    `${hosts.folder}/variables.ts`,
  ], { cwd, env: { HERE: "it is" } });
  // There it is as the system has it, whatever it is here.
  const home = (await hosts.run("h1", "getent passwd root")).split(":")[5]!;
  const expected = ["origin", "worker-1", "worker-2"].map((name) =>
    JSON.stringify([
      ...[name, "two\nlines", "a=b c", "it is"],
      name === "origin" ? Deno.env.get("HOME") : home,
    ])
  );
  assert.deepEqual([code, stdout.trimEnd().split("\n")], [0, expected]);
  assert.deepEqual(
    stderr.trimEnd().split("\n").sort(),
    ["h1", "root@h1:2222"].map((host) =>
      `scoop: ${host}: ${cwd} is not there, so it works in ${home}`
    ),
  );
}

/** The plan knows a host by all its names, and this one by the address that it has for the hosts. */
async function whichIsWhich(hosts: Hosts): Promise<void> {
  const dry = ["--ssh-executable", hosts.ssh, "--dry-run", "prog.ts"];
  const plan = async (flags: string[], env: Record<string, string> = {}) => {
    const args = [...flags, ...dry.slice(0, -1), path("tests/hosts/programs/where.ts")];
    const { code, stdout, stderr } = await runScoop(args, { env });
    assert.deepEqual([code, stderr], [0, ""]);
    // The host, how it is reached, and the workers, without the broker.
    return stdout.trimEnd().split("\n").slice(2)
      .map((line) => line.split(/ {2,}/).slice(0, 3).join(" "));
  };
  const names = ["h1", hosts.address("h1"), "root@h1", hosts.headAddress, "127.0.0.1"];
  assert.deepEqual(await plan(["--hosts", ...names, "-n", "5"]), [
    "h1 by ssh origin, worker-1, worker-2",
    `${hosts.headAddress} here worker-3, worker-4`,
  ]);
  const nodes = `${hosts.folder}/nodes`;
  const own = Deno.hostname().split(".")[0]!;
  await Deno.writeTextFile(nodes, `${own}.one.example\n${own}.two.example\nh1\nh1\n`);
  assert.deepEqual(await plan([], { PBS_NODEFILE: nodes }), [
    `${own}.one.example by ssh origin`,
    `${own}.two.example by ssh worker-1`,
    "h1 by ssh worker-2, worker-3",
  ]);
}
