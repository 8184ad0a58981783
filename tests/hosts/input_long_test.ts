/** Standard input for a program on another host: read as fast as the program takes it. */

import assert from "node:assert/strict";
import { canFindProcesses, killNow, path, start } from "../faults/running.ts";
import type { Run } from "../faults/running.ts";
import { withFakeSsh } from "./fake_ssh.ts";

const ignore = !canFindProcesses;
const INPUT_BYTES = 1 << 30;
/** What a Deno has that does nothing is about 100 MB; what lay in memory of the input would be seen. */
const MOST_BYTES = 400 << 20;

/** Runs the program on a host that is this one, with as many zeros as its input. */
function feed(flags: string[], program: string, args: string[]): Run {
  const words = ["run", "-A", path("cli.ts"), ...flags, "--hosts", "alpha", "-A", "-n", "2"];
  const command = [Deno.execPath(), ...words, path(`tests/hosts/programs/${program}.ts`), ...args];
  return start("sh", ["-c", `head -c ${INPUT_BYTES} /dev/zero | "$@"`, "sh", ...command]);
}

/** The most memory that a process has had, in bytes. */
function peak(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}

/** The processes between the input and the program. */
function between(run: Run) {
  const processes = run.processes();
  const launcher = processes.find(({ name }) => name === "launcher")!;
  const agent = processes.find(({ name }) => /^\S+ run .*data:text\/java/.test(name))!;
  assert(launcher && agent, "both were found");
  return { launcher, agent };
}

function assertSmall(run: Run): void {
  for (const [name, { pid }] of Object.entries(between(run))) {
    const bytes = peak(pid);
    assert(bytes < MOST_BYTES, `the ${name} has had ${bytes >> 20} MB`);
  }
}

/** Waits until nothing more of the input is read. */
async function untilStill(run: Run): Promise<void> {
  const written = () => {
    const feeder = run.processes().find(({ name }) => name.startsWith("head -c"));
    if (feeder === undefined) return "all of it";
    return /^wchar: (\d+)$/m.exec(Deno.readTextFileSync(`/proc/${feeder.pid}/io`))![1];
  };
  for (let before, now = written(); before !== now; before = now, now = written()) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

Deno.test({
  name: "input: a program on another host that does not read holds the input back",
  ignore,
  fn: () =>
    withFakeSsh(async (flags, folder) => {
      await using run = feed(flags, "reads_late", [`${folder}/now`]);
      await run.prints(/^begins$/m);
      await untilStill(run);
      assertSmall(run);
      await Deno.writeTextFile(`${folder}/now`, "");
      await run.until(() => {
        if (run.stdout().includes("has read")) return true;
        assertSmall(run);
        return false;
      });
      const { code, stdout, stderr } = await run.ended();
      assert.deepEqual([code, stdout, stderr], [0, `begins\nhas read ${INPUT_BYTES}\n`, ""]);
      await run.gone();
    }),
});

Deno.test({
  name: "input: a host that is lost while input waits for its program does not hold the run",
  ignore,
  fn: () =>
    withFakeSsh(async (flags, folder) => {
      await using run = feed(flags, "reads_late", [`${folder}/never`]);
      await run.prints(/^begins$/m);
      await untilStill(run);
      killNow(between(run).agent.pid);
      const { code, stderr } = await run.ended();
      assert.equal(code, 255);
      assert.match(stderr, /^scoop: the origin was lost: the connection to its host ended/m);
      await run.gone();
    }),
});
