/**
 * A Slurm of two nodes, which are the test hosts h1 and h2; nothing of it is left in the end.
 *
 * @module
 */

import { exists, output, sh } from "./ssh_hosts.ts";
import type { Hosts } from "./ssh_hosts.ts";

/** Why there can be no Slurm here, or undefined if there can. */
export function missingForSlurm(): string | undefined {
  const programs = ["slurmctld", "slurmd", "sbatch", "scontrol"];
  const missing = programs.find((program) => !exists(program));
  return missing && `there is no ${missing} (slurmctld, slurmd, slurm-client)`;
}

/** See the module's text. */
export interface Slurm extends AsyncDisposable {
  /** What clients need in their environment. */
  readonly env: Record<string, string>;
  /** Submits a script; returns the job's number. */
  submit(script: string, options: readonly string[]): Promise<string>;
  /** Whether a job waits or runs. */
  lives(job: string): Promise<boolean>;
}

/** Processors of each node. */
const PROCESSORS = 4;

/**
 * Starts the controller here, at the address of the hosts' network only (it asks nobody who they
 * are, and there may be another run's), and a slurmd on each of the first two hosts. To be ended
 * before the hosts: `await using slurm = await startSlurm(hosts);`.
 *
 * @throws {Error} With the daemons' logs if the nodes are not there in time (ten seconds, if the controller answers).
 */
export async function startSlurm(hosts: Hosts): Promise<Slurm> {
  const folder = `${hosts.folder}/slurm`;
  const nodes = hosts.names.slice(0, 2);
  // Beside the hosts' own, so that it ends with them even when the test has been killed.
  const controller = `${hosts.folder}/slurmctld.pid`;
  await Deno.mkdir(`${folder}/state`, { recursive: true });
  await Deno.writeTextFile(
    `${folder}/slurm.conf`,
    `ClusterName=test
SlurmctldHost=head(${hosts.headAddress})
SlurmctldPort=16818
CommunicationParameters=NoCtldInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool.%n
SlurmctldPidFile=${controller}
SlurmdPidFile=${folder}/inner.%n
SlurmctldLogFile=${folder}/controller.log
SlurmdLogFile=${folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
ReturnToService=2
SlurmdParameters=config_overrides
KillWait=2
InactiveLimit=0
${
      nodes.map((name) =>
        `NodeName=${name} NodeAddr=${
          hosts.address(name)
        } Port=17000 CPUs=${PROCESSORS} RealMemory=500`
      ).join("\n")
    }
PartitionName=debug Nodes=${nodes.join(",")} Default=YES MaxTime=INFINITE State=UP
`,
  );
  const env = { SLURM_CONF: `${folder}/slurm.conf` };
  const set = `export SLURM_CONF=${env.SLURM_CONF}`;
  const end = async () => {
    await sh(`${set}
      timeout 5 squeue -h -o %A 2>/dev/null | xargs -r timeout 5 scancel 2>/dev/null
      sleep 0.3
      [ -s ${controller} ] && kill -9 "$(cat ${controller})" 2>/dev/null
      rm -f ${controller}`);
    for (const name of nodes) {
      // A host that has crashed has none.
      await hosts.run(name, "pkill -9 slurmd; pkill -9 slurmstepd; true").catch(() => {});
    }
  };
  try {
    // It listens where its host's name leads, which must be the address that the nodes know.
    await sh(`${set}
      unshare --uts --mount sh -c 'hostname head; mount --bind ${hosts.folder}/hosts /etc/hosts
        exec slurmctld -f ${env.SLURM_CONF} -c'`);
    for (const name of nodes) {
      await Deno.mkdir(`${folder}/spool.${name}`);
      await hosts.run(name, `PATH=$PATH:/usr/sbin; slurmd -f ${env.SLURM_CONF} -N ${name}`);
    }
    await sh(`${set}
      for i in $(seq 100); do
        [ "$(timeout 2 sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" = ${nodes.length} ] && exit
        sleep 0.1
      done
      timeout 2 sinfo; tail -5 ${folder}/*.log; exit 1`);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    env,
    async submit(script, options) {
      const words = ["env", `SLURM_CONF=${env.SLURM_CONF}`, "sbatch", "--parsable"];
      return (await output([...words, ...options, script])).trim();
    },
    async lives(job) {
      return (await sh(`${set}; squeue -h -j ${job} -o %T 2>/dev/null || true`)).trim() !== "";
    },
    [Symbol.asyncDispose]: end,
  };
}
