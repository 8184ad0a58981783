/**
 * Scenarios by name, each from a seed, so that a run that failed can be seen again.
 *
 * @module
 */

import { LIMITS } from "../../wire/limits.ts";
import { chaos } from "./chaos.ts";
import { seeded } from "./clock.ts";
import type { Fault } from "./faults.ts";
import type { SimulationOptions } from "./simulation.ts";
import type { Spec } from "./spec.ts";
import { nested, specMaker } from "./workload.ts";

/** Makes what is to be simulated of a seed. */
export type Scenario = (seed: number) => SimulationOptions;

function tasks(count: number, spec: Partial<Spec>, odd?: (i: number) => Partial<Spec>): Spec[] {
  const make = specMaker();
  return Array.from({ length: count }, (_, i) => make({ ...spec, ...odd?.(i) }));
}

/** Faults of one kind at times drawn between 0 and `within`. */
function spread(chance: () => number, count: number, within: number, fault: () => Fault): Fault[] {
  return Array.from({ length: count }, () => ({ ...fault(), at: chance() * within }));
}

/** A worker is killed, or somebody's connection broken for up to so many milliseconds. */
function killOrBreak(
  chance: () => number,
  whose: "worker" | "anybody",
  mostMs: number,
): Fault {
  if (chance() < 0.4) return { kind: "kill", at: 0 };
  return { kind: "break", whose, downMs: 5 + chance() * mostMs, at: 0 };
}

/** A whole number from `least` to `most`. */
function draw(chance: () => number, least: number, most: number): number {
  return least + Math.floor(chance() * (most - least + 1));
}

/** Workers are killed, in a federation, with bundles of five. */
function killsInFederation(seed: number): SimulationOptions {
  const chance = seeded(seed);
  const count = draw(chance, 40, 120);
  return {
    seed,
    workers: draw(chance, 4, 8),
    brokers: draw(chance, 2, 3),
    linkDelays: [0.5, 5],
    jitter: 0.5,
    program: tasks(count, { duration: 1 + 20 * chance(), retries: 10 }),
    how: { by: "map", chunkSize: 5 },
    faults: spread(chance, draw(chance, 1, 5), 500, () => ({ kind: "kill", at: 0 })),
  };
}

/** Connections break, of workers, of the origin, and between brokers. */
function brokenConnections(seed: number): SimulationOptions {
  const chance = seeded(seed);
  const program = chance() < 0.5
    ? tasks(draw(chance, 20, 100), { duration: 1 + 40 * chance() })
    : nested(chance, { tasks: draw(chance, 20, 100), fanOut: 5, depth: 3, mean: 20 });
  return {
    seed,
    workers: draw(chance, 2, 6),
    brokers: draw(chance, 1, 3),
    linkDelays: [0.5, 5],
    jitter: 0.5,
    program,
    faults: spread(chance, draw(chance, 1, 6), 600, () => ({
      kind: "break",
      whose: "anybody",
      downMs: 5 + chance() * 500,
      silently: chance() < 0.3,
      at: 0,
    })),
  };
}

/** Connections of workers, and between brokers, are away for longer than anybody has patience. */
function outages(seed: number): SimulationOptions {
  const chance = seeded(seed);
  return {
    seed,
    workers: draw(chance, 2, 6),
    brokers: draw(chance, 1, 3),
    linkDelays: [0.5, 5],
    program: nested(chance, { tasks: 60, fanOut: 5, depth: 3, mean: 40, retries: 20 }),
    faults: spread(chance, draw(chance, 1, 3), 400, () => ({
      kind: "break",
      whose: chance() < 0.5 ? "worker" : "broker",
      downMs: 1_000 + 5_000 * chance(),
      at: 0,
    })),
  };
}

/**
 * The connection of somebody who waits for results is away for longer than its broker has patience,
 * while others have its tasks and go on; another broker is there.
 */
function ownerAway(seed: number): SimulationOptions {
  const chance = seeded(seed);
  const origin = chance() < 0.7;
  const long = (): Partial<Spec> => ({
    duration: 20 + 400 * chance(),
    passes: chance() < 0.5 ? "sleeps" : "computes",
    retries: 20,
  });
  const make = specMaker();
  const inner = () => Array.from({ length: 20 }, () => make({ ...long(), fn: "inner" }));
  const outer = (): Partial<Spec> => ({
    ...{ fn: "outer", duration: 5, retries: 20, by: "map", chunkSize: 5, children: inner() },
  });
  return {
    seed,
    workers: draw(chance, 4, 8),
    brokers: draw(chance, 2, 3),
    linkDelays: [0.5, 5],
    program: Array.from({ length: origin ? 120 : 6 }, () => make(origin ? long() : outer())),
    how: { by: "map", chunkSize: 5 },
    faults: [{
      ...{ kind: "break", whose: origin ? "origin" : "worker", at: 200 + 600 * chance() },
      downMs: 1_400 + 5_000 * chance(),
    }],
  };
}

