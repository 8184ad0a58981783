/** From recorded environments; tests/clusters/ has the real schedulers. */

import assert from "node:assert/strict";
import { findAllocation, slurmCounts } from "../../launch/schedulers.ts";
import type { Surroundings } from "../../launch/schedulers.ts";
import type { SchedulerChoice } from "../../launch/options.ts";
import { UsageError } from "../../launch/usage_error.ts";

function around(env: Record<string, string>, files: Record<string, string> = {}): Surroundings {
  return {
    env: (name) => env[name],
    readFile(path) {
      const text = files[path];
      if (text === undefined) throw new Deno.errors.NotFound(path);
      return text;
    },
    run(command, args) {
      assert.deepEqual([command, ...args.slice(0, 2)], ["scontrol", "show", "hostnames"]);
      return Promise.resolve("n1\nn2\nn5\n");
    },
    own: { hostname: "n1.cluster", addresses: ["10.0.0.1"] },
    identify: (name) => Promise.resolve({ way: "", name, addresses: [] }),
  };
}

const find = (choice: SchedulerChoice, surroundings: Surroundings) =>
  findAllocation(choice, surroundings, "ssh");

Deno.test("schedulers: without a job there is no allocation", async () => {
  assert.equal(await find("auto", around({ PATH: "/bin" })), undefined);
  await assert.rejects(find("slurm", around({})), {
    name: "UsageError",
    message: "this is no job of slurm: SLURM_JOB_NODELIST is not set (leave out --scheduler slurm)",
  });
});

Deno.test("schedulers: Slurm's nodes with their tasks, the batch script's own node here", async () => {
  const env = {
    SLURM_JOB_ID: "17",
    SLURM_JOB_NODELIST: "n[1-2,5]",
    SLURM_TASKS_PER_NODE: "3(x2),1",
    SLURM_CPUS_PER_TASK: "2",
    SLURMD_NODENAME: "n1",
  };
  const found = await find("auto", around(env));
  assert(found);
  assert.equal(found.source, "Slurm");
  assert.deepEqual(found.hosts, [
    { host: "n1", slots: 3 },
    { host: "n2", slots: 3 },
    { host: "n5", slots: 1 },
  ]);
  assert.deepEqual(found.hosts.map(({ host }) => found.isHere(host)), [true, false, false]);
  const { command, args } = found.transport.start("n2", ["sh", "-c", "it's $x"]);
  assert.equal(command, "srun");
  assert(args.includes("--overlap") && args.includes("--nodelist=n2"), args.join(" "));
  assert(args.includes("--cpus-per-task=6"), "all processors of its tasks");
  assert.deepEqual(args.slice(-3), ["sh", "-c", "it's $x"]);
  assert.equal(await find("none", around(env)), undefined);
});

Deno.test("schedulers: after salloc no node is this one", async () => {
  const found = await find("slurm", around({ SLURM_JOB_NODELIST: "n1,n2" }));
  assert.deepEqual(found!.hosts, [{ host: "n1", slots: 1 }, { host: "n2", slots: 1 }]);
  assert(!found!.isHere("n1"));
});

Deno.test("schedulers: under srun with several tasks it says what to do", async () => {
  const env = { SLURM_JOB_NODELIST: "n1", SLURM_STEP_NUM_TASKS: "4" };
  await assert.rejects(find("auto", around(env)), {
    name: "UsageError",
    message:
      "srun has started this command several times: call it once, without srun; it uses srun itself",
  });
});

Deno.test("schedulers: Slurm's way to count", () => {
  assert.deepEqual(slurmCounts("4", 1), [4]);
  assert.deepEqual(slurmCounts("3(x2)", 2), [3, 3]);
  assert.deepEqual(slurmCounts("3,1(x2)", 3), [3, 1, 1]);
  assert.deepEqual(slurmCounts("2", 3), [2, 1, 1]);
});

