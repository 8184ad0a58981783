/** A host that has no address but one of IPv6. */

import assert from "node:assert/strict";
import { path, runScoop } from "../faults/running.ts";
import { missingForHosts, output, startHosts } from "./ssh_hosts.ts";
import type { Hosts } from "./ssh_hosts.ts";

const missing = missingForHosts() ??
  (Deno.networkInterfaces().some(({ address }) => address === "::1")
    ? undefined
    : "this machine has no IPv6");
if (missing) console.log(`IPv6 is not tried: ${missing}`);

Deno.test({
  name: "ipv6: a host that has nothing else, by every spelling, through brokers and tunnels",
  ignore: missing !== undefined,
  async fn() {
    await using hosts = await startHosts(2);
    await hosts.run("h1", "ip -4 addr flush dev eth0");
    const own = hosts.address6("h1");
    const long = own.replace("::", ":0:0:0:0:0:").toUpperCase();
    const both = ["127.0.0.1", own, "h2"];
    await Promise.all([
      works(hosts, ["--hosts", "127.0.0.1", own, `[${long}]:2222`, `ssh://root@[${own}]:22`]),
      works(hosts, ["-b", "2", "--hosts", ...both]),
      works(hosts, ["-e", "-b", "2", "--hosts", ...both]),
      works(hosts, [
        "--broker-hostname",
        hosts.headAddress6,
        "--hosts",
        `root@${own}`,
        "127.0.0.1",
      ]),
      works(hosts, ["--hosts", own]),
    ]);
    const plan = await runScoop([
      ...["--ssh-executable", hosts.ssh, "--dry-run", "--hosts", own, `[${long}]`, `root@[${own}]`],
      ...[hosts.headAddress6.toUpperCase(), "-n", "4", path("tests/hosts/programs/where.ts")],
    ]);
    assert.match(plan.stdout, new RegExp(`^${own} +by ssh +origin, worker-1, worker-2 `, "m"));
    assert.match(plan.stdout, /here +worker-3/);
    for (const name of hosts.names) assert.deepEqual(await hosts.processes(name), []);
    assert.match(await output([...hosts.inside("h1"), "ip", "-4", "addr", "show", "eth0"]), /^$/);
  },
});

async function works(hosts: Hosts, flags: string[]): Promise<void> {
  const program = path("tests/hosts/programs/everybody.ts");
  const args = ["--ssh-executable", hosts.ssh, "--require-all", ...flags, "-n", "4", program];
  const { code, stdout, stderr } = await runScoop(args);
  assert.deepEqual([code, stdout, stderr], [0, "origin worker-1 worker-2 worker-3\n", ""]);
}
