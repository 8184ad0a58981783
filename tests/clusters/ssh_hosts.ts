/**
 * Hosts with addresses, names and sshd's of their own, on this machine: each is a network, a host
 * name, a table of mounts and a table of processes (namespaces of Linux). Root only. Nothing is
 * written outside of a temporary folder, but for the mount points that `ip netns` wants and the
 * folder /run/sshd, without which sshd does not start.
 *
 * The hosts see this machine's files (until {@link Hosts.hide}), but for the start-up files of
 * root's shell; they reach one another and this machine at {@link Hosts.headAddress}, and have no
 * route to anywhere else. Runs of tests do not disturb one another: each has a network of its own,
 * and takes down what killed runs have left.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** Why there can be no such hosts here, or undefined if there can. */
export function missingForHosts(): string | undefined {
  if (Deno.build.os !== "linux") return "namespaces are a matter of Linux";
  if (Deno.uid() !== 0) return "only root can make hosts";
  const programs = ["sshd", "ssh", "ssh-keygen", "ip", "nsenter", "unshare", "ps", "pgrep"];
  for (const program of programs) {
    if (!exists(program)) {
      return `there is no ${program} (openssh-server, openssh-client, iproute2, util-linux, procps)`;
    }
  }
  // In a network that ends with the command: some kernels have namespaces, but nothing to wire them.
  const wires = "PATH=$PATH:/usr/sbin:/sbin; ip link add bridge0 type bridge && " +
    "ip link add veth0 type veth peer name veth1";
  const { success } = new Deno.Command("unshare", {
    args: ["--net", "--uts", "--mount", "--pid", "--fork", "sh", "-c", wires],
    stderr: "null",
  }).outputSync();
  return success ? undefined : "this machine does not allow namespaces with networks";
}

