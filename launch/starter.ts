/**
 * How the origin and the workers are started, and started again.
 *
 * @module
 */

import { seenFrom } from "./brokers.ts";
import type { BrokerFacts, RunBroker } from "./brokers.ts";
import { FOR_DENO } from "../worker/environment.ts";
import { encodeLogWay, newLogWay } from "../telemetry/marks.ts";
import type { MemoryWatch } from "./memory_watch.ts";
import type { Output } from "./output.ts";
import { hostOf } from "./place.ts";
import type { Place } from "./place.ts";
import { environment } from "./plan.ts";
import type { Plan } from "./plan.ts";
import type { RunningProcess } from "./process.ts";
import { SharedSweep } from "./shared_sweep.ts";
import { commonFlags } from "./setup.ts";
import type { Setup } from "./setup.ts";

/** What a process has to know of its broker. */
type Contact = Pick<RunBroker, "name" | "addresses" | "process">;

/** What is known when the first process is started. */
export interface Start {
  readonly setup: Setup;
  readonly plan: Plan;
  readonly places: readonly Place[];
  readonly brokers: readonly Contact[];
  readonly facts: BrokerFacts;
  readonly memory: MemoryWatch | undefined;
}

/** Starts the processes of a plan. */
export interface Starter {
  /**
   * Starts the process of a name in the plan, or its replacement.
   *
   * @param stderr takes what it writes there, if not {@link stderrOf}
   */
  start(name: string, stderr?: Output): RunningProcess;
  /** Where what it writes on stderr goes. */
  stderrOf(name: string): Output;
}

/** See {@link Starter}. */
export function createStarter(
  { setup, plan, places, brokers, facts, memory }: Start,
): Starter {
  const { options, colours } = setup;
  const isNamed = options.verbosity > 0 && setup.log === undefined;
  const way = setup.log?.way ?? (isNamed ? newLogWay("labels") : undefined);
  const planned = new Map(plan.processes.map((process) => [process.name, process]));
  const shared = setup.shared === undefined ? undefined : new SharedSweep(setup.shared);
  const interactive = options.log === undefined && Deno.stdout.isTerminal();

  // A replacement is called worker-1.2.
  const plannedAs = (name: string) => planned.get(name.replace(/\.\d+$/, ""))!;
  const placeOf = (name: string) => places.find(({ host }) => host === plannedAs(name).host)!;
  const outputsOf = (name: string) => setup.outputsOf(name, hostOf(placeOf(name)));

  /** What was in variables that a process gets for Deno's sake, as far as that is known here. */
  const replacedBy = (env: Readonly<Record<string, string>>, { here }: Place): string => {
    const isKnown = (name: string) => here || name === "NO_COLOR";
    const before = (name: string) =>
      options.env[name] ?? (isKnown(name) ? Deno.env.get(name) : undefined);
    const names = Object.keys(env).filter((name) => FOR_DENO.includes(name));
    return JSON.stringify(Object.fromEntries(names.map((name) => [name, before(name) ?? null])));
  };
  const start = (name: string, given?: Output): RunningProcess => {
    const { origin, broker: preferred } = plannedAs(name);
    const place = placeOf(name);
    const { equipment } = place;
    const { stdout, stderr } = outputsOf(name);
    const flags = origin ? equipment.flags.origin : equipment.flags.worker;
    const [broker, ...others] = livingBrokers(brokers, preferred) as [Contact, ...Contact[]];
    const { task, meta } = seenFrom(broker, place);
    const told = environment({
      brokerName: broker.name,
      taskAddress: task,
      metaAddress: meta,
      others: others.map((other) => seenFrom(other, place)),
      key: facts.key,
      keys: facts.listening.keys?.worker.encode() ?? "",
      size: plan.size,
      program: equipment.program,
      host: place.hostname,
      verbosity: options.verbosity,
      debug: options.debug,
      log: encodeLogWay(way),
      resume: options.resume,
      shared: setup.shared,
      forDeno: replacedBy({ ...equipment.env, ...colours }, place),
      maxMemory: options.maxMemory,
      maxTasks: options.maxTasks,
    }, { name, origin });
    const started = place.start({
      name,
      args: setup.self === undefined
        ? [
          "run",
          ...commonFlags(setup, name),
          ...flags,
          origin ? equipment.program : equipment.worker,
          ...options.args,
        ]
        : options.args,
      env: { ...options.env, ...equipment.env, ...told, ...colours },
      defaults: equipment.defaults,
      stdin: origin ? "inherit" : "null",
      nice: options.nice,
      memory: memory && !origin
        ? { limit: memory.limit, tell: (bytes) => memory.sample(name, bytes) }
        : undefined,
      stdout,
      stderr: given ?? stderr,
      lines: {
        ...(isNamed ? { name, token: way!.token } : {}),
        last: origin && setup.log === undefined ? "as is" : "completed",
        ...(origin && interactive ? { showUnfinishedAfter: 50 } : {}),
      },
    });
    started.exited.then(() => {
      memory?.forget(name);
      if (started.pid !== undefined && !origin) shared?.ended(started.pid);
    });
    return started;
  };
  return { start, stderrOf: (name) => outputsOf(name).stderr };
}

/**
 * The brokers that live, around from the one that was planned: everybody who had a broker that is
 * lost goes to the same next one, where they find each other. If none lives, the planned one.
 */
function livingBrokers(brokers: readonly Contact[], preferred: number): Contact[] {
  const around = [...brokers.slice(preferred), ...brokers.slice(0, preferred)];
  const living = around.filter(({ process }) => process?.alive() !== false);
  return living.length > 0 ? living : around.slice(0, 1);
}
