/**
 * How the origin and the workers are started, and started again.
 *
 * @module
 */

import { seenFrom } from "./brokers.ts";
import type { BrokerFacts, RunBroker } from "./brokers.ts";
import type { MemoryWatch } from "./memory_watch.ts";
import type { Output } from "./output.ts";
import type { Place } from "./place.ts";
import { environment } from "./plan.ts";
import type { Plan } from "./plan.ts";
import type { RunningProcess } from "./process.ts";
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

/**
 * Returns a function that starts the process of a name in the plan, or its replacement, with an
 * output for its stderr if that is not to go where that of all goes.
 */
export function createStarter({ setup, plan, places, brokers, facts, memory }: Start) {
  const { options, colours, stdout } = setup;
  const planned = new Map(plan.processes.map((process) => [process.name, process]));
  const interactive = options.log === undefined && Deno.stdout.isTerminal();

  return (name: string, stderr: Output = setup.stderr): RunningProcess => {
    // A replacement is called worker-1.2.
    const { host, origin, broker: preferred } = planned.get(name.replace(/\.\d+$/, ""))!;
    const place = places.find((place) => place.host === host)!;
    const { equipment } = place;
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
      resume: options.resume,
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
      stderr,
      lines: {
        prefix: options.verbosity > 0 ? `[${name}] ` : "",
        last: origin ? "as is" : "completed",
        ...(origin && interactive ? { showUnfinishedAfter: 50 } : {}),
      },
    });
    started.exited.then(() => memory?.forget(name));
    return started;
  };
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
