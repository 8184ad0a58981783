/** Runs on hosts with addresses of their own, by ssh and by Slurm. */

import assert from "node:assert/strict";
import { path, runScoop, scoop, start } from "../faults/running.ts";
import type { Run } from "../faults/running.ts";
import { missingForSlurm, startSlurm } from "./slurm.ts";
import { missingForSge, startSge } from "./sge.ts";
import { exists, missingForHosts, startHosts } from "./ssh_hosts.ts";
import type { Hosts } from "./ssh_hosts.ts";

const missing = missingForHosts();
if (missing) console.log(`no runs on several hosts are tried: ${missing}`);
const where = path("tests/hosts/programs/where.ts");

/** One test with hosts of its own. */
function test(name: string, fn: (hosts: Hosts) => Promise<void>, reason = missing): void {
  if (reason && reason !== missing) console.log(`"${name}" is not tried: ${reason}`);
  Deno.test({
    name: `clusters: ${name}`,
    ignore: reason !== undefined,
    async fn() {
      await using hosts = await startHosts();
      await fn(hosts);
    },
  });
}

/** Tasks by worker, as where.ts prints them. */
function counts(stdout: string): Map<string, number> {
  const lines = stdout.replaceAll(/^\[\S+(?: \S+)?\] /gm, "");
  return new Map(
    [...lines.matchAll(/^(origin|worker-\S+) (\d+)$/gm)].map(([, name, n]) => [name!, Number(n)]),
  );
}

function sum(stdout: string): number {
  return [...counts(stdout).values()].reduce((a, b) => a + b, 0);
}

