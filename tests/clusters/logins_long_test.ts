/** Login shells of all kinds, and all that can fail on the way to a host, with the real sshd. */

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { path, runScoop } from "../faults/running.ts";
import { addAccounts } from "./accounts.ts";
import type { Account } from "./accounts.ts";
import { exists, missingForHosts, startHosts } from "./ssh_hosts.ts";
import type { Hosts } from "./ssh_hosts.ts";

const missing = missingForHosts();
if (missing) console.log(`no logins are tried: ${missing}`);
const where = path("tests/hosts/programs/where.ts");

const NOISE = 'echo "noisy start"; printf "no line end"; echo "to stderr" >&2\n';
const C_NOISE = 'echo "noisy start"; printf "no line end"; set history = 100; set prompt = "> "\n';

/** What works. */
const SHELLS: readonly Account[] = [
  { name: "bash", shell: "/bin/bash", files: { ".bashrc": NOISE } },
  { name: "dash", shell: "/bin/dash" },
  { name: "rbash", shell: "/bin/rbash", files: { ".bashrc": NOISE } },
  { name: "zsh", shell: "/bin/zsh", files: { ".zshenv": NOISE } },
  { name: "fish", shell: "/usr/bin/fish", files: { ".config/fish/config.fish": NOISE } },
  { name: "csh", shell: "/bin/bsd-csh", files: { ".cshrc": C_NOISE } },
  { name: "tcsh", shell: "/bin/tcsh", files: { ".tcshrc": C_NOISE } },
  { name: "reads", shell: "/bin/bash", files: { ".bashrc": "read -t 1 x; echo $x\n" } },
];

const bash = (name: string, bashrc = "") => ({
  name,
  shell: "/bin/bash",
  files: { ".bashrc": `${bashrc}\n` },
});

/** A row of a table: an account, and what is told of its host. */
type Row = readonly [Account, RegExp];

const NOT_STARTED = "its login shell did not start what was sent, and ended";
const LOGINS: readonly Row[] = [
  [
    { name: "nologin", shell: "/usr/sbin/nologin" },
    RegExp(
      `^${NOT_STARTED} \\(exit code 1: This account is currently not available\\.\\): .*nologin`,
    ),
  ],
  [{ name: "false", shell: "/bin/false" }, RegExp(`^${NOT_STARTED} \\(exit code 1\\): is `)],
  [{ name: "true", shell: "/bin/true" }, RegExp(`^${NOT_STARTED} \\(exit code 0\\): is `)],
  [bash("sftp"), RegExp(`^${NOT_STARTED} \\(exit code 1: .*sftp connections only`)],
  [
    { ...bash("forced"), forced: "echo only backups here" },
    RegExp(`^${NOT_STARTED} \\(exit code 0: only backups here\\): .*ForceCommand`),
  ],
  [
    { ...bash("echoes"), forced: "echo $SSH_ORIGINAL_COMMAND" },
    RegExp(`^${NOT_STARTED} \\(exit code 0: sh -c `),
  ],
  [bash("exits", "echo maintenance; exit 3"), RegExp(`^${NOT_STARTED} \\(exit code 3: maint`)],
  [
    { ...bash("pathless", "PATH=$HOME"), shell: "/bin/rbash" },
    /^its login shell finds no sh: check the PATH there \(exit code 127: .*sh: command not found\)$/,
  ],
  [
    bash("cacheless", "export DENO_DIR=/tmp/scoop-no-such-folder/deno"),
    /^its Deno has no zeromq in its cache, and cannot download it \(.*\): give .* or use --ship$/,
  ],
  [
    bash("narrow", "ulimit -v 2000000"),
    /^its Deno, \/.*, does not run there \(exit code \d+: fatal process out of memory.*\): try it/i,
  ],
  [bash("few", "ulimit -n 24"), /^1 worker is too many for it: 67 open files, and the limit is 24/],
];

