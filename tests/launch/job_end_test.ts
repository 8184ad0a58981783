import assert from "node:assert/strict";
import { drainAt, jobEnd } from "../../launch/job_end.ts";
import type { JobSurroundings } from "../../launch/job_end.ts";

const NOW = Date.UTC(2026, 0, 1);

function around(env: Record<string, string>, qstat?: string): JobSurroundings {
  return {
    env: (name) => env[name],
    run: () => qstat === undefined ? Promise.reject(new Error("none")) : Promise.resolve(qstat),
    now: () => NOW,
    age: () => 60,
  };
}

/** As squeue writes it. */
function local(at: number): string {
  const shifted = new Date(at - 60_000 * new Date(at).getTimezoneOffset());
  return `${shifted.toISOString().slice(0, 19)}\n`;
}

const PBS = { PBS_JOBID: "7.host" };
const PBS_TEXT = "    Resource_List.walltime = 01:00:00\n    resources_used.walltime = 00:10:00\n";

for (
  const [what, where, seconds] of [
    ["Slurm", around({ SLURM_JOB_END_TIME: String(NOW / 1000 + 90) }), 90],
    ["Slurm of before, which squeue knows", around({ SLURM_JOB_ID: "7" }, local(NOW + 90_000)), 90],
    ["Slurm without an end", around({ SLURM_JOB_ID: "7" }, "NONE\n"), undefined],
    ["Torque", around(PBS, "    Walltime.Remaining = 125\n"), 125],
    ["PBS by what was used", around(PBS, PBS_TEXT), 3000],
    ["PBS by its start", around(PBS, `${PBS_TEXT}    stime = ${new Date(NOW - 60_000)}\n`), 3540],
    ["PBS without qstat", around({ ...PBS, PBS_WALLTIME: "600" }), 540],
    ["no job", around({}), undefined],
  ] as const
) {
  Deno.test(`job end: ${what}`, async () => {
    const end = await jobEnd(where);
    assert.equal(end === undefined ? undefined : (end - NOW) / 1000, seconds);
  });
}

Deno.test("job end: draining needs a job that has time left", async () => {
  const job = around({ SLURM_JOB_END_TIME: String(NOW / 1000 + 90) });
  assert.equal(await drainAt(60, job), NOW + 30_000);
  await assert.rejects(drainAt(90, job), /the job ends in 90 s, within --drain 90/);
  await assert.rejects(drainAt(60, around({})), /neither SLURM_JOB_END_TIME nor squeue/);
});
