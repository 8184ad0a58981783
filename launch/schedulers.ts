/**
 * Inside a scheduler's allocation: its hosts, how many workers each should have, and how they are
 * reached. Everything is read from the environment that the scheduler gives to a job.
 *
 * @module
 */

import { hostsFromNames } from "./hosts.ts";
import type { Host, OwnNames } from "./hosts.ts";
import type { SchedulerChoice } from "./options.ts";
import { tellApart } from "./same_host.ts";
import type { Identity } from "./same_host.ts";
import { qrsh, srun, ssh } from "./transports.ts";
import type { Transport } from "./transports.ts";
import { UsageError } from "./usage_error.ts";

/** Hosts to run on, and the way to them. */
export interface Allocation {
  /** Where the hosts come from: "Slurm", "SGE", "PBS", "LSF". */
  readonly source: string;
  readonly hosts: readonly Host[];
  /** Whether a host is this one. */
  isHere(host: string): boolean;
  readonly transport: Transport;
}

/** What a job knows of its surroundings. */
export interface Surroundings {
  env(name: string): string | undefined;
  /** @throws {Error} when it cannot be read */
  readFile(path: string): string;
  /** The output of a command. @throws {Error} when it fails */
  run(command: string, args: readonly string[]): Promise<string>;
  readonly own: OwnNames;
  /** What is known of a host that is reached by ssh, or without it. */
  identify(host: string, bySsh: boolean): Promise<Identity>;
}

type Reader = (around: Surroundings, sshExecutable: string) => Promise<Allocation | undefined>;

const READERS: Readonly<Record<string, Reader>> = { slurm, sge, pbs, lsf };

/** What a job's environment has to have, for the error message. */
const SIGNS: Readonly<Record<string, string>> = {
  slurm: "SLURM_JOB_NODELIST",
  sge: "PE_HOSTFILE",
  pbs: "PBS_NODEFILE",
  lsf: "LSB_MCPU_HOSTS",
};

/**
 * The allocation this process runs in.
 *
 * @returns undefined when there is none, or none is wanted
 * @throws {UsageError} when there is none of the scheduler that was asked for, or when it makes no
 *   sense
 */
export async function findAllocation(
  choice: SchedulerChoice,
  around: Surroundings,
  sshExecutable: string,
): Promise<Allocation | undefined> {
  if (choice === "none") return undefined;
  for (const [name, read] of Object.entries(READERS)) {
    if (choice !== "auto" && choice !== name) continue;
    const allocation = await read(around, sshExecutable);
    if (allocation !== undefined) return allocation;
  }
  if (choice === "auto") return undefined;
  throw new UsageError(
    `this is no job of ${choice}: ${SIGNS[choice]} is not set (leave out --scheduler ${choice})`,
  );
}

/**
 * Slurm. `srun` starts what runs on the other nodes, within the limits of the job.
 * SLURM_TASKS_PER_NODE is described in sbatch(1).
 */
async function slurm(around: Surroundings): Promise<Allocation | undefined> {
  const list = around.env("SLURM_JOB_NODELIST") ?? around.env("SLURM_NODELIST");
  if (list === undefined) return undefined;
  if (Number(around.env("SLURM_STEP_NUM_TASKS") ?? 1) > 1) {
    throw new UsageError(
      "srun has started this command several times: call it once, without srun; it uses srun itself",
    );
  }
  const nodes = await slurmNodes(list, around);
  const known = new Map<string, { slots: number; processors: number; group: number | undefined }>();
  for (const { host, slots, processors, group } of nodes) {
    const before = known.get(host);
    // A node may be in several groups of a job; one of them is enough to start something there.
    known.set(host, {
      slots: (before?.slots ?? 0) + slots,
      processors: before?.processors ?? processors,
      group: before ? before.group : group,
    });
  }
  const node = around.env("SLURMD_NODENAME");
  return {
    source: "Slurm",
    hosts: [...known].map(([host, { slots }]) => ({ host, slots })),
    // Outside of the nodes, as after salloc, there is no node name, and all are reached by srun.
    isHere: (host) => host === node,
    transport: srun(
      (host) => known.get(host)?.processors ?? 1,
      (host) => known.get(host)?.group,
    ),
  };
}