Deno.test("schedulers: SGE's parallel environment, several queues of a host added up", async () => {
  const text = `n1.cluster 4 all.q@n1.cluster UNDEFINED
n2.cluster 2 all.q@n2.cluster UNDEFINED
n2.cluster 1 fast.q@n2.cluster UNDEFINED
`;
  const found = await find(
    "auto",
    around({ JOB_ID: "3", PE_HOSTFILE: "/spool/pe_hostfile" }, { "/spool/pe_hostfile": text }),
  );
  assert.equal(found!.source, "SGE");
  assert.deepEqual(found!.hosts, [
    { host: "n1.cluster", slots: 4 },
    { host: "n2.cluster", slots: 3 },
  ]);
  assert.deepEqual(found!.hosts.map(({ host }) => found!.isHere(host)), [true, false]);
  const { command, args } = found!.transport.start("n2.cluster", ["sh", "-c", "it's"]);
  assert.deepEqual([command, ...args], ["qrsh", "-inherit", "n2.cluster", `sh -c 'it'\\''s'`]);
});

Deno.test("schedulers: PBS's node file, a line for each processor", async () => {
  const found = await find(
    "auto",
    around(
      { PBS_ENVIRONMENT: "PBS_BATCH", PBS_NODEFILE: "/var/spool/aux/12.head" },
      { "/var/spool/aux/12.head": "n1\nn1\nn2\nn2\nn3\n" },
    ),
  );
  assert.equal(found!.source, "PBS");
  assert.deepEqual(found!.hosts, [
    { host: "n1", slots: 2 },
    { host: "n2", slots: 2 },
    { host: "n3", slots: 1 },
  ]);
  assert.deepEqual(found!.hosts.map(({ host }) => found!.isHere(host)), [true, false, false]);
  assert.equal(found!.transport.name, "ssh");
});

Deno.test("schedulers: a node file that is not there is named", async () => {
  await assert.rejects(find("auto", around({ PBS_NODEFILE: "/gone" })), (error) => {
    assert(error instanceof UsageError);
    assert.equal(error.message, "cannot read /gone (PBS_NODEFILE); --scheduler none ignores it");
    return true;
  });
  await assert.rejects(
    find("auto", around({ PE_HOSTFILE: "/empty" }, { "/empty": "\n" })),
    /\/empty \(PE_HOSTFILE\) names no host/,
  );
});

Deno.test("schedulers: PBS and SGE hosts that differ in their domain are two", async () => {
  const lines = "n1.a\nn1.b\nn1.b\n";
  const pbs = await find("auto", around({ PBS_NODEFILE: "/nodes" }, { "/nodes": lines }));
  assert.deepEqual(pbs!.hosts, [{ host: "n1.a", slots: 1 }, { host: "n1.b", slots: 2 }]);
  const own = "n1.cluster 2 q U\nn1.other 3 q U\nN1 1 q U\n";
  const sge = await find("auto", around({ PE_HOSTFILE: "/nodes" }, { "/nodes": own }));
  assert.deepEqual(sge!.hosts.map(({ host, slots }) => `${host}:${slots}`), [
    "n1.cluster:3",
    "n1.other:3",
  ]);
  assert.deepEqual(sge!.hosts.map(({ host }) => sge!.isHere(host)), [true, false]);
});

Deno.test("schedulers: PBS Pro's chunks have a line each, whatever they have of processors", async () => {
  const env = { PBS_NODEFILE: "/nodes", NCPUS: "4", PBS_JOBID: "12.head" };
  const files = { "/nodes": "n1.cluster\nn2.cluster\n" };
  const slots = async (run: Surroundings["run"], text = files) =>
    (await find("auto", { ...around(env, text), run }))!.hosts.map(({ slots }) => slots);
  const refuse = () => Promise.reject(new Error("no qstat"));
  assert.deepEqual(await slots(refuse), [4, 4]);
  const text =
    "Job Id: 12.head\n    exec_host = n1/0*4+\n\tn2/3*2\n    exec_vnode = (n1:ncpus=4)\n";
  assert.deepEqual(await slots(() => Promise.resolve(text)), [4, 2]);
  // With mpiprocs there is a line for each process.
  assert.deepEqual(await slots(refuse, { "/nodes": "n1\nn1\nn2\n" }), [2, 1]);
});

