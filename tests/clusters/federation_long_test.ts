/** Brokers on several hosts, not all of which can be reached from everywhere. */

import assert from "node:assert/strict";
import { path, scoop } from "../faults/running.ts";
import type { Run } from "../faults/running.ts";
import { missingForHosts, startHosts } from "./ssh_hosts.ts";
import type { Hosts } from "./ssh_hosts.ts";

const missing = missingForHosts();
if (missing) console.log(`no brokers on several hosts are tried: ${missing}`);

/** Six workers on three hosts; those of h1 and h2 have their broker on h1. */
function start(hosts: Hosts, tasks: number): Run {
  const where = ["--ssh-executable", hosts.ssh, "--hosts", "127.0.0.1", ...hosts.names];
  const program = path("tests/clusters/programs/sleepers.ts");
  return scoop([...where, "-n", "6", "-b", "2", program, `${tasks}`]);
}

/** How many tasks each worker has done. */
async function counts(run: Run): Promise<Record<string, number>> {
  const { code, stdout, stderr } = await run.ended();
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout.split("\n").at(-2)!) as Record<string, number>;
}

Deno.test({
  name: "federation: workers that cannot reach their own broker work for another",
  ignore: missing !== undefined,
  async fn() {
    await using hosts = await startHosts(2);
    // From h2 there is a way to this machine, and none to h1.
    await hosts.run("h2", `/sbin/ip route add unreachable ${hosts.address("h1")}/32`);
    await using run = start(hosts, 1_200);
    const done = await counts(run);
    const sum = Object.values(done).reduce((a, b) => a + b, 0);
    assert.equal(sum, 1_200);
    for (const name of ["worker-4", "worker-5"]) assert.ok(done[name]! > 20, JSON.stringify(done));
  },
});

Deno.test({
  name: "federation: workers whose broker is cut off go to one that is not",
  ignore: missing !== undefined,
  async fn() {
    await using hosts = await startHosts(2);
    await using run = start(hosts, 1_200);
    await run.prints(/it begins/);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await hosts.cut("h1");
    const done = await counts(run);
    const sum = Object.values(done).reduce((a, b) => a + b, 0);
    assert.equal(sum, 1_200);
    // Those of h2 have their names still: nobody has started them anew.
    for (const name of ["worker-4", "worker-5"]) assert.ok(done[name]! > 150, JSON.stringify(done));
  },
});