/** What ssh's own configuration has beside the hosts, and what is told. */
const ALIASES: readonly (readonly [name: string, config: string, expected: RegExp])[] = [
  [
    "changed",
    "HostKeyAlias changed",
    /^its host key has changed: .*ssh-keygen -R.* \(Offending .* key in .*known_hosts:\d+\)$/,
  ],
  ["stranger", "HostKeyAlias nobody", /^its host key is not known here: connect once by hand/],
  ["portless", "Port 2299", /^nothing listens for ssh there: is sshd running\? \(/],
  [
    "modern",
    "HostKeyAlias ADDRESS\n  KexAlgorithms diffie-hellman-group1-sha1",
    /^it and this ssh have no method in com/,
  ],
  ["unknown", "User nobodyatall", /^it refused the key: .*ssh-copy-id/],
  ["open", "IdentityFile FOLDER/open_id", /^your key was not used, since others can read it: chmo/],
];

/** With --ship. */
const FOLDERS: readonly Row[] = [
  [
    bash("full", "export TMPDIR=/mnt/full"),
    /^its folder for temporary files, \/mnt\/full, is full: make room there, or name another .*TMPDIR/,
  ],
  [
    bash("sealed", "export TMPDIR=/mnt/sealed"),
    /^its folder for temporary files, \/mnt\/sealed, cannot be written to: mount it for writing, or/,
  ],
  [
    bash("noexec", "export TMPDIR=/mnt/noexec"),
    /^nothing may be executed there from where zeromq's library is, \/mnt\/noexec: .*TMPDIR/,
  ],
  [
    bash("folderless", "export TMPDIR=/mnt/not/there"),
    /^its folder for temporary files, \/mnt\/not\/there, is not there: make it, or name another/,
  ],
  [
    bash("short", "ulimit -f 10; export TMPDIR=/mnt/short"),
    /^its folder for temporary files, \/mnt\/short, takes no files of that size: .*ulimit -f/,
  ],
];

/** On a host whose Deno is only where each of them has it, wherever this machine has others. */
const DENO = ".deno/bin/deno";
const own = (name: string, files: Record<string, string> = {}): Account => ({
  ...bash(name),
  files: { ".bashrc": "PATH=/usr/bin:/bin\n", ...files },
});
const DENOS: readonly Row[] = [
  [
    own("forbidden", { [DENO]: "#!/bin/sh\n" }),
    /^its Deno, \/.*forbidden\/\.deno\/bin\/deno, may not be executed there: allow it \(chmod \+x/,
  ],
  [
    own("folder", { [`${DENO}/`]: "" }),
    /^its Deno, \/.*\/deno, may not be executed there: allow it/,
  ],
  [
    own("foreign+x", { [DENO]: "\x7fELF of another world" }),
    /^its Deno, \/.*\/deno, cannot be executed there \(exit code 126: .*\): .* install one for this/,
  ],
  [
    own("loaderless+x", { [DENO]: "#!/no/such/loader\n" }),
    /^its Deno, \/.*\/deno, cannot be executed there \(exit code 12\d: .*\): /,
  ],
  [
    own("broken+x", { [DENO]: "#!/bin/sh\necho 'error: boom' >&2\nkill -SEGV $$\n" }),
    /^its Deno, \/.*\/deno, does not run there \(exit code \d+: boom\): try it by hand$/,
  ],
  [own("bare"), /^no Deno was found there: install it, or name it with --deno-executable$/],
];

/** Runs where none of the hosts can be used; the lines that say why must be these. */
async function assertTold(
  hosts: Hosts,
  flags: string[],
  rows: readonly (readonly [host: string, expected: RegExp])[],
): Promise<void> {
  const names = rows.map(([host]) => host);
  const { code, stdout, stderr } = await runScoop([
    ...["--ssh-executable", hosts.ssh, ...flags, "--hosts", ...names],
    ...["-n", String(names.length), where],
  ]);
  assert.deepEqual([code, stdout], [1, ""]);
  const lines = new Map(
    stderr.trimEnd().split("\n").map((line) => {
      const [, host = line, text = ""] = /^scoop: (\S+): (.*)$/.exec(line) ?? [];
      return [host, text];
    }),
  );
  for (const [host, expected] of rows) assert.match(lines.get(host) ?? "", expected, host);
  assert.equal(stderr.trimEnd().split("\n").length, rows.length, `a line for each: ${stderr}`);
  assert(!stderr.includes("\x1b"), "no colours");
}

Deno.test({
  name: "logins: every shell works, and whatever fails is told in a line",
  ignore: missing !== undefined,
  async fn() {
    await using hosts = await startHosts(2);
    const shells = SHELLS.filter(({ name, shell }) => {
      if (exists(shell)) return true;
      console.log(`the login shell ${name} is not tried: there is no ${shell}`);
      return false;
    });
    const rows = [...LOGINS, ...FOLDERS, ...DENOS];
    const accounts = [...shells, ...rows.map(([account]) => account)];
    const home = await addAccounts(hosts, ["h1", "h2"], accounts);
    for (const { name } of accounts) {
      if (name.endsWith("+x")) await Deno.chmod(`${home(name)}/${DENO}`, 0o755);
    }
    await hosts.hide("h2", dirname(Deno.execPath()));
    await hosts.run(
      "h1",
      `mount -t tmpfs none /mnt && mkdir /mnt/full /mnt/sealed /mnt/noexec /mnt/short &&
        mount -t tmpfs -o size=2m none /mnt/full && mount -t tmpfs -o ro none /mnt/sealed &&
        mount -t tmpfs -o noexec none /mnt/noexec`,
    );
    await Deno.copyFile(`${hosts.folder}/id`, `${hosts.folder}/open_id`);
    await Deno.chmod(`${hosts.folder}/open_id`, 0o644);
    await addAliases(hosts);

    const at = (host: string, of: readonly Row[]) =>
      of.map(([{ name }, expected]) => [`${name}@${host}`, expected] as const);
    const told = ALIASES.map(([name, , expected]) => [name, expected] as const);
    await Promise.all([
      assertAllWork(hosts, shells.map(({ name }) => `${name}@h1`)),
      assertTold(hosts, [], [...at("h1", LOGINS), ...told]),
      assertTold(hosts, ["--ship"], at("h1", FOLDERS)),
      assertTold(hosts, [], at("h2", DENOS)),
    ]);
    for (const name of hosts.names) assert.deepEqual(await hosts.processes(name), []);
    assert.equal(await hosts.run("h1", "ls -d /mnt/*/scoop-* 2>/dev/null || true"), "");
  },
});

async function addAliases(hosts: Hosts): Promise<void> {
  const known = (await Deno.readTextFile(`${hosts.folder}/known_hosts`)).split("\n")[0]!;
  const other = (await Deno.readTextFile(`${hosts.folder}/other_id.pub`)).split(" ")[1];
  const line = `changed ${known.split(" ")[1]} ${other}\n`;
  await Deno.writeTextFile(`${hosts.folder}/known_hosts`, line, { append: true });
  const texts = ALIASES.map(([name, config]) => {
    const own = config.includes("IdentityFile") ? "" : `\n  IdentityFile ${hosts.folder}/id`;
    return `Host ${name}\n  HostName ${hosts.address("h1")}\n  ` +
      config.replace("FOLDER", hosts.folder).replace("ADDRESS", hosts.address("h1")) + own;
  });
  // Of what is said twice ssh takes the first.
  const config = await Deno.readTextFile(`${hosts.folder}/config`);
  await Deno.writeTextFile(`${hosts.folder}/config`, `${texts.join("\n")}\n${config}`);
}

async function assertAllWork(hosts: Hosts, names: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runScoop([
    ...["--ssh-executable", hosts.ssh, "--require-all", "--hosts", ...names],
    ...["-n", String(names.length), where, "80"],
  ]);
  assert.deepEqual([code, stderr], [7, ""]);
  assert.match(stdout, new RegExp(`^${names.length} origin`, "m"));
}
