/** Runs on other hosts that are this one; tests/clusters/ has hosts with addresses of their own. */

import assert from "node:assert/strict";
import { basename } from "node:path";
import { canFindProcesses, killNow, path, runScoop, scoop } from "../faults/running.ts";
import type { StartOptions } from "../faults/running.ts";
import { withFakeSsh } from "./fake_ssh.ts";

const ignore = !canFindProcesses;
const where = path("tests/hosts/programs/where.ts");

/** "origin worker-1 worker-2", those that did something. */
function busy(stdout: string): string {
  return [...stdout.matchAll(/^(origin|worker-\S+) \d+$/gm)].map(([, name]) => name).join(" ");
}

function test(
  name: string,
  fn: (flags: string[], folder: string) => Promise<void>,
): void {
  Deno.test({ name: `hosts: ${name}`, ignore, fn: () => withFakeSsh(fn) });
}

test("the seeds' command line: workers on every host, arguments, exit code", async (flags) => {
  const args = ["--hosts", "127.0.0.1", "alpha", "chatty", "-vv", "-n", "6"];
  const { code, stdout, stderr } = await runScoop([...flags, ...args, where, "90", "x", "--y"]);
  const lines = stdout.replaceAll(/^\[\S+(?: \S+)?\] /gm, "");
  assert.equal(busy(lines), "origin worker-1 worker-2 worker-3 worker-4 worker-5");
  assert.match(lines, /^6 origin {2}x --y$/m);
  assert.equal(code, 7);
  assert.match(stderr, /^scoop: chatty {5}by ssh {3}worker-4, worker-5 {2}broker$/m);
  assert.match(stderr, /broker at tcp:\/\/\*:\d+/);
  assert.doesNotMatch(stderr, /SCOOP_KEY|[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40} /, "no key");
});

test("the first host runs the program, which reads the launcher's input", async (flags) => {
  const { code, stdout } = await runScoop(
    [...flags, "--hosts", "alpha", "127.0.0.1", "-n", "2", where],
    { stdin: "typed here\n" },
  );
  assert.match(stdout, /^2 origin typed here$/m);
  assert.equal(code, 7);
});

test("keys are in no command line", async (flags) => {
  await using run = scoop([...flags, "--hosts", "alpha", "127.0.0.1", "-n", "3", where, "300"], {
    stdin: "",
  });
  await run.prints(/begins/);
  const keys = new Set<string>();
  for (const { pid } of run.processes()) {
    for (const entry of (await Deno.readTextFile(`/proc/${pid}/environ`)).split("\0")) {
      const value = /^SCOOP_(?:KEY|KEYS|BROKER_KEYS)=(.*)$/.exec(entry)?.[1];
      for (const key of value?.split(" ") ?? []) keys.add(key);
    }
  }
  assert(keys.size >= 4, "the keys were found where they belong");
  for (const { pid } of run.processes()) {
    const line = await Deno.readTextFile(`/proc/${pid}/cmdline`);
    for (const key of keys) assert(!line.includes(key), `a key is in the arguments of ${pid}`);
  }
  assert.equal((await run.ended()).code, 7);
  await run.gone();
});

test("hosts that cannot be used are named, and the run goes on with the others", async (flags) => {
  const hosts = ["locked", "nowhere", "stranger", "old", "bare", "alpha", "127.0.0.1"];
  const { code, stdout, stderr } = await runScoop([
    ...flags,
    "--hosts",
    ...hosts,
    "-n",
    "7",
    where,
  ]);
  assert.equal(busy(stdout), "origin worker-1");
  assert.match(stdout, /^2 origin/m);
  assert.equal(code, 7);
  const on = "; the run goes on without it";
  const here = Deno.version.deno;
  const lines = stderr.trim().split("\n").sort();
  assert.deepEqual(lines, [
    `scoop: bare: no Deno was found there: install it, or name it with --deno-executable${on}`,
    `scoop: locked: it refused the key: put your public key there (ssh-copy-id), or load it into ssh-agent (me@locked: Permission denied (publickey).)${on}`,
    `scoop: nowhere: there is no host of this name: check it, or your ssh config (ssh: Could not resolve hostname nowhere: Name or service not known)${on}`,
    `scoop: old: it has Deno 1.0.0 (/opt/deno), this run ${here}: all hosts need the same, so upgrade one (deno upgrade --version ${here}), or name another with --deno-executable${on}`,
    `scoop: stranger: its host key is not known here: connect once by hand with ssh, and check it (Host key verification failed.)${on}`,
  ]);
});