Deno.test("schedulers: all groups of a heterogeneous job of Slurm's", async () => {
  const env = {
    SLURM_JOB_NODELIST: "n1",
    SLURM_TASKS_PER_NODE: "1",
    SLURM_HET_SIZE: "2",
    SLURM_JOB_NODELIST_HET_GROUP_0: "n1",
    SLURM_TASKS_PER_NODE_HET_GROUP_0: "1",
    SLURM_JOB_NODELIST_HET_GROUP_1: "n3,n4",
    SLURM_TASKS_PER_NODE_HET_GROUP_1: "2(x2)",
    SLURM_CPUS_PER_TASK_HET_GROUP_1: "3",
    SLURMD_NODENAME: "n1",
  };
  const found = await find("auto", around(env));
  assert.deepEqual(found!.hosts, [
    { host: "n1", slots: 1 },
    { host: "n3", slots: 2 },
    { host: "n4", slots: 2 },
  ]);
  const { args } = found!.transport.start("n4", ["true"]);
  assert(args.includes("--het-group=1") && args.includes("--cpus-per-task=6"), args.join(" "));
  const { SLURM_JOB_NODELIST_HET_GROUP_1: _, ...less } = env;
  await assert.rejects(find("auto", around(less)), {
    name: "UsageError",
    message: /^this job has 2 groups, and the nodes of group 1 are not told \(SLURM_JOB_.*--hosts/,
  });
});

Deno.test("schedulers: LSF's two forms", async () => {
  const expected = [{ host: "n1", slots: 2 }, { host: "n2", slots: 1 }];
  for (const [name, text] of [["LSB_MCPU_HOSTS", "n1 2 n2 1"], ["LSB_HOSTS", "n1 n1 n2"]]) {
    const found = await find("auto", around({ [name!]: text! }));
    assert.deepEqual([found!.source, found!.hosts, found!.transport.name], [
      "LSF",
      expected,
      "ssh",
    ]);
    assert.deepEqual(found!.hosts.map(({ host }) => found!.isHere(host)), [true, false]);
  }
  await assert.rejects(find("lsf", around({ LSB_MCPU_HOSTS: "n1 two" })), /^UsageError: LSB_MCPU/);
});

Deno.test("schedulers: what makes no sense is quoted, whichever scheduler tells it", async () => {
  const told = async (env: Record<string, string>, text = "") => {
    const error = await find("auto", around(env, { "/f": text })).then(() => undefined, (e) => e);
    assert(error instanceof UsageError, JSON.stringify(env));
    return error.message;
  };
  const sge = { PE_HOSTFILE: "/f" };
  const ignore = "; --scheduler none ignores it";
  assert.equal(await told(sge, "n1 x q U"), `/f (PE_HOSTFILE) makes no sense: "n1 x q U"${ignore}`);
  assert.equal(await told(sge, "-oProxy 2 q U"), `"-oProxy" cannot be a host`);
  const lsf = "LSB_MCPU_HOSTS";
  assert.equal(await told({ [lsf]: "n1 4 n2" }), `${lsf} makes no sense: "n1 4 n2"${ignore}`);
  assert.equal(await told({ [lsf]: "n1 2.5" }), `${lsf} makes no sense: "n1 2.5"${ignore}`);
  assert.equal(await told({ [lsf]: "$(reboot) 4" }), `"$(reboot)" cannot be a host`);
  for (const size of ["x", "0", "1e9", "-1"]) {
    const env = { SLURM_JOB_NODELIST: "n1", SLURM_HET_SIZE: size };
    assert.equal(await told(env), `SLURM_HET_SIZE makes no sense: "${size}"${ignore}`);
  }
});
