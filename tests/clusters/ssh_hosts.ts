/**
 * Hosts with addresses, names and sshd's of their own, on this machine: each is a network, a host
 * name, a table of mounts and a table of processes (namespaces of Linux). Root only. Nothing is
 * written outside of a temporary folder, but for the mount points that `ip netns` wants.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** Why there can be no such hosts here, or undefined if there can. */
export function missingForHosts(): string | undefined {
  if (Deno.build.os !== "linux") return "namespaces are a matter of Linux";
  if (Deno.uid() !== 0) return "only root can make hosts";
  for (const program of ["sshd", "ssh", "ssh-keygen", "ip", "nsenter", "unshare"]) {
    if (!exists(program)) return `there is no ${program} (openssh-server, iproute2, util-linux)`;
  }
  const { success } = new Deno.Command("unshare", {
    args: ["--net", "--uts", "--mount", "--pid", "--fork", "true"],
    stderr: "null",
  }).outputSync();
  return success ? undefined : "this machine does not allow namespaces";
}

/** Whether a program can be found. */
export function exists(program: string): boolean {
  const { success } = new Deno.Command("sh", {
    args: ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${program}`],
    stdout: "null",
  }).outputSync();
  return success;
}

/** A process on a host. */
export interface HostProcess {
  readonly pid: number;
  readonly command: string;
}

/** See the module's text. */
export interface Hosts extends AsyncDisposable {
  /** h1, h2, … */
  readonly names: readonly string[];
  /** The address of the machine itself in their network. */
  readonly headAddress: string;
  /** An `ssh` that knows the hosts, has their key, and knows one alias more: "refused". */
  readonly ssh: string;
  /** Where the state is. */
  readonly folder: string;
  address(name: string): string;
  /** Words that, put before a command, run it on a host. */
  inside(name: string): string[];
  /** Runs a shell's command on a host, without ssh; returns what it printed. */
  run(name: string, script: string): Promise<string>;
  /** What runs on a host, beside sshd. */
  processes(name: string): Promise<HostProcess[]>;
  /** Pulls the host's cable, and puts it back. */
  cut(name: string): Promise<void>;
  heal(name: string): Promise<void>;
  /** Makes folders of this machine look empty on a host. */
  hide(name: string, ...folders: string[]): Promise<void>;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Folders of runs; their names end with the number of the network. */
const PREFIX = "/tmp/scoop-hosts-";

/** Starts hosts; they are taken down at the end of an `await using` declaration. */
export async function startHosts(count = 3): Promise<Hosts> {
  await clearLeftovers();
  const { number, folder } = await claim();
  const names = Array.from({ length: count }, (_, i) => `h${i + 1}`);
  const net = `10.79.${number}`;
  const address = (name: string) => `${net}.${10 + Number(name.slice(1))}`;
  const space = (name: string) => `scoop${number}${name}`;
  const veth = (name: string) => `sc${number}v${name}`;
  const end = () => takeDown(folder);
  try {
    await sh(`
      mkdir -p /run/sshd
      ssh-keygen -q -t ed25519 -N '' -f ${folder}/host_key
      ssh-keygen -q -t ed25519 -N '' -f ${folder}/id
      ssh-keygen -q -t ed25519 -N '' -f ${folder}/other_id
      cp ${folder}/id.pub ${folder}/authorized_keys
      ip link add sc${number}br type bridge
      ip addr add ${net}.1/24 dev sc${number}br
      ip link set sc${number}br up`);
    await Deno.writeTextFile(
      `${folder}/hosts`,
      ["127.0.0.1 localhost", `${net}.1 head`, ...names.map((name) => `${address(name)} ${name}`)]
        .join("\n") + "\n",
    );
    for (const name of names) {
      await Deno.writeTextFile(`${folder}/${name}.sshd`, sshdConfig(folder, address(name)));
      await sh(`
        ip netns add ${space(name)}
        ip link add ${veth(name)} type veth peer name eth0 netns ${space(name)}
        ip link set ${veth(name)} master sc${number}br up
        ip -n ${space(name)} link set lo up
        ip -n ${space(name)} addr add ${address(name)}/24 dev eth0
        ip -n ${space(name)} link set eth0 up
        setsid nsenter --net=/run/netns/${space(name)} \\
          unshare --uts --mount --pid --fork --kill-child --mount-proc \\
          sh -c 'hostname ${name}; mount --bind ${folder}/hosts /etc/hosts
            exec /usr/sbin/sshd -D -e -f ${folder}/${name}.sshd' \\
          > ${folder}/${name}.log 2>&1 < /dev/null &
        echo $! > ${folder}/${name}.pid`);
    }
    await writeClient(folder, names, address);
  } catch (error) {
    await end();
    throw error;
  }
  const ssh = `${folder}/ssh`;
  const first = async (name: string) => {
    const outer = (await Deno.readTextFile(`${folder}/${name}.pid`)).trim();
    return (await sh(`pgrep -P ${outer}`)).trim();
  };
  const firsts = new Map<string, string>();
  try {
    for (const name of names) {
      await sh(`for i in $(seq 100); do ${ssh} ${name} true 2>/dev/null && exit; sleep 0.05; done
        cat ${folder}/${name}.log; exit 1`);
      firsts.set(name, await first(name));
    }
  } catch (error) {
    await end();
    throw error;
  }
  const inside = (name: string) => [
    "nsenter",
    "-t",
    firsts.get(name)!,
    "--net",
    "--uts",
    "--mount",
    "--pid",
  ];
  const run = (name: string, script: string) => output([...inside(name), "sh", "-c", script]);
  return {
    names,
    headAddress: `${net}.1`,
    ssh,
    folder,
    address,
    inside,
    run,
    async processes(name) {
      const lines = (await run(name, "ps -eo pid=,args=")).trim().split("\n");
      return lines.map((line) => /^\s*(\d+) (.*)$/.exec(line)!)
        .map(([, pid, command]) => ({ pid: Number(pid), command: command! }))
        .filter(({ command }) => !/sshd|^ps |^sh -c ps |slurm|sge_/.test(command));
    },
    cut: async (name) => void await sh(`ip link set ${veth(name)} down`),
    heal: async (name) => void await sh(`ip link set ${veth(name)} up`),
    hide: async (name, ...folders) => {
      for (const each of folders) await run(name, `mount -t tmpfs none ${each}`);
    },
    [Symbol.asyncDispose]: end,
  };
}

/** Takes the first number that nobody else has. */
async function claim(): Promise<{ number: number; folder: string }> {
  for (let number = 1; number < 250; number++) {
    const folder = `${PREFIX}${number}`;
    try {
      await Deno.mkdir(folder, { mode: 0o755 });
      await Deno.writeTextFile(`${folder}/owner`, String(Deno.pid));
      return { number, folder };
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
  assert.fail("too many test hosts");
}

/** Takes down what tests have left that were killed. */
async function clearLeftovers(): Promise<void> {
  for (const { name } of Deno.readDirSync("/tmp")) {
    const folder = `/tmp/${name}`;
    if (!folder.startsWith(PREFIX)) continue;
    let owner = "";
    try {
      owner = Deno.readTextFileSync(`${folder}/owner`);
      if (Deno.statSync(`/proc/${owner}`).isDirectory) continue;
    } catch {
      // Its owner has died, or was killed before it could say who it was.
    }
    await takeDown(folder);
  }
}

async function takeDown(folder: string): Promise<void> {
  const number = folder.slice(PREFIX.length);
  // unshare ignores everything but -9 while it waits; the first process of a host takes all others.
  await sh(`
    for file in ${folder}/*.pid; do [ -s "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null; done
    for i in 1 2 3 4 5 6 7 8 9; do
      ip link del sc${number}vh$i 2>/dev/null
      ip netns del scoop${number}h$i 2>/dev/null
    done
    ip link del sc${number}br 2>/dev/null
    rm -rf ${folder}
    true`);
}

function sshdConfig(folder: string, address: string): string {
  return `HostKey ${folder}/host_key
AuthorizedKeysFile ${folder}/authorized_keys
ListenAddress ${address}:22
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100:30:200
`;
}

async function writeClient(
  folder: string,
  names: readonly string[],
  address: (name: string) => string,
): Promise<void> {
  const key = (await Deno.readTextFile(`${folder}/host_key.pub`)).split(" ").slice(0, 2).join(" ");
  const known = names.map((name) => `${address(name)} ${key}\n`).join("");
  await Deno.writeTextFile(`${folder}/known_hosts`, known);
  const alias = (name: string, to: string, id: string) =>
    `Host ${name}\n  HostName ${to}\n  IdentityFile ${folder}/${id}\n`;
  await Deno.writeTextFile(
    `${folder}/config`,
    names.map((name) => alias(name, address(name), "id")).join("") +
      alias("refused", address("h1"), "other_id") +
      `Host *
  User root
  IdentitiesOnly yes
  UserKnownHostsFile ${folder}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
`,
  );
  const script = `#!/bin/sh\nexec ssh -F ${folder}/config "$@"\n`;
  await Deno.writeTextFile(`${folder}/ssh`, script, { mode: 0o755 });
}

/** Runs a shell script; fails with what it printed when it fails. */
export function sh(script: string): Promise<string> {
  return output(["sh", "-c", `PATH=$PATH:/usr/sbin:/sbin\n${script}`]);
}

/** What a command prints; fails when it fails. */
export async function output([command, ...args]: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command!, { args, cwd: ROOT })
    .output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout);
  if (!success) throw new Error(`${args.at(-1)} failed: ${text}${decoder.decode(stderr)}`);
  return text;
}