/** A node of a job's, or of one of the groups of a heterogeneous job. */
interface SlurmNode {
  readonly host: string;
  readonly slots: number;
  readonly processors: number;
  readonly group: number | undefined;
}

async function slurmNodes(list: string, around: Surroundings): Promise<SlurmNode[]> {
  // The second is the name that Slurm had for it before 20.02.
  const variable = around.env("SLURM_HET_SIZE") === undefined
    ? "SLURM_PACK_SIZE"
    : "SLURM_HET_SIZE";
  const size = around.env(variable) ?? "1";
  const groups = Number(size);
  if (!/^\d{1,4}$/.test(size) || groups < 1) throw nonsense(variable, size);
  const nodes: SlurmNode[] = [];
  for (let i = 0; i < groups; i++) {
    // Those of the first group go without its number as well, but for what another has set.
    const read = (name: string) =>
      groups === 1
        ? around.env(name)
        : around.env(`${name}_HET_GROUP_${i}`) ?? around.env(`${name}_PACK_GROUP_${i}`);
    const own = groups === 1 ? list : read("SLURM_JOB_NODELIST");
    if (own === undefined) {
      throw new UsageError(
        `this job has ${groups} groups, and the nodes of group ${i} are not told ` +
          `(SLURM_JOB_NODELIST_HET_GROUP_${i}): name the hosts with --hosts, or use one group`,
      );
    }
    const names = await slurmNames(own, around);
    const counts = slurmCounts(
      read("SLURM_TASKS_PER_NODE") ?? read("SLURM_JOB_CPUS_PER_NODE") ?? "1",
      names.length,
    );
    const perTask = Number(read("SLURM_CPUS_PER_TASK") ?? 1) || 1;
    for (const [at, host] of names.entries()) {
      const slots = counts[at]!;
      const group = groups === 1 ? undefined : i;
      nodes.push({ host, slots, processors: slots * perTask, group });
    }
  }
  return nodes;
}

async function slurmNames(list: string, around: Surroundings): Promise<string[]> {
  if (!list.includes("[")) return list.split(",");
  try {
    return (await around.run("scontrol", ["show", "hostnames", list])).trim().split("\n");
  } catch (error) {
    throw new UsageError(
      `cannot tell the nodes of ${list} apart: scontrol failed (${(error as Error).message})`,
    );
  }
}

/**
 * Reads how many tasks each node has, as in "3(x2),1".
 *
 * @param nodes how many nodes there are; what the text leaves open is 1
 */
export function slurmCounts(text: string, nodes: number): number[] {
  const counts = text.split(",").flatMap((part) => {
    const [, count, times = "1"] = /^(\d+)(?:\(x(\d+)\))?$/.exec(part.trim()) ?? [];
    return new Array<number>(Number(times)).fill(Math.max(1, Number(count ?? 1)));
  });
  return Array.from({ length: nodes }, (_, i) => counts[i] ?? 1);
}

/** SGE, with a parallel environment; its hosts are reached by `qrsh -inherit`. */
async function sge(around: Surroundings): Promise<Allocation | undefined> {
  const file = around.env("PE_HOSTFILE");
  if (file === undefined) return undefined;
  const hosts = readNodes(file, "PE_HOSTFILE", around).map((line) => {
    const [name = "", slots = "1"] = line.split(/\s+/);
    return counted(name, slots, `${file} (PE_HOSTFILE)`, line);
  });
  // Several lines of one host, for several queues, are one host.
  const told = await tellApart(hosts, around.own, (host) => around.identify(host, false));
  return { source: "SGE", ...told, transport: qrsh() };
}

