/**
 * An SGE (Son of Grid Engine) whose hosts are the test hosts h1, which has the master too, and h2.
 *
 * @module
 */

import { exists, output } from "./ssh_hosts.ts";
import type { Hosts } from "./ssh_hosts.ts";

const LIB = "/usr/lib/gridengine";

/** Why there can be no SGE here, or undefined if there can. */
export function missingForSge(): string | undefined {
  if (!exists("qsub") || !exists(`${LIB}/sge_qmaster`) || !exists(`${LIB}/sge_execd`)) {
    return "there is no SGE (gridengine-master, gridengine-exec, gridengine-client)";
  }
}

/** See the module's text. */
export interface Sge extends AsyncDisposable {
  /** Submits a script; returns the job's number. */
  submit(script: string, options: readonly string[]): Promise<string>;
  /** Whether a job waits or runs. */
  lives(job: string): Promise<boolean>;
}

/** Slots of each host. */
const SLOTS = 4;

/**
 * Starts the master on h1, and the execution daemons on h1 and h2. To be ended before the hosts:
 * `await using sge = await startSge(hosts);`.
 *
 * @throws {Error} With the queue's state if its hosts are not there within 20 seconds.
 */
export async function startSge(hosts: Hosts): Promise<Sge> {
  const folder = `${hosts.folder}/sge`;
  const nodes = hosts.names.slice(0, 2);
  const master = nodes[0]!;
  const env = `SGE_ROOT=${folder}/sge SGE_CELL=default SGE_QMASTER_PORT=16454 SGE_EXECD_PORT=16455`;
  const on = (name: string, script: string) => hosts.run(name, `export ${env}\n${script}`);
  const end = async () => {
    await on(master, "timeout 5 qdel -u '*' > /dev/null 2>&1; sleep 0.3; true").catch(() => {});
    // A host that has crashed has none.
    for (const name of nodes) await hosts.run(name, "pkill -9 sge_; true").catch(() => {});
  };
  try {
    await prepare(folder, master, (script) => on(master, script));
    await daemon(hosts, master, env, "sge_qmaster", folder);
    await on(master, "for i in $(seq 100); do qconf -sh > /dev/null 2>&1 && exit; sleep 0.1; done");
    await configure(folder, nodes, (script) => on(master, script));
    for (const name of nodes) await daemon(hosts, name, env, "sge_execd", folder);
    await on(
      master,
      `for i in $(seq 200); do
        [ "$(qstat -f | awk '/^all.q@/ && NF==5' | wc -l)" = ${nodes.length} ] && exit
        sleep 0.1
      done
      qstat -f; exit 1`,
    );
  } catch (error) {
    await end();
    throw error;
  }
  return {
    async submit(script, options) {
      const words = [...hosts.inside(master), "env", ...env.split(" "), "qsub", "-terse"];
      return (await output([...words, ...options, script])).trim();
    },
    async lives(job) {
      return (await on(master, `qstat -j ${job} > /dev/null 2>&1 && echo yes || true`)).trim() !==
        "";
    },
    [Symbol.asyncDispose]: end,
  };
}

/** The files that a master needs before it starts. */
async function prepare(
  folder: string,
  master: string,
  run: (script: string) => Promise<string>,
): Promise<void> {
  await run(`
    mkdir -p ${folder}/sge/default/common ${folder}/qmaster/job_scripts ${folder}/spooldb ${folder}/execd
    bin=$(dpkg -L gridengine-common | grep -m 1 '/gridengine/bin$')
    for each in bin lib utilbin util; do ln -s "\${bin%/*}/$each" ${folder}/sge/$each; done
    echo ${master} > ${folder}/sge/default/common/act_qmaster
    cat > ${folder}/sge/default/common/bootstrap <<END
admin_user none
default_domain none
ignore_fqdn false
spooling_method berkeleydb
spooling_lib libspoolb
spooling_params ${folder}/spooldb
binary_path /usr/sbin
qmaster_spool_dir ${folder}/qmaster
security_mode none
listener_threads 2
worker_threads 2
scheduler_threads 1
END
    /usr/share/gridengine/scripts/init_cluster ${folder}/sge default ${folder}/spooldb root > /dev/null`);
}