/** Waits until nothing of ours runs on these hosts. */
async function empty(hosts: Hosts, ...names: string[]): Promise<void> {
  const until = performance.now() + 90_000;
  for (const name of names) {
    for (;;) {
      const left = await hosts.processes(name);
      if (left.length === 0) break;
      assert(performance.now() < until, `left on ${name}: ${JSON.stringify(left)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function busyHosts(hosts: Hosts, run: Run): Promise<void> {
  await run.prints(/begins/);
  for (const name of hosts.names) {
    while ((await hosts.processes(name)).length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

test("the seeds' command line, on three hosts and this one", async (hosts) => {
  const { code, stdout, stderr } = await runScoop([
    "--ssh-executable",
    hosts.ssh,
    ...["--hosts", "127.0.0.1", ...hosts.names, "-vv", "-n", "16", where, "400", "your", "args"],
  ]);
  assert.equal(code, 7);
  assert.equal(sum(stdout), 400);
  assert.equal(counts(stdout).size, 16, "every worker worked");
  assert.match(stdout, /^\[origin\] 16 origin {2}your args$/m);
  for (const [i, name] of hosts.names.entries()) {
    const first = 4 * (i + 1);
    assert.match(stderr, new RegExp(`${name} +by ssh +worker-${first} to worker-${first + 3} `));
    assert.match(stderr, new RegExp(`worker-${first} joined \\(${name}, pid \\d+\\)`));
  }
  await empty(hosts, ...hosts.names);
});

test("nothing of the tasks can be read on the wire", async (hosts) => {
  const capture = `${hosts.folder}/capture`;
  await using tcpdump = start("tcpdump", ["-i", hosts.bridge, "-U", "-w", capture]);
  await tcpdump.prints(/listening on/);
  const program = `${hosts.folder}/secret.ts`;
  await Deno.writeTextFile(
    program,
    `import { map, scoop } from ${JSON.stringify(path("mod.ts"))};
export async function turn(text: string) {
  await new Promise((resolve) => setTimeout(resolve, 2));
  return [...text].reverse().join("") + scoop.workerName;
}
if (import.meta.main) {
  const all = await map(turn, Array(2000).fill("XYZZY-task-data-XYZZY"));
  console.log(all.length, new Set(all).size);
}\n`,
  );
  const args = ["--ssh-executable", hosts.ssh, "--hosts", "h1", "h2", "127.0.0.1", "-n", "5"];
  const { code, stdout } = await runScoop([...args, program]);
  assert.deepEqual([code, stdout], [0, "2000 5\n"]);
  // What is sent in the clear would be seen, and it is the last that was sent.
  await hosts.run("h1", "bash -c 'echo IN-THE-CLEAR >/dev/udp/head/9'");
  const text = () => new TextDecoder("latin1").decode(Deno.readFileSync(capture));
  await tcpdump.until(() => text().includes("IN-THE-CLEAR"));
  tcpdump.kill("SIGINT");
  assert.match((await tcpdump.ended()).stderr, /^0 packets dropped by kernel$/m);
  for (const word of ["XYZZY", "secret.ts", "YZZYX", "SCOOP_KEY", "bundle", "welcome"]) {
    assert(!text().includes(word), `"${word}" can be read`);
  }
}, missing ?? (exists("tcpdump") ? undefined : "there is no tcpdump"));

test("tunnels: the broker listens on loopback only", async (hosts) => {
  const args = ["--ssh-executable", hosts.ssh, "-e", "-v", "-n", "4", "-b", "2"];
  const all = [...args, "--hosts", "h1", "h2", "--", where, "240"];
  const { code, stdout, stderr } = await runScoop(all);
  assert.equal(code, 7);
  assert.equal(counts(stdout).size, 4);
  assert.match(stderr, /broker at tcp:\/\/127\.0\.0\.1:/);
  assert.doesNotMatch(stderr, /tcp:\/\/(?!127\.0\.0\.1)/);
});

test("--ship: a host with Deno and nothing else", async (hosts) => {
  const cache = (await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output())
    .stdout;
  const { denoDir } = JSON.parse(new TextDecoder().decode(cache));
  await hosts.hide("h1", path(""), denoDir);
  const args = ["--ssh-executable", hosts.ssh, "--hosts", "h1", "127.0.0.1", "-n", "4"];
  const without = await runScoop([...args, "--require-all", where]);
  assert.equal(without.code, 1);
  assert.match(without.stderr, /^scoop: h1: .* is not there: put it .*, or use --ship\n$/);
  const { code, stdout, stderr } = await runScoop([...args, "--ship", where, "100"]);
  assert.deepEqual([code, stderr], [7, ""]);
  assert.equal(sum(stdout), 100);
  await empty(hosts, "h1");
  assert.equal(await hosts.run("h1", "ls -d /tmp/scoop-*/files 2>/dev/null || true"), "");
});

test("a refused key and an address where nobody is", async (hosts) => {
  const nobody = hosts.headAddress.replace(/\d+$/, "99");
  const { code, stdout, stderr } = await runScoop(
    ["--ssh-executable", hosts.ssh, "--hosts", "refused", nobody, "h2", "-n", "3", where],
  );
  assert.equal(code, 7);
  assert.equal(counts(stdout).size, 1);
  assert.match(stderr, /^scoop: refused: it refused the key: /m);
  assert.match(stderr, new RegExp(`^scoop: ${nobody}: it cannot be reached: `, "m"));
});

test("Ctrl-C and kill -9 of the launcher leave nothing on any host", async (hosts) => {
  const args = ["--ssh-executable", hosts.ssh, "--hosts", ...hosts.names, "-n", "6", where, "9999"];
  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    await using run = scoop(args);
    await busyHosts(hosts, run);
    run.kill(signal);
    await run.ended();
    await empty(hosts, ...hosts.names);
    await run.gone();
  }
});

test("a pulled cable costs the host's workers, and they come back with it", async (hosts) => {
  const args = ["--ssh-executable", hosts.ssh, "-v", "--hosts", "127.0.0.1", "h1", "h2", "-n", "3"];
  await using run = scoop([...args, where, "4500"], { stdin: "" });
  await run.prints(/worker-1 joined/);
  await run.prints(/begins/);
  await hosts.cut("h1");
  await run.prints(/lost worker-1 /);
  // Its processes notice by themselves that they are alone.
  await empty(hosts, "h1");
  await hosts.heal("h1");
  await run.prints(/worker-1\.\d+ joined/);
  const { code, stdout } = await run.ended();
  assert.equal(sum(stdout), 4500);
  assert.equal(code, 7);
  await empty(hosts, "h1", "h2");
});

test("a broker that is killed on its host costs nothing but time", async (hosts) => {
  const args = ["--ssh-executable", hosts.ssh, "-b", "2", "--hosts", "127.0.0.1", "h1", "-n", "4"];
  await using run = scoop([...args, where, "1500"], { stdin: "" });
  await run.prints(/begins/);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const broker = (await hosts.processes("h1")).find(({ command }) =>
    command.includes("broker/main.ts")
  );
  await hosts.run("h1", `kill -9 ${broker!.pid}`);
  const { code, stdout } = await run.ended();
  assert.equal(sum(stdout), 1500);
  assert.equal(code, 7);
  await empty(hosts, "h1");
});

test("Slurm: the shipped script, and scancel", async (hosts) => {
  await using slurm = await startSlurm(hosts);
  const out = `${hosts.folder}/job.out`;
  const exported = `--export=ALL,DENO=${Deno.execPath()},SCOOP=${path("").slice(0, -1)}`;
  const script = path("examples/submit_files/slurm.sh");
  const job = await slurm.submit(script, [exported, "-o", out]);
  await ends(() => slurm.lives(job), out);
  const text = await Deno.readTextFile(out);
  assert.match(text, /pi = 3\.14/);
  assert.match(text, /h1 +here +origin, worker-1 to worker-3/);
  assert.match(text, /h2 +by srun +worker-4 to worker-7/);
  await empty(hosts, "h1", "h2");

  const short = `${hosts.folder}/short.sh`;
  await Deno.writeTextFile(
    short,
    `#!/bin/sh\n${Deno.execPath()} run -A ${path("cli.ts")} -v ${where} 60\n`,
    { mode: 0o755 },
  );
  const groups = await slurm.submit(short, ["-N1", "-n1", "-o", out, ":", "-N1", "-n2"]);
  await ends(() => slurm.lives(groups.split(";")[0]!), out);
  assert.match(
    await Deno.readTextFile(out),
    /h2 +by srun +worker-1, worker-2[^]*^\[origin\] 3 or/m,
  );
  await empty(hosts, "h1", "h2");

  const long = `${hosts.folder}/long.sh`;
  const command = `${Deno.execPath()} run -A ${path("cli.ts")} ${where} 99999`;
  await Deno.writeTextFile(long, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  const second = await slurm.submit(long, ["-N2", "--ntasks-per-node=2", "-o", out]);
  while (!(await Deno.readTextFile(out).catch(() => "")).includes("begins")) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await new Deno.Command("scancel", { args: [second], env: slurm.env }).output();
  await ends(() => slurm.lives(second), out);
  await empty(hosts, "h1", "h2");
}, missing ?? missingForSlurm());

test("SGE: the shipped script, and qdel", async (hosts) => {
  await using sge = await startSge(hosts);
  const out = `${hosts.folder}/job.out`;
  const job = await sge.submit(path("examples/submit_files/sge.sh"), [
    ...["-v", `DENO=${Deno.execPath()},SCOOP=${path("").slice(0, -1)}`, "-o", out, "-wd", "/tmp"],
  ]);
  await ends(() => sge.lives(job), out);
  const text = await Deno.readTextFile(out);
  assert.match(text, /pi = 3\.14/);
  assert.match(text, /here +origin, worker-1 to worker-3/);
  assert.match(text, /by qrsh +worker-4 to worker-7/);
  await empty(hosts, "h1", "h2");
}, missing ?? missingForSge());

/** Waits for a job's end. */
async function ends(lives: () => Promise<boolean>, out: string): Promise<void> {
  const until = performance.now() + 60_000;
  while (await lives()) {
    const text = await Deno.readTextFile(out).catch(() => "");
    assert(performance.now() < until, `the job does not end: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
