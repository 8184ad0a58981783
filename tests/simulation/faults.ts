/**
 * What may happen to the processes and connections of a simulated run.
 *
 * @module
 */

import type { Connection } from "./network.ts";
import type { Process } from "./process.ts";
import { Broker } from "./broker.ts";
import type { Run } from "./simulation.ts";

/**
 * One thing that happens `at` a time. Whom it concerns is drawn when it happens, if it is not said.
 */
export type Fault = { readonly at: number } & FaultKind;

type FaultKind =
  /** A worker's process is killed (never the origin's). */
  | { readonly kind: "kill" }
  /** A broker's process is killed; it is counted from 1. */
  | { readonly kind: "killBroker"; readonly broker: number }
  /** The only broker's process is killed, and another is started at its address later. */
  | { readonly kind: "restartBroker"; readonly afterMs: number }
  /** A process is stopped by a signal, and goes on later. */
  | { readonly kind: "stop"; readonly whom: "origin" | "worker" | "broker"; readonly forMs: number }
  /** The clock that a process sees jumps ahead, as after a machine has slept. */
  | { readonly kind: "jump"; readonly whom: "origin" | "worker" | "broker"; readonly byMs: number }
  /** One more worker is started, for which nobody had planned. */
  | { readonly kind: "grow" }
  /** For a while some messages of a connection are lost, come twice, or are overtaken. */
  | {
    readonly kind: "garble";
    readonly whose: "origin" | "worker" | "broker" | "anybody";
    readonly forMs: number;
  }
  /** A connection breaks, and can be made again later; perhaps nobody is told. */
  | {
    readonly kind: "break";
    readonly whose: "origin" | "worker" | "broker" | "anybody";
    readonly downMs: number;
    readonly silently?: boolean;
  };

/** Plans all that is to happen. */
export function plan(run: Run, faults: readonly Fault[]): void {
  for (const fault of faults) run.clock.at(fault.at, () => happen(run, fault));
}

function happen(run: Run, fault: Fault): void {
  if (run.isOver) return;
  switch (fault.kind) {
    case "kill": {
      const victim = pick(run, run.launcher.helpers);
      run.note(() => `fault: kill ${victim?.name}`);
      return victim?.die("signal SIGKILL");
    }
    case "killBroker":
      run.note(() => `fault: kill broker ${fault.broker}`);
      return run.brokers[fault.broker - 1]!.die();
    case "restartBroker": {
      run.note(() => "fault: kill the broker");
      const [broker] = run.brokers;
      if (!broker!.process.alive) return;
      broker!.die();
      return run.clock.after(fault.afterMs, () => void (run.brokers[0] = new Broker(run, 0)));
    }
    case "stop": {
      const victim = pick(run, stoppable(run, fault.whom));
      if (victim === undefined || victim.stopped) return;
      run.note(() => `fault: stop ${victim.name} for ${fault.forMs}`);
      victim.stop();
      run.clock.after(fault.forMs, () => victim.goOn());
      return;
    }
    case "jump": {
      const victim = pick(run, stoppable(run, fault.whom));
      run.note(() => `fault: the clock of ${victim?.name} jumps by ${fault.byMs}`);
      if (victim !== undefined) victim.skew += fault.byMs;
      return;
    }
    case "grow":
      run.note(() => "fault: one more worker");
      return run.launcher.grow();
    case "garble": {
      const victim = pick(run, breakable(run, fault.whose));
      run.note(() =>
        `fault: garble ${victim?.client.process.name} - ${victim?.server.process.name} for ${fault.forMs}`
      );
      return victim?.garble(fault.forMs);
    }
    case "break": {
      const victim = pick(run, breakable(run, fault.whose));
      run.note(() =>
        `fault: break ${victim?.client.process.name} - ${victim?.server.process.name} for ${fault.downMs}`
      );
      return victim?.break(fault.downMs, fault.silently);
    }
  }
}

function stoppable(run: Run, whom: "origin" | "worker" | "broker"): Process[] {
  if (whom === "broker") return run.brokers.map(({ process }) => process);
  const workers = whom === "origin" ? [run.origin] : run.launcher.helpers;
  return workers.map(({ process }) => process);
}

function breakable(run: Run, whose: "origin" | "worker" | "broker" | "anybody"): Connection[] {
  const all = run.brokers.flatMap(({ connections }) => [...connections]);
  const brokers = new Set(run.brokers.map(({ process }) => process));
  return all.filter((one) => {
    if (!one.stands) return false;
    if (whose === "anybody") return true;
    if (brokers.has(one.client.process)) return whose === "broker";
    return (one.client.process === run.origin.process) === (whose === "origin") &&
      whose !== "broker";
  });
}

function pick<T>(run: Run, from: readonly T[]): T | undefined {
  return from[Math.floor(run.chance() * from.length)];
}
