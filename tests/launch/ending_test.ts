import assert from "node:assert/strict";
import { endProcesses } from "../../launch/ending.ts";
import type { Interruption } from "../../launch/interruption.ts";
import type { Output } from "../../launch/output.ts";
import type { RunningProcess } from "../../launch/process.ts";
import type { Setup } from "../../launch/setup.ts";
import { LIMITS } from "../../wire/limits.ts";

Deno.test("the steps of an ending after a signal stay within what is promised", () => {
  const steps = LIMITS.interruptedProgramMs +
    // To leave, after SIGTERM, after SIGKILL.
    3 * LIMITS.interruptedLeaveMs +
    LIMITS.closeMs + LIMITS.lastOutputMs + LIMITS.interruptedCloseAwayMs;
  assert(steps < LIMITS.endMs, `${steps}`);
  assert(LIMITS.sweepMs < LIMITS.interruptedLeaveMs, "what tasks started is ended by then");
});

const output: Output = { write: () => Promise.resolve(), flush: () => Promise.resolve() };
const setup = { stdout: output, stderr: output } as Setup;

/** A process that never ends, and the signals it got. */
function stubborn() {
  const signals: Deno.Signal[] = [];
  const never = new Promise<never>(() => {});
  const process: RunningProcess = {
    name: "worker-1",
    since: 0,
    exited: never,
    drained: never,
    swept: never,
    alive: () => true,
    kill: (signal) => void signals.push(signal),
    tell() {},
  };
  return { process, signals };
}

Deno.test("whoever does not end is told in three ways, and not waited for any longer", async () => {
  const { process, signals } = stubborn();
  const interruption: Interruption = {
    signalled: () => 2,
    left: () => 0,
    enough: Promise.resolve(),
    stop() {},
  };
  const leaving = {
    setup,
    brokers: [],
    living: [process, process],
    printing: [process.drained],
    connected: 1,
  };
  await endProcesses(leaving, interruption);
  assert.deepEqual(signals, ["SIGTERM", "SIGTERM", "SIGKILL", "SIGKILL"]);
});

Deno.test("a signal during a quiet ending makes it a quick one", async () => {
  const { process, signals } = stubborn();
  let signalled = 0;
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const interruption: Interruption = {
    signalled: () => signalled,
    left: () => LIMITS.endMs,
    enough,
    stop() {},
  };
  const ending = endProcesses({
    setup,
    brokers: [],
    living: [process, process],
    printing: [process.drained],
    connected: 1,
  }, interruption);
  signalled = 15;
  resolve();
  await ending;
  // The quiet one has come to none by then.
  assert.deepEqual(signals.slice(0, 4), ["SIGTERM", "SIGTERM", "SIGKILL", "SIGKILL"]);
});