/** PBS and Torque: one line for each processor, or for each chunk; the hosts are reached by ssh. */
async function pbs(around: Surroundings, sshExecutable: string): Promise<Allocation | undefined> {
  const file = around.env("PBS_NODEFILE");
  if (file === undefined) return undefined;
  const lines = readNodes(file, "PBS_NODEFILE", around);
  const told = await tellApart(
    hostsFromNames(lines).map(({ host, slots }) => ({ host, slots: slots ?? 1 })),
    around.own,
    (host) => around.identify(host, true),
  );
  const hosts = told.hosts.every(({ slots }) => slots === 1)
    ? await withChunks(told.hosts, around)
    : told.hosts;
  return { source: "PBS", ...told, hosts, transport: ssh(sshExecutable) };
}

/**
 * PBS Pro's chunks have one line each, whatever they have of processors. NCPUS is how many the
 * first has; qstat knows them all.
 */
async function withChunks(hosts: readonly Host[], around: Surroundings): Promise<readonly Host[]> {
  const first = Number(around.env("NCPUS") ?? 1);
  if (!(first > 1)) return hosts;
  const counts = new Map<string, number>();
  try {
    const text = await around.run("qstat", ["-f", around.env("PBS_JOBID") ?? ""]);
    // "n1/0*4+n2/0*2"; a long line goes on in the next, after a tab.
    const [, list = ""] = /^\s*exec_host = (.*)$/m.exec(text.replaceAll(/\r?\n\t/g, "")) ?? [];
    for (const [, name, count = "1"] of list.matchAll(/([^/+]+)\/\d+(?:\*(\d+))?/g)) {
      counts.set(name!, (counts.get(name!) ?? 0) + Number(count));
    }
  } catch {
    // There is no asking from here.
  }
  const short = ({ host }: Host) => host.split(".")[0]!;
  return hosts.map((one) => ({
    host: one.host,
    slots: counts.get(one.host) ?? counts.get(short(one)) ?? first,
  }));
}

/** LSF: "n1 4 n2 2", or each host as often as it has slots; the hosts are reached by ssh. */
async function lsf(around: Surroundings, sshExecutable: string): Promise<Allocation | undefined> {
  const pairs = around.env("LSB_MCPU_HOSTS")?.trim().split(/\s+/);
  const listed = around.env("LSB_HOSTS")?.trim().split(/\s+/);
  if (pairs === undefined && listed === undefined) return undefined;
  const hosts = pairs === undefined
    ? hostsFromNames(listed!).map(({ host, slots }) => ({ host, slots: slots ?? 1 }))
    : pairs.flatMap((name, i) =>
      i % 2 === 1 ? [] : [counted(name, pairs[i + 1] ?? "", "LSB_MCPU_HOSTS", pairs.join(" "))]
    );
  const told = await tellApart(hosts, around.own, (host) => around.identify(host, true));
  return { source: "LSF", ...told, transport: ssh(sshExecutable) };
}

/** A host and its slots, as `where` tells them in `text`. */
function counted(
  name: string,
  slots: string,
  where: string,
  text: string,
): { host: string; slots: number } {
  if (!/^\d{1,6}$/.test(slots) || Number(slots) < 1) throw nonsense(where, text);
  const [{ host }] = hostsFromNames([name]) as [Host];
  return { host, slots: Number(slots) };
}

function nonsense(where: string, text: string): UsageError {
  return new UsageError(`${where} makes no sense: "${text}"; --scheduler none ignores it`);
}

function readNodes(file: string, variable: string, around: Surroundings): string[] {
  let text;
  try {
    text = around.readFile(file);
  } catch {
    throw new UsageError(
      `cannot read ${file} (${variable}); --scheduler none ignores it`,
    );
  }
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  if (lines.length === 0) throw new UsageError(`${file} (${variable}) names no host`);
  return lines;
}
