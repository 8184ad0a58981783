/**
 * Inside a scheduler's allocation: its hosts, how many workers each should have, and how they are
 * reached. Everything is read from the environment that the scheduler gives to a job.
 *
 * @module
 */

import { hostsFromNames, isHere } from "./hosts.ts";
import type { Host, OwnNames } from "./hosts.ts";
import type { SchedulerChoice } from "./options.ts";
import { qrsh, srun, ssh } from "./transports.ts";
import type { Transport } from "./transports.ts";
import { UsageError } from "./usage_error.ts";

/** Hosts to run on, and the way to them. */
export interface Allocation {
  /** Where the hosts come from: "Slurm", "SGE", "PBS". */
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
}

type Reader = (around: Surroundings, sshExecutable: string) => Promise<Allocation | undefined>;

const READERS: Readonly<Record<string, Reader>> = { slurm, sge, pbs };

/** What a job's environment has to have, for the error message. */
const SIGNS: Readonly<Record<string, string>> = {
  slurm: "SLURM_JOB_NODELIST",
  sge: "PE_HOSTFILE",
  pbs: "PBS_NODEFILE",
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
  const names = await slurmNames(list, around);
  const counts = slurmCounts(
    around.env("SLURM_TASKS_PER_NODE") ?? around.env("SLURM_JOB_CPUS_PER_NODE") ?? "1",
    names.length,
  );
  const node = around.env("SLURMD_NODENAME");
  const hosts = names.map((host, i) => ({ host, slots: counts[i]! }));
  const perTask = Number(around.env("SLURM_CPUS_PER_TASK") ?? 1) || 1;
  const processors = new Map(hosts.map(({ host, slots }) => [host, slots * perTask]));
  return {
    source: "Slurm",
    hosts,
    // Outside of the nodes, as after salloc, there is no node name, and all are reached by srun.
    isHere: (host) => host === node,
    transport: srun((host) => processors.get(host) ?? 1),
  };
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
function sge(around: Surroundings): Promise<Allocation | undefined> {
  const file = around.env("PE_HOSTFILE");
  if (file === undefined) return Promise.resolve(undefined);
  const hosts = readNodes(file, "PE_HOSTFILE", around).map((line) => {
    const [host = "", slots = "1"] = line.split(/\s+/);
    return { host, slots: Math.max(1, Number(slots) || 1) };
  });
  return Promise.resolve({
    source: "SGE",
    hosts: merge(hosts),
    isHere: (host) => isHere(host, around.own) || shortName(host) === shortOwn(around),
    transport: qrsh(),
  });
}

/** PBS and Torque: one line for each processor; the hosts are reached by ssh. */
function pbs(around: Surroundings, sshExecutable: string): Promise<Allocation | undefined> {
  const file = around.env("PBS_NODEFILE");
  if (file === undefined) return Promise.resolve(undefined);
  const lines = readNodes(file, "PBS_NODEFILE", around);
  return Promise.resolve({
    source: "PBS",
    hosts: hostsFromNames(lines).map(({ host, slots }) => ({ host, slots: slots ?? 1 })),
    isHere: (host) => isHere(host, around.own) || shortName(host) === shortOwn(around),
    transport: ssh(sshExecutable),
  });
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

/** Several lines of one host, for several queues, are one host. */
function merge(hosts: readonly { host: string; slots: number }[]): Host[] {
  const slots = new Map<string, number>();
  for (const { host, slots: more } of hosts) slots.set(host, (slots.get(host) ?? 0) + more);
  return [...slots].map(([host, slots]) => ({ host, slots }));
}

function shortName(host: string): string {
  return host.toLowerCase().split(".")[0]!;
}

function shortOwn(around: Surroundings): string {
  return shortName(around.own.hostname);
}
