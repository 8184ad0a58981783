/**
 * Puts a host far away: whatever it is sent, and sends, is under way for so long. (Not every kernel
 * can delay packets by itself.)
 *
 * @module
 */

import { existsSync } from "node:fs";
import { path } from "../faults/running.ts";
import { output } from "./ssh_hosts.ts";
import type { Hosts } from "./ssh_hosts.ts";

/** Why no host can be far here, or undefined if one can. */
export function missingForFar(): string | undefined {
  return existsSync("/dev/net/tun") ? undefined : "there is no /dev/net/tun";
}

/** So many milliseconds, one way, until the returned object is disposed of. */
export async function putFar(hosts: Hosts, name: string, ms: number): Promise<AsyncDisposable> {
  const cable = hosts.bridge.replace(/br$/, `v${name}`);
  const [bridge, near, far] = ["x", "n", "f"].map((end) => `${cable}${end}`);
  const relay = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", path("tests/clusters/relay.ts"), `${ms}`, near!, far!],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const { value } = await relay.stdout.getReader().read();
  if (value === undefined) throw new Error("the relay has ended");
  const sh = (script: string) => output(["sh", "-ec", `PATH=$PATH:/usr/sbin:/sbin; ${script}`]);
  await sh(`ip link add ${bridge} type bridge
    ip link set ${bridge} up
    ip link set ${cable} master ${bridge}
    ip link set ${far} master ${bridge} up
    ip link set ${near} master ${hosts.bridge} up`);
  return {
    async [Symbol.asyncDispose]() {
      await sh(`ip link set ${cable} master ${hosts.bridge}; ip link del ${bridge}`);
      await relay.stdin.close();
      await relay.status;
    },
  };
}
