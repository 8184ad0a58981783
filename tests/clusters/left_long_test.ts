/** What an agent that is ended in the middle leaves on its host: nothing. */

import assert from "node:assert/strict";
import { path, scoop } from "../faults/running.ts";
import { addAccounts } from "./accounts.ts";
import { missingForHosts, startHosts } from "./ssh_hosts.ts";
import type { Hosts } from "./ssh_hosts.ts";

const missing = missingForHosts();
if (missing) console.log(`no agents are ended: ${missing}`);

/** How each account's agent is ended; "all" is what runs for it on the host, the reaper as well. */
const ENDINGS = { term: "TERM", hup: "HUP", kill: "KILL", all: "KILL" } as const;
const NAMES = Object.keys(ENDINGS) as (keyof typeof ENDINGS)[];

Deno.test({
  name: "left: an agent that is ended leaves no shipment, at the latest when the next one comes",
  ignore: missing !== undefined,
  async fn() {
    await using hosts = await startHosts(1);
    const folder = (name: string) => `${hosts.folder}/tmp-${name}`;
    const accounts = NAMES.map((name) => ({
      name,
      shell: "/bin/bash",
      files: { ".bashrc": `export TMPDIR=${folder(name)}\n` },
    }));
    for (const name of NAMES) await Deno.mkdir(folder(name));
    await addAccounts(hosts, ["h1"], accounts);
    const left = (name: string) => [...Deno.readDirSync(folder(name))].map((entry) => entry.name);
    const ships = (name: string) => left(name).filter((one) => one.startsWith("scoop-ship-"));

    const where = path("tests/hosts/programs/where.ts");
    await using run = scoop([
      ...["--ssh-executable", hosts.ssh, "--ship", "--hosts", "127.0.0.1"],
      ...[...NAMES.map((name) => `${name}@h1`), "-n", "5", where, "999999"],
    ]);
    await run.prints(/begins/);
    const first = new Map<string, string>();
    for (const name of NAMES) {
      await run.until(() => ships(name).length === 1);
      first.set(name, ships(name)[0]!);
      // An agent that is not ready yet has nothing to leave.
      while ((await processesOf(hosts, folder(name), "worker/main.ts")).length === 0) await pause();
    }
    for (const name of NAMES) {
      const words = name === "all" ? "" : "data:text/javascript";
      const pids = await processesOf(hosts, folder(name), words);
      assert(pids.length > 0, name);
      await hosts.run("h1", `kill -${ENDINGS[name]} ${pids.join(" ")}`);
    }
    for (const name of NAMES.filter((name) => name !== "all")) {
      await run.until(() => !left(name).includes(first.get(name)!));
    }
    // The next visit.
    for (const name of NAMES) {
      await run.until(() => {
        // Listed once: between two looks the old one may go, and "none" is another one as well.
        const [ship, ...others] = ships(name);
        return ship !== undefined && others.length === 0 && ship !== first.get(name);
      });
    }
    run.kill("SIGINT");
    assert.equal((await run.ended()).code, 130);
    await run.gone();
    while ((await hosts.processes("h1")).length > 0) await pause();
    for (const name of NAMES) assert.deepEqual(left(name), [], name);
  },
});

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100));
}

/** The numbers, on the host, of an account's processes that have these words in their command. */
async function processesOf(hosts: Hosts, tmp: string, words: string): Promise<string[]> {
  const script = `for each in /proc/[0-9]*; do
    tr '\\0' '\\n' <$each/environ 2>/dev/null | grep -qx "TMPDIR=${tmp}" || continue
    tr '\\0' ' ' <$each/cmdline | grep -qF "${words}" && echo "\${each#/proc/}"
  done; true`;
  return (await hosts.run("h1", script)).split("\n").filter((pid) => pid !== "");
}