/** Whether a program can be found, in PATH or where root's programs are. */
export function exists(program: string): boolean {
  const { success } = new Deno.Command("sh", {
    args: ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${program}`],
    stdout: "null",
  }).outputSync();
  return success;
}

/** A process on a host. */
export interface HostProcess {
  /** Its number on that host, so for {@link Hosts.run} (`kill 12`), not for this machine. */
  readonly pid: number;
  /** Its command line. */
  readonly command: string;
}

/** See the module's text. */
export interface Hosts extends AsyncDisposable {
  /** h1, h2, … */
  readonly names: readonly string[];
  /** The address of the machine itself in their network; the one that ends with 99 is nobody's. */
  readonly headAddress: string;
  /** Its address of IPv6. */
  readonly headAddress6: string;
  /** This machine's interface that all their packets pass. */
  readonly bridge: string;
  /** An `ssh` that knows the hosts, has their key, and knows one alias more: "refused". */
  readonly ssh: string;
  /** Where the state is; removed in the end, with all that a test has put there. */
  readonly folder: string;
  /** A host's address. */
  address(name: string): string;
  /** Its address of IPv6. */
  address6(name: string): string;
  /** Words that, put before a command, run it on a host. */
  inside(name: string): string[];
  /** Runs a shell's command on a host, without ssh; returns what it printed, throws if it fails. */
  run(name: string, script: string): Promise<string>;
  /** What runs on a host, beside the daemons of ssh and of the schedulers; nothing after a crash. */
  processes(name: string): Promise<HostProcess[]>;
  /** Pulls the host's cable: packets vanish, and neither side is told. */
  cut(name: string): Promise<void>;
  /** Puts the cable back. */
  heal(name: string): Promise<void>;
  /** What the host sends passes its cable at 2 Mbit/s only, and some of it too late. */
  slow(name: string): Promise<void>;
  /** As it was. */
  unslow(name: string): Promise<void>;
  /** The host loses its power: its cable is dead and all its processes are, for good. */
  crash(name: string): Promise<void>;
  /**
   * Makes folders of this machine look empty on a host: Deno's for a host without it, the
   * checkout's and Deno's cache for one that has Deno and nothing else.
   */
  hide(name: string, ...folders: string[]): Promise<void>;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Folders of runs; their names end with the number of the network. Each has a lock beside it. */
const PREFIX = "/tmp/scoop-hosts-";
/** A bucket of tokens, and half a second's worth of packets that wait for one. */
const SLOW = "root tbf rate 2mbit burst 16kbit latency 500ms";
/** Daemons, and the commands that ask what runs. */
const NOT_OURS = /^(\S*\/)?(sshd|slurmd|slurmstepd|sge_\w+)\b|^(sh -c )?ps -eo/;

/**
 * Starts up to 80 hosts, in one to two seconds; they are taken down at the end of an `await using`
 * declaration: `await using hosts = await startHosts(2);`.
 *
 * @throws {Error} With what the failing command printed.
 */
export async function startHosts(count = 3): Promise<Hosts> {
  const { number, folder, lock } = await claim();
  const names = Array.from({ length: count }, (_, i) => `h${i + 1}`);
  const net = `10.79.${number}`;
  const net6 = `fd79:${number}:`;
  const address = (name: string) => `${net}.${10 + Number(name.slice(1))}`;
  const address6 = (name: string) => `${net6}:${10 + Number(name.slice(1))}`;
  const space = (name: string) => `scoop${number}${name}`;
  const veth = (name: string) => `sc${number}v${name}`;
  let ended = false;
  const end = async () => {
    // The number may be another's by the second time.
    if (ended) return;
    ended = true;
    try {
      await takeDown(folder);
    } finally {
      release(folder, lock);
    }
  };
  try {
    await sh(`
      mkdir -p /run/sshd
      ssh-keygen -q -t ed25519 -N '' -f ${folder}/host_key
      ssh-keygen -q -t ed25519 -N '' -f ${folder}/id
      ssh-keygen -q -t ed25519 -N '' -f ${folder}/other_id
      cp ${folder}/id.pub ${folder}/authorized_keys
      : > ${folder}/empty
      ip link add sc${number}br type bridge
      ip addr add ${net}.1/24 dev sc${number}br
      ip -6 addr add ${net6}:1/64 dev sc${number}br nodad || true
      ip link set sc${number}br up`);
    await Deno.writeTextFile(
      `${folder}/hosts`,
      ["127.0.0.1 localhost", `${net}.1 head`, ...names.map((name) => `${address(name)} ${name}`)]
        .join("\n") + "\n",
    );
    for (const name of names) {
      await Deno.writeTextFile(`${folder}/${name}.sshd`, sshdConfig(folder));
      await sh(`
        ip netns add ${space(name)}
        ip link add ${veth(name)} type veth peer name eth0 netns ${space(name)}
        ip link set ${veth(name)} master sc${number}br up
        ip -n ${space(name)} link set lo up
        ip -n ${space(name)} addr add ${address(name)}/24 dev eth0
        ip -n ${space(name)} -6 addr add ${address6(name)}/64 dev eth0 nodad || true
        ip -n ${space(name)} link set eth0 up
        setsid nsenter --net=/run/netns/${space(name)} \\
          unshare --uts --mount --pid --fork --kill-child --mount-proc \\
          sh -c 'hostname ${name}; mount --bind ${folder}/hosts /etc/hosts
            for file in ~/.profile ~/.bashrc; do
              [ ! -e $file ] || mount --bind ${folder}/empty $file
            done
            exec /usr/sbin/sshd -D -e -f ${folder}/${name}.sshd' \\
          > ${folder}/${name}.log 2>&1 < /dev/null &
        echo $! > ${folder}/${name}.pid`);
    }
    await writeClient(folder, names, [address, address6]);
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
  const crashed = new Set<string>();
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
    headAddress6: `${net6}:1`,
    bridge: `sc${number}br`,
    ssh,
    folder,
    address,
    address6,
    inside,
    run,
    async processes(name) {
      if (crashed.has(name)) return [];
      const lines = (await run(name, "ps -eo pid=,args=")).trim().split("\n");
      return lines.map((line) => /^\s*(\d+) (.*)$/.exec(line)!)
        .map(([, pid, command]) => ({ pid: Number(pid), command: command! }))
        .filter(({ command }) => !NOT_OURS.test(command));
    },
    cut: async (name) => void await sh(`ip link set ${veth(name)} down`),
    heal: async (name) => void await sh(`ip link set ${veth(name)} up`),
    slow: async (name) =>
      void await run(name, `PATH=$PATH:/usr/sbin:/sbin tc qdisc replace dev eth0 ${SLOW}`),
    unslow: async (name) =>
      void await run(name, "PATH=$PATH:/usr/sbin:/sbin tc qdisc del dev eth0 root"),
    async crash(name) {
      // The cable first, or the kernel would say good-bye to everybody for the processes.
      await sh(`ip link set ${veth(name)} down; kill -9 ${firsts.get(name)}`);
      crashed.add(name);
    },
    hide: async (name, ...folders) => {
      for (const each of folders) await run(name, `mount -t tmpfs none ${each}`);
    },
    [Symbol.asyncDispose]: end,
  };
}

/**
 * Takes the first number that nobody has, after taking down what killed runs have left. A number
 * is somebody's while its lock is held, which ends with the process, however that ends.
 */
async function claim(): Promise<{ number: number; folder: string; lock: Deno.FsFile }> {
  for (const { name, isDirectory } of Deno.readDirSync("/tmp")) {
    const folder = `/tmp/${name}`;
    if (!isDirectory || !folder.startsWith(PREFIX)) continue;
    const lock = await tryLock(folder);
    if (!lock) continue;
    await takeDown(folder);
    release(folder, lock);
  }
  for (let number = 1; number < 250; number++) {
    const folder = `${PREFIX}${number}`;
    const lock = await tryLock(folder);
    if (!lock) continue;
    try {
      await Deno.mkdir(folder, { mode: 0o755 });
      return { number, folder, lock };
    } catch (error) {
      release(folder, lock);
      // Another one's leftovers, from after our look at them.
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
  assert.fail("too many test hosts");
}

/** The lock of a folder, or undefined if another process (or another test of this one) has it. */
async function tryLock(folder: string): Promise<Deno.FsFile | undefined> {
  const file = await Deno.open(`${folder}.lock`, { create: true, write: true });
  if (await file.tryLock(true)) {
    // Its last owner may have removed it between our two steps: then it keeps nobody out.
    const there = await Deno.stat(`${folder}.lock`).catch(() => undefined);
    if (there?.ino === (await file.stat()).ino) return file;
  }
  file.close();
}

function release(folder: string, lock: Deno.FsFile): void {
  Deno.removeSync(`${folder}.lock`);
  lock.close();
}

/** Ends all that a run has started, on the hosts and here. For who holds the folder's lock. */
async function takeDown(folder: string): Promise<void> {
  const number = folder.slice(PREFIX.length);
  // unshare ignores everything but -9 while it waits; the first process of a host takes all others.
  // A number that is another process's by now is left alone: ours have the folder in their command.
  await sh(`
    killed=
    for file in ${folder}/*.pid; do
      pid=$(cat "$file" 2>/dev/null) && grep -aqF ${folder}/ "/proc/$pid/cmdline" 2>/dev/null ||
        continue
      killed="$killed $pid $(pgrep -P "$pid")"
      kill -9 "$pid"
    done
    cd /sys/class/net && for link in sc${number}vh*; do ip link del "$link" 2>/dev/null; done
    cd /run/netns 2>/dev/null && for space in scoop${number}h*; do
      ip netns del "$space" 2>/dev/null
    done
    ip link del sc${number}br 2>/dev/null
    # Killed is not yet dead: the first process of a host is when all of its others are.
    for pid in $killed; do
      for i in $(seq 100); do
        case "$(ps -o stat= -p "$pid")" in "" | Z*) break ;; esac
        sleep 0.02
      done
    done
    rm -rf ${folder}`);
}

function sshdConfig(folder: string): string {
  return `HostKey ${folder}/host_key
AuthorizedKeysFile ${folder}/keys/%u ${folder}/authorized_keys
Port 22
Port 2222
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100:30:200
Match User sftp
  ForceCommand internal-sftp
`;
}

async function writeClient(
  folder: string,
  names: readonly string[],
  [address, address6]: readonly [(name: string) => string, (name: string) => string],
): Promise<void> {
  const key = (await Deno.readTextFile(`${folder}/host_key.pub`)).split(" ").slice(0, 2).join(" ");
  const known = names.map((name) => `${address(name)},${address6(name)} ${key}\n`).join("");
  await Deno.writeTextFile(`${folder}/known_hosts`, known);
  const alias = (name: string, to: string, id: string) =>
    `Host ${name}\n  HostName ${to}\n  IdentityFile ${folder}/${id}\n`;
  await Deno.writeTextFile(
    `${folder}/config`,
    names.map((name) => alias(name, address(name), "id")).join("") +
      alias("refused", address("h1"), "other_id") +
      `Host ${address("h1").replace(/\d+$/, "*")} *:*
  IdentityFile ${folder}/id
` +
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