/** Brokers do not reach each other for so long that they give each other up; nobody is lost. */
function brokersApart(seed: number): SimulationOptions {
  const chance = seeded(seed);
  const retries = chance() < 0.5 ? 0 : 20;
  const mean = chance() < 0.5 ? 100 : 4_000;
  return {
    seed,
    workers: draw(chance, 4, 8),
    brokers: draw(chance, 2, 3),
    linkDelays: [0.5, 5],
    program: tasks(draw(chance, 8, 60), { retries }, () => ({
      duration: 2 * mean * chance(),
      passes: chance() < 0.5 ? "sleeps" : "computes",
    })),
    how: { by: "map", chunkSize: draw(chance, 1, 4) },
    faults: spread(chance, draw(chance, 1, 4), 2_000, () => ({
      kind: "break",
      whose: "broker",
      downMs: 1_000 + 6_000 * chance(),
      at: 0,
    })),
  };
}

/** One process is stopped for long, and nobody is taken for dead. */
function stopped(whom: "origin" | "worker" | "broker", forMs: number): Scenario {
  return (seed) => {
    const chance = seeded(seed);
    return {
      seed,
      workers: draw(chance, 2, 6),
      brokers: draw(chance, 1, 2),
      program: nested(chance, { tasks: 80, fanOut: 5, depth: 3, mean: 20, retries: 5 }),
      faults: [{ kind: "stop", whom, forMs, at: chance() * 300 }],
    };
  };
}

/** A bundle of six, one of which is stuck; no task may run twice. */
function stuckInBundle(seed: number): SimulationOptions {
  const chance = seeded(seed);
  const size = 6 * draw(chance, 1, 6);
  const at = Math.floor(chance() * size);
  return {
    seed,
    workers: draw(chance, 2, 5),
    brokers: draw(chance, 1, 2),
    program: tasks(size, { duration: 15, timeout: 300, retries: 0 }, (i) => ({
      fate: i === at ? "stuck" : "returns",
    })),
    how: { by: "map", chunkSize: 6 },
  };
}

/** Tasks that kill their workers, more or less often than they may. */
function deadly(seed: number): SimulationOptions {
  const chance = seeded(seed);
  return {
    seed,
    workers: draw(chance, 2, 6),
    brokers: draw(chance, 1, 2),
    program: tasks(draw(chance, 20, 80), { duration: 5, retries: 3 }, (i) => ({
      fate: i % 20 === 7 ? "kills" : "returns",
      times: draw(chance, 1, 5),
    })),
    how: { by: chance() < 0.5 ? "map" : "submit", chunkSize: draw(chance, 0, 6) },
  };
}

/** Tasks that end their process, also in the middle of bundles that run on the origin. */
function exits(seed: number): SimulationOptions {
  const chance = seeded(seed);
  return {
    seed,
    workers: draw(chance, 1, 3),
    program: tasks(draw(chance, 6, 40), { duration: 3, retries: 3 }, (i) => ({
      fate: i % 6 === 2 ? "exits" : "returns",
      times: draw(chance, 1, 5),
    })),
    how: { by: "map", chunkSize: 6 },
  };
}

/** Tasks that are cancelled while they run, some of which do not heed that, or compute for ever. */
function cancels(seed: number): SimulationOptions {
  const chance = seeded(seed);
  const count = draw(chance, 20, 60);
  const at = draw(chance, 0, count - 1);
  const of = (share: number) => chance() < share;
  return {
    seed,
    workers: draw(chance, 2, 5),
    brokers: draw(chance, 1, 2),
    program: tasks(count, { retries: 5 }, (i) => ({
      duration: 20 * chance(),
      passes: of(0.5) ? "sleeps" : "computes",
      heeds: of(0.5),
      ...of(0.2) && { fate: "lasts", passes: "sleeps" },
      // A function of its own: nothing is known of it, so that its start is announced. One whose like
      // are short is found out too, but not where another was announced just before.
      ...i === at && { fn: "endless", fate: "stuck", passes: "computes" },
    })).map((spec) => {
      const needed = spec.fate === "lasts" || spec.fate === "stuck";
      if (!needed && of(0.7)) return spec;
      const graceMs = needed || of(0.5) ? 100 * chance() : undefined;
      return { ...spec, cancel: { afterMs: 300 * chance(), graceMs } };
    }),
  };
}