/** In the foreground of a session of its own, so that it ends with its host at the latest. */
async function daemon(
  hosts: Hosts,
  name: string,
  env: string,
  program: string,
  folder: string,
): Promise<void> {
  const log = `${folder}/${program}.${name}.log`;
  await hosts.run(
    name,
    `export ${env} SGE_ND=1; setsid ${LIB}/${program} < /dev/null > ${log} 2>&1 &`,
  );
}

/** Hosts, a parallel environment and a queue. qconf wants each in a file. */
async function configure(
  folder: string,
  nodes: readonly string[],
  run: (script: string) => Promise<string>,
): Promise<void> {
  const environment = `pe_name rr
slots 999
user_lists NONE
xuser_lists NONE
start_proc_args NONE
stop_proc_args NONE
allocation_rule $round_robin
control_slaves TRUE
job_is_first_task FALSE
urgency_slots min
accounting_summary FALSE
qsort_args NONE
`;
  // The hosts share /tmp, and SGE names a job's folder there the same on each of them.
  const tmp = nodes.map((name) => `[${name}=${folder}/tmp.${name}]`).join(",");
  const limits = ["rt", "cpu", "fsize", "data", "stack", "core", "rss", "vmem"]
    .flatMap((limit) => [`s_${limit} INFINITY`, `h_${limit} INFINITY`]).join("\n");
  const nothing = [
    "load_thresholds",
    "suspend_thresholds",
    "ckpt_list",
    "prolog",
    "epilog",
    "starter_method",
    "suspend_method",
    "resume_method",
    "terminate_method",
    "owner_list",
    "user_lists",
    "xuser_lists",
    "subordinate_list",
    "complex_values",
    "projects",
    "xprojects",
    "calendar",
  ].map((name) => `${name} NONE`).join("\n");
  const queue = `qname all.q
hostlist @allhosts
seq_no 0
nsuspend 1
suspend_interval 00:05:00
priority 0
min_cpu_interval 00:05:00
processors UNDEFINED
qtype BATCH INTERACTIVE
pe_list rr
rerun FALSE
slots ${SLOTS}
tmpdir /tmp,${tmp}
shell /bin/bash
shell_start_mode unix_behavior
notify 00:00:60
initial_state default
${nothing}
${limits}
`;
  await Deno.writeTextFile(`${folder}/pe`, environment);
  await Deno.writeTextFile(`${folder}/queue`, queue);
  await Deno.writeTextFile(
    `${folder}/group`,
    `group_name @allhosts\nhostlist ${nodes.join(" ")}\n`,
  );
  for (const name of nodes) {
    await Deno.mkdir(`${folder}/tmp.${name}`);
    await Deno.chmod(`${folder}/tmp.${name}`, 0o1777);
  }
  await run(`
    cd ${folder}
    qconf -sconf | sed -E -e "s#^(execd_spool_dir +).*#\\1${folder}/execd#" \\
      -e "s#^(min_[ug]id +).*#\\10#" -e "s#^(load_report_time +).*#\\100:00:01#" \\
      -e "s#^(max_unheard +).*#\\100:00:10#" > global
    qconf -Mconf global > /dev/null
    qconf -ssconf | sed -E -e "s#^(schedule_interval +).*#\\10:0:1#" \\
      -e "s#^(flush_(submit|finish)_sec +).*#\\11#" > schedule
    qconf -Msconf schedule > /dev/null
    for host in ${nodes.join(" ")}; do qconf -ah $host; qconf -as $host; done > /dev/null 2>&1
    qconf -Ahgrp group > /dev/null
    qconf -Ap pe > /dev/null
    qconf -Aq queue > /dev/null`);
}
