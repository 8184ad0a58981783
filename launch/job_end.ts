/**
 * When a batch system's job ends, and what is done about it: some time before, no more tasks are
 * begun, so that what runs can end and its results can be kept.
 *
 * @module
 */

import type { BrokerHandle } from "../broker/broker.ts";
import { getLogger } from "../telemetry/logging.ts";
import { setTimeout } from "../wire/timers.ts";
import { UsageError } from "./usage_error.ts";

/** Where the end of a job is looked for. */
export interface JobSurroundings {
  env(name: string): string | undefined;
  /** The output of a command. @throws {Error} when it fails */
  run(command: string, args: readonly string[]): Promise<string>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Seconds since the job's script was started, as far as that can be told. */
  age(): number;
}

/**
 * When the job that this process is in ends, in milliseconds since 1970. Slurm tells in
 * SLURM_JOB_END_TIME, and where that is not set squeue does (as with 22.05, in a batch script); of a
 * job of PBS qstat is asked, and PBS_WALLTIME counts where that fails.
 *
 * @returns undefined when there is no job, or its end is not known
 */
export async function jobEnd(around: JobSurroundings): Promise<number | undefined> {
  const slurm = Number(around.env("SLURM_JOB_END_TIME"));
  if (slurm > 0) return slurm * 1000;
  const slurmJob = around.env("SLURM_JOB_ID");
  const end = slurmJob === undefined ? undefined : await askSlurm(slurmJob, around);
  if (end !== undefined) return end;
  const job = around.env("PBS_JOBID");
  const asked = job === undefined ? undefined : await askPbs(job, around);
  if (asked !== undefined) return asked;
  const walltime = seconds(around.env("PBS_WALLTIME") ?? "");
  return walltime === undefined ? undefined : around.now() + (walltime - around.age()) * 1000;
}

async function askSlurm(job: string, around: JobSurroundings): Promise<number | undefined> {
  try {
    // In local time, as in 2026-11-28T07:33:00; another word where there is no end.
    const end = Date.parse((await around.run("squeue", ["-h", "-j", job, "-o", "%e"])).trim());
    return Number.isNaN(end) ? undefined : end;
  } catch {
    return undefined;
  }
}

async function askPbs(job: string, around: JobSurroundings): Promise<number | undefined> {
  let text: string;
  try {
    text = await around.run("qstat", ["-f", job]);
  } catch {
    // There is none where the job runs, as on many clusters.
    return undefined;
  }
  const field = (name: string) =>
    new RegExp(`^\\s*${name.replace(".", "\\.")} = (.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
  const remaining = seconds(field("Walltime.Remaining"));
  if (remaining !== undefined) return around.now() + remaining * 1000;
  const walltime = seconds(field("Resource_List.walltime"));
  const used = seconds(field("resources_used.walltime"));
  if (walltime === undefined) return undefined;
  const began = Date.parse(field("stime") || field("start_time"));
  if (!Number.isNaN(began)) return began + walltime * 1000;
  return around.now() + (walltime - (used ?? around.age())) * 1000;
}

/** Reads "3600", "1:00:00" or "1:00:00:00" as seconds. */
function seconds(text: string): number | undefined {
  if (!/^\d+(:\d{1,2}){0,3}$/.test(text)) return undefined;
  const scale = [1, 60, 3600, 86_400];
  return text.split(":").reverse().reduce((sum, part, i) => sum + Number(part) * scale[i]!, 0);
}

/** Seconds since the leader of this session was started: a job's script is one. */
export function sessionAge(): number {
  try {
    const fields = (pid: string) => {
      const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
      // The second is a name in brackets, which may have anything in it.
      return text.slice(text.lastIndexOf(")") + 2).split(" ");
    };
    const uptime = Number(Deno.readTextFileSync("/proc/uptime").split(" ")[0]);
    return Math.max(0, uptime - Number(fields(fields("self")[3]!)[19]) / 100);
  } catch {
    return 0;
  }
}

/**
 * When tasks are to be begun no more.
 *
 * @param drain seconds before the end of the job
 * @returns milliseconds since 1970
 * @throws {UsageError} when there is no job, or when that is in the past
 */
export async function drainAt(drain: number, around: JobSurroundings): Promise<number> {
  const end = await jobEnd(around);
  if (end === undefined) {
    throw new UsageError(
      "--drain needs to know when the job ends, and neither SLURM_JOB_END_TIME nor squeue nor " +
        "PBS_WALLTIME nor qstat tells (leave out --drain)",
    );
  }
  const at = end - drain * 1000;
  if (at > around.now()) return at;
  const left = Math.max(0, Math.round((end - around.now()) / 1000));
  throw new Error(
    `the job ends in ${left} s, within --drain ${drain}: nothing would be begun; start it anew`,
  );
}

/** The longest that a timer can wait. */
const MOST_MS = 2 ** 31 - 1;

/** A run that is to begin no more tasks at some time. */
export interface Draining {
  /** Whether it does not any more. */
  over(): boolean;
  stop(): void;
}

/**
 * Has all brokers give out no more tasks from a time on.
 *
 * @param at milliseconds since 1970; undefined for never
 */
export function drainLater(
  at: number | undefined,
  drain: number | undefined,
  brokers: () => readonly Pick<BrokerHandle, "drain">[],
): Draining {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  const look = () => {
    const left = at! - Date.now();
    if (left > 0) return void (timer = setTimeout(look, Math.min(left, MOST_MS)));
    over = true;
    const reason = `the job ends in ${drain} s (--drain)`;
    getLogger("launch").warning("{reason}: no more tasks are begun", { reason });
    for (const broker of brokers()) broker.drain(reason);
  };
  if (at !== undefined) look();
  return { over: () => over, stop: () => clearTimeout(timer) };
}
