/**
 * Accounts on a test host: root under other names, each with a login shell and a home folder of its
 * own. `ssh NAME@h1` gets in with the key of all test hosts.
 *
 * @module
 */

import type { Hosts } from "./ssh_hosts.ts";

/** See the module's text. */
export interface Account {
  readonly name: string;
  /** The login shell's path. */
  readonly shell: string;
  /** Files of the home folder, by their names in it; those that end with "/" are folders. */
  readonly files?: Readonly<Record<string, string>>;
  /** A command that is run whatever ssh is asked for. */
  readonly forced?: string;
}

/**
 * Adds them, in place of those that were added before.
 *
 * @returns where the home folders are
 */
export async function addAccounts(
  hosts: Hosts,
  names: readonly string[],
  accounts: readonly Account[],
): Promise<(name: string) => string> {
  const home = (name: string) => `${hosts.folder}/homes/${name}`;
  const lines = accounts.map(({ name, shell }) => `${name}:x:0:0::${home(name)}:${shell}`);
  const known = await Deno.readTextFile("/etc/passwd");
  await Deno.writeTextFile(`${hosts.folder}/passwd`, `${known.trimEnd()}\n${lines.join("\n")}\n`);
  await Deno.mkdir(`${hosts.folder}/keys`, { recursive: true });
  const key = await Deno.readTextFile(`${hosts.folder}/id.pub`);
  const cache = await denoDir();
  for (const { name, files = {}, forced } of accounts) {
    await Deno.mkdir(`${home(name)}/.cache`, { recursive: true });
    await Deno.symlink(cache, `${home(name)}/.cache/deno`);
    for (const [file, text] of Object.entries(files)) {
      const path = `${home(name)}/${file}`;
      await Deno.mkdir(path.replace(/[^/]*$/, ""), { recursive: true });
      if (!path.endsWith("/")) await Deno.writeTextFile(path, text);
    }
    if (forced === undefined) continue;
    await Deno.writeTextFile(`${hosts.folder}/keys/${name}`, `command="${forced}" ${key}`);
  }
  for (const host of names) {
    await hosts.run(host, `mount --bind ${hosts.folder}/passwd /etc/passwd`);
  }
  return home;
}

/** The folder of Deno's cache here. */
export async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
