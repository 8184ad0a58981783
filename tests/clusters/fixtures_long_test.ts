/** The hosts and schedulers that other tests run on are what they claim to be. */

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { missingForSge, startSge } from "./sge.ts";
import { missingForSlurm, startSlurm } from "./slurm.ts";
import { missingForHosts, output, startHosts } from "./ssh_hosts.ts";
import type { Hosts } from "./ssh_hosts.ts";

const missing = missingForHosts();
if (missing) console.log(`the test hosts are not tried: ${missing}`);

/** One test with two hosts of its own. */
function test(name: string, fn: (hosts: Hosts) => Promise<void>, reason = missing): void {
  if (reason && reason !== missing) console.log(`"${name}" is not tried: ${reason}`);
  Deno.test({
    name: `test hosts: ${name}`,
    ignore: reason !== undefined,
    async fn() {
      await using hosts = await startHosts(2);
      await fn(hosts);
    },
  });
}

/** What ssh says and how it ends. */
async function ssh(hosts: Hosts, name: string, command: string) {
  const args = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=2", name, command];
  const { code, stdout, stderr } = await new Deno.Command(hosts.ssh, { args }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout).trim(), stderr: decoder.decode(stderr) };
}

/** Whether a process of this machine has these words in its command. */
function runsHere(words: string): boolean {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (Deno.readTextFileSync(`/proc/${name}/cmdline`).includes(words)) return true;
    } catch {
      // It has ended meanwhile.
    }
  }
  return false;
}