/** Brokers of a federation are killed, the origin's among them, until one is left. */
function brokersKilled(seed: number): SimulationOptions {
  const chance = seeded(seed);
  const brokers = draw(chance, 2, 4);
  const mean = chance() < 0.5 ? 2 : 40;
  const first = draw(chance, 1, brokers);
  const kills = [first, ...chance() < 0.4 && brokers > 2 ? [first % brokers + 1] : []];
  return {
    seed,
    workers: draw(chance, 2, 8),
    brokers,
    linkDelays: [0.2, 5],
    jitter: 0.5,
    program: chance() < 0.5
      ? nested(chance, { tasks: draw(chance, 20, 100), fanOut: 5, depth: 3, mean, retries: 20 })
      : tasks(draw(chance, 20, 200), { retries: 20 }, () => ({
        duration: 2 * mean * chance(),
        passes: chance() < 0.3 ? "sleeps" : "computes",
      })),
    how: { by: chance() < 0.5 ? "map" : "submit" },
    faults: kills.map((broker, i) => ({
      kind: "killBroker",
      broker,
      at: 300 * chance() + 6_000 * i * chance(),
    })),
  };
}

/** The only broker is killed and started again at its address, perhaps twice. */
function brokerRestarted(seed: number): SimulationOptions {
  const chance = seeded(seed);
  return {
    ...brokersKilled(seed),
    brokers: 1,
    brokerGraceMs: LIMITS.brokerBackMs,
    faults: Array.from({ length: draw(chance, 1, 2) }, (_, i) => ({
      kind: "restartBroker",
      at: 300 * chance() + 8_000 * i,
      afterMs: 4_000 * chance(),
    })),
  };
}

/** A program, and tasks, that wait in ways nobody sees. */
function unseen(seed: number): SimulationOptions {
  const chance = seeded(seed);
  const waits = () => chance() < 0.5 ? "unseen" as const : "polls" as const;
  const make = specMaker();
  const tree = (depth: number): Spec =>
    make({
      fn: `level${depth}`,
      duration: 5 * chance(),
      passes: chance() < 0.5 ? "computes" : "sleeps",
      waits: waits(),
      children: depth === 0 ? [] : Array.from({ length: 2 }, () => tree(depth - 1)),
    });
  return {
    seed,
    workers: 1 + seed % 3,
    program: Array.from({ length: draw(chance, 1, 4) }, () => tree(2)),
    how: { waits: waits() },
  };
}

/** Tasks scatter what those that they spawn need, on several brokers that are not equally far. */
function scattered(seed: number): SimulationOptions {
  const chance = seeded(seed);
  const make = specMaker();
  const inner = (): Spec => make({ fn: "inner", duration: 3 * chance(), retries: 10 });
  const outer = (): Spec =>
    make({
      ...{ fn: "outer", duration: 2 * chance(), retries: 10, scatters: true },
      by: chance() < 0.5 ? "map" : "submit",
      children: Array.from({ length: draw(chance, 5, 30) }, inner),
    });
  return {
    seed,
    workers: draw(chance, 3, 8),
    brokers: draw(chance, 1, 4),
    linkDelays: [0.2, 40],
    jitter: 0.5,
    program: Array.from({ length: draw(chance, 4, 20) }, outer),
    faults: spread(
      chance,
      chance() < 0.5 ? 0 : draw(chance, 1, 3),
      300,
      () => killOrBreak(chance, "anybody", 600),
    ),
  };
}

/** Some workers are far, and killed, and their connections break while much is on its way. */
function far(seed: number): SimulationOptions {
  const chance = seeded(seed);
  const program = chance() < 0.5
    ? tasks(draw(chance, 50, 300), { duration: 1 + 60 * chance() ** 3, retries: 10 })
    : nested(chance, { tasks: 150, fanOut: 6, depth: 3, mean: 20, retries: 10 });
  return {
    seed,
    workers: draw(chance, 2, 8),
    near: draw(chance, 0, 3),
    brokers: draw(chance, 1, 2),
    farMs: 1 + 80 * chance(),
    jitter: 0.5,
    program,
    how: { by: program.every(({ fn }) => fn === "work") ? "map" : "submit" },
    faults: spread(
      chance,
      draw(chance, 0, 4),
      1_500,
      () => killOrBreak(chance, "worker", 800),
    ),
  };
}

/** All that can be replayed, by name. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  chaos,
  "kills in a federation": killsInFederation,
  "broken connections": brokenConnections,
  outages,
  "an owner away": ownerAway,
  "brokers apart": brokersApart,
  "a worker stopped": stopped("worker", 10_000),
  "a broker stopped": stopped("broker", 20_000),
  "the origin stopped": stopped("origin", 10_000),
  "stuck in a bundle": stuckInBundle,
  deadly,
  exits,
  cancels,
  "brokers killed": brokersKilled,
  "the broker restarted": brokerRestarted,
  unseen,
  scattered,
  "far workers": far,
};