test("--require-all refuses, and so does a run without any host", async (flags) => {
  for (const hosts of [["alpha", "locked"], ["locked"]]) {
    const required = hosts.length > 1 ? ["--require-all"] : [];
    const { code, stdout, stderr } = await runScoop(
      [...flags, ...required, "--hosts", ...hosts, "-n", "2", where],
    );
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^scoop: locked: it refused the key: .*\n$/);
  }
});

test("a program or a folder that is not there is named", async (flags, folder) => {
  const cases: [string[], RegExp][] = [
    [
      ["--path", "/no/such/folder"],
      /^scoop: alpha: the folder is not there: name another with --path, or use --ship\n$/,
    ],
    [
      ["--path", folder],
      /^scoop: alpha: \/.*\/where\.ts is not there: put it there, name the program's folder with --path, or use --ship\n$/,
    ],
    [
      ["--prolog", "/no/such/script"],
      /^scoop: alpha: \/no\/such\/script \(--prolog\) is not there, or cannot be read: put it there, or use --ship\n$/,
    ],
  ];
  for (const [more, expected] of cases) {
    const args = [...flags, ...more, "--hosts", "alpha", "-n", "1", where];
    const { code, stderr } = await runScoop(args);
    assert.match(stderr, expected);
    assert.equal(code, 1);
  }
});

test("--path: the program is in another folder there", async (flags, folder) => {
  await Deno.copyFile(where, `${folder}/where.ts`);
  const text = await Deno.readTextFile(where);
  const there = text.replace("../../../mod.ts", path("mod.ts")).replace('"begins"', '"there"');
  await Deno.writeTextFile(`${folder}/where.ts`, there);
  const args = [...flags, "--path", folder, "--hosts", "alpha", "127.0.0.1", "-n", "2", where];
  const { code, stdout } = await runScoop(args);
  assert.match(stdout, /^there$/m);
  assert.equal(busy(stdout), "origin worker-1");
  assert.equal(code, 7);
});