async function waitFor(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const until = performance.now() + 30_000;
  while (!(await condition())) {
    assert(performance.now() < until, `not within 30 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("names, addresses and processes of their own", async (hosts) => {
  assert.deepEqual(hosts.names, ["h1", "h2"]);
  for (const name of hosts.names) {
    assert.deepEqual(await ssh(hosts, name, "hostname"), { code: 0, stdout: name, stderr: "" });
    const addresses = await hosts.run(name, "ip -4 -br addr show eth0");
    assert(addresses.includes(` ${hosts.address(name)}/24`), addresses);
    assert.equal(await hosts.run(name, "ip route show default"), "");
    const known = await hosts.run(name, "getent hosts head h1 h2");
    for (const one of [hosts.headAddress, hosts.address("h1"), hosts.address("h2")]) {
      assert(known.includes(`${one} `), known);
    }
    assert.deepEqual(await hosts.processes(name), []);
  }
  assert.notEqual(hosts.address("h1"), hosts.address("h2"));
  assert.match(await hosts.run("h1", "bash -c 'head -c 4 < /dev/tcp/h2/22'"), /^SSH-$/);

  await hosts.run("h1", "sleep 1234 > /dev/null 2>&1 &");
  const [process, ...others] = await hosts.processes("h1");
  assert.deepEqual([process?.command, others], ["sleep 1234", []]);
  assert.deepEqual(await hosts.processes("h2"), []);
  await hosts.run("h1", `kill ${process!.pid}`);
  await waitFor("it has ended", async () => (await hosts.processes("h1")).length === 0);
});

test("a pulled cable, and a crash", async (hosts) => {
  await hosts.cut("h1");
  assert.equal((await ssh(hosts, "h1", "hostname")).code, 255);
  assert.equal((await ssh(hosts, "h2", "hostname")).stdout, "h2");
  await hosts.heal("h1");
  await waitFor("h1 answers", async () => (await ssh(hosts, "h1", "hostname")).stdout === "h1");

  await hosts.run("h2", "sleep 1234 > /dev/null 2>&1 &");
  await hosts.crash("h2");
  await waitFor("its sshd is dead", () => !runsHere(`${hosts.folder}/h2.sshd`));
  assert.deepEqual(await hosts.processes("h2"), []);
  assert.equal((await ssh(hosts, "h2", "hostname")).code, 255);
  assert.equal((await ssh(hosts, "h1", "hostname")).stdout, "h1");
});

test("hosts that lack something, refuse, or are not there", async (hosts) => {
  const deno = Deno.execPath();
  await hosts.hide("h1", dirname(deno));
  const [without, with_] = [await ssh(hosts, "h1", deno), await ssh(hosts, "h2", `${deno} -V`)];
  assert.equal(without.code, 127);
  assert.match(with_.stdout, /^deno \d/);
  assert(Deno.statSync(deno).isFile, "it is still there on this machine");

  const refused = await ssh(hosts, "refused", "hostname");
  assert.equal(refused.code, 255);
  assert.match(refused.stderr, /Permission denied/);
  const nobody = await ssh(hosts, hosts.headAddress.replace(/\d+$/, "99"), "hostname");
  assert.equal(nobody.code, 255);
});

test("two runs at once, and nothing is left of one that is killed", async (hosts) => {
  const module = JSON.stringify(new URL("./ssh_hosts.ts", import.meta.url).href);
  const code = `import { startHosts } from ${module};
    console.log((await startHosts(1)).folder);
    Deno.kill(Deno.pid, "SIGKILL");`;
  const { stdout, signal } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", code],
  }).output();
  const folder = new TextDecoder().decode(stdout).trim();
  assert.equal(signal, "SIGKILL");
  assert.match(folder, /^\/tmp\/scoop-hosts-\d+$/);
  assert.notEqual(folder, hosts.folder);
  await using others = await startHosts(1);
  await waitFor(
    "it is taken down",
    () => !runsHere(`${folder}/h1.sshd`) || others.folder === folder,
  );
  assert.notEqual(others.address("h1"), hosts.address("h1"));
  assert.equal((await ssh(others, "h1", "hostname")).stdout, "h1");
  assert.equal((await ssh(hosts, "h1", "hostname")).stdout, "h1");
});

Deno.test({
  name: "test hosts: nothing is left in the end",
  ignore: missing !== undefined,
  async fn() {
    const hosts = await startHosts(1);
    const { folder } = hosts;
    const number = folder.replace(/\D+/g, "");
    assert((await output(["ip", "-br", "link"])).includes(`sc${number}br`));
    await hosts[Symbol.asyncDispose]();
    assert(!runsHere(`${folder}/`));
    assert.doesNotMatch(await output(["ip", "-br", "link"]), new RegExp(`\\bsc${number}(br|v)`));
    assert.doesNotMatch(await output(["ip", "netns"]), new RegExp(`\\bscoop${number}h`));
    assert.throws(() => Deno.statSync(folder), Deno.errors.NotFound);
  },
});

test("Slurm's nodes are the hosts", async (hosts) => {
  await using slurm = await startSlurm(hosts);
  const words = ["env", `SLURM_CONF=${slurm.env.SLURM_CONF}`, "srun", "-N2", "-l"];
  const text = await output([...words, "sh", "-c", "echo $(hostname) $(ip -4 -br addr show eth0)"]);
  const lines = text.trim().split("\n").map((line) => line.replace(/^\d: (\S+) .* /, "$1 ")).sort();
  assert.deepEqual(lines, hosts.names.map((name) => `${name} ${hosts.address(name)}/24`));
}, missing ?? missingForSlurm());

test("SGE's hosts are the hosts", async (hosts) => {
  await using sge = await startSge(hosts);
  const [script, out] = [`${hosts.folder}/job.sh`, `${hosts.folder}/job.out`];
  await Deno.writeTextFile(
    script,
    `awk '{ print $1 }' $PE_HOSTFILE
for host in $(awk '{ print $1 }' $PE_HOSTFILE); do
  qrsh -inherit $host 'echo $(hostname) $(ip -4 -br addr show eth0)'
done\n`,
  );
  const options = ["-pe", "rr", "2", "-j", "y", "-o", out, "-wd", "/tmp", "-V"];
  const job = await sge.submit(script, options);
  await waitFor("the job has ended", async () => !(await sge.lives(job)));
  const text = await Deno.readTextFile(out);
  for (const name of hosts.names) {
    assert.match(text, new RegExp(`^${name}$`, "m"));
    assert(new RegExp(`^${name} eth0.* ${hosts.address(name)}/24$`, "m").test(text), text);
  }
}, missing ?? missingForSge());