test("--path: one that is not absolute is below the home folder there", async (flags) => {
  const home = Deno.env.get("HOME")!;
  const folder = await Deno.makeTempDir({ dir: home, prefix: "scoop-test-" });
  try {
    // It imports the library by its address here, which is outside of the program's folder.
    const text = (await Deno.readTextFile(where)).replace("../../../mod.ts", path("mod.ts"));
    await Deno.writeTextFile(`${folder}/where.ts`, text);
    const elsewhere = await Deno.makeTempDir();
    await Deno.writeTextFile(`${elsewhere}/where.ts`, text);
    const permitted = flags.filter((flag) => flag !== "-A");
    const args = [
      ...[...permitted, "--path", basename(folder), "--hosts", "alpha", "127.0.0.1"],
      ...["-n", "2", `${elsewhere}/where.ts`],
    ];
    const { stdout, stderr } = await runScoop(args);
    assert.equal(busy(stdout), "origin worker-1", stderr);
    await Deno.remove(elsewhere, { recursive: true });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test("--prolog is sourced on every host, this one as well", async (flags, folder) => {
  const program = `${folder}/prog.ts`;
  await Deno.writeTextFile(
    program,
    `import { map } from ${JSON.stringify(path("mod.ts"))};
export const read = (_: number) => Deno.env.get("FROM_PROLOG");
if (import.meta.main) console.log(new Set(await map(read, [1, 2, 3, 4, 5, 6])));\n`,
  );
  const prolog = `${folder}/prolog.sh`;
  await Deno.writeTextFile(prolog, "export FROM_PROLOG=yes\n");
  for (const hosts of [["alpha", "127.0.0.1"], ["127.0.0.1"]]) {
    const { code, stdout } = await runScoop(
      [...flags, "-E", "--prolog", prolog, "--hosts", ...hosts, "-n", "3", program],
    );
    assert.deepEqual([code, stdout], [0, 'Set(1) { "yes" }\n']);
  }
});

test("--dry-run prints the plan and starts nothing", async (flags) => {
  const args = ["--dry-run", "--hosts", "127.0.0.1", "nowhere", "-n", "5", "-b", "2", where];
  const { code, stdout, stderr } = await runScoop([...flags, ...args]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(
    stdout,
    `5 workers, the origin among them; broker on this host, broker-2 on nowhere
host       reached  workers                     broker
127.0.0.1  here     origin, worker-1, worker-2  broker
nowhere    by ssh   worker-3, worker-4          broker-2
`,
  );
});

test("--hostfile gives hosts and their numbers of workers", async (flags, folder) => {
  const file = `${folder}/hosts.txt`;
  await Deno.writeTextFile(file, "127.0.0.1 1 # here\nalpha 2\n");
  const { code, stdout } = await runScoop([...flags, "--hostfile", file, where]);
  assert.equal(busy(stdout), "origin worker-1 worker-2");
  assert.equal(code, 7);
});

test("--ship: what is sent is used, and removed in the end", async (flags, folder) => {
  const tmp = `${folder}/tmp`;
  await Deno.mkdir(tmp);
  const options: StartOptions = { env: { TMPDIR: tmp } };
  await using run = scoop(
    [...flags, "--ship", "--hosts", "alpha", "127.0.0.1", "-n", "3", where, "200"],
    options,
  );
  await run.prints(/begins/);
  // The other one is the run's own, for its sockets.
  const [shipped] = [...Deno.readDirSync(tmp)].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name).filter((name) => !name.startsWith("scoop-run-"));
  const there = run.processes().filter(({ pid }) =>
    Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes(`${tmp}/${shipped}/files`)
  );
  assert(there.length >= 1, "processes run what was sent");
  const { code, stdout } = await run.ended();
  assert.equal(busy(stdout), "origin worker-1 worker-2");
  assert.equal(code, 7);
  await run.gone();
  assert.deepEqual([...Deno.readDirSync(tmp)].filter(({ isDirectory }) => isDirectory), []);
});

test("several brokers, each with its own workers", async (flags) => {
  const args = ["-b", "3", "--hosts", "127.0.0.1", "alpha", "beta", "-n", "6", where, "600"];
  const { code, stdout } = await runScoop([...flags, ...args]);
  assert.equal(busy(stdout), "origin worker-1 worker-2 worker-3 worker-4 worker-5");
  assert.equal(code, 7);
});

test("a lost agent costs nothing but time", async (flags) => {
  await using run = scoop([...flags, "--hosts", "127.0.0.1", "alpha", "-n", "3", where, "600"], {
    stdin: "",
  });
  await run.prints(/begins/);
  // A host that is not ready yet would be given up.
  await run.until(() => run.processes().some(({ name }) => name === "worker-2"));
  const agent = run.processes().find(({ name }) => /^\S+ run .*data:text\/java/.test(name));
  killNow(agent!.pid);
  const { code, stdout, stderr } = await run.ended();
  const tasks = [...stdout.matchAll(/^(?:origin|worker-\S+) (\d+)$/gm)];
  assert.equal(tasks.reduce((sum, [, count]) => sum + Number(count), 0), 600);
  assert.match(
    stderr,
    /^scoop: alpha is lost \(the connection to its host ended: .*\); it takes part again as soon/m,
  );
  assert.equal(code, 7);
  await run.gone();
});

for (const signal of ["SIGKILL", "SIGINT"] as const) {
  test(`a launcher's ${signal} leaves nothing behind`, async (flags) => {
    await using run = scoop([...flags, "--hosts", "alpha", "beta", "-n", "4", where, "10000"]);
    await run.prints(/begins/);
    run.kill(signal);
    await run.ended();
    await run.gone();
  });
}

test("Ctrl-C while a host does not answer ends the command at once", async (flags) => {
  await using run = scoop([...flags, "--hosts", "silent", "-n", "1", where]);
  await run.until(() => run.processes().some(({ name }) => name.startsWith("sleep")));
  const began = performance.now();
  run.kill("SIGINT");
  assert.equal((await run.ended()).code, 130);
  assert(performance.now() - began < 20_000);
  await run.gone();
});
