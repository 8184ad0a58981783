/**
 * All that can be in a program, and all that can happen to it, by chance.
 *
 * @module
 */

import { LIMITS } from "../../wire/limits.ts";
import { seeded } from "./clock.ts";
import type { Fault } from "./faults.ts";
import type { SimulationOptions } from "./simulation.ts";
import type { Cancelling, Spawning, Spec } from "./spec.ts";
import { specMaker } from "./workload.ts";

/** A small run of a seed: a few workers and brokers, up to some 80 tasks, up to eight faults. */
export function chaos(seed: number): SimulationOptions {
  const chance = seeded(seed);
  const draw = (least: number, most: number) => least + Math.floor(chance() * (most - least + 1));
  const one = <T>(...of: T[]): T => of[Math.floor(chance() * of.length)]!;
  const make = specMaker();
  const mean = one(0.1, 2, 10, 40);
  let left = draw(8, 80);

  /** How somebody spawns and waits; a `map` has tasks of one kind. */
  const spawning = (children: Spec[], by: "submit" | "map"): Omit<Spawning, "children"> & {
    children: Spec[];
  } => ({
    children,
    by,
    chunkSize: by === "map" ? one(0, 0, 1, 5, 6) : 0,
    waits: one("all", "all", "all", "each", "unseen", "polls"),
  });

  const leaf = (like: Partial<Spec>, depth: number): Spec => {
    left--;
    const odd = chance() < 0.06;
    const fate = odd
      ? one("throws", "throws", "kills", "exits", "stuck", "lasts" as const)
      : "returns";
    const stops = like.cancel?.graceMs !== undefined;
    const ends = fate === "stuck" ? like.timeout! > 0 || stops : fate !== "lasts" || stops;
    // A worker that is stuck in what it spawned itself is lost together with whoever spawned it.
    const able = ends && (fate !== "stuck" || (depth === 0 && like.thrown === undefined));
    return make({
      ...like,
      duration: -Math.log(1 - chance()) * mean,
      passes: fate === "lasts" ? "sleeps" : one("computes", "computes", "sleeps"),
      heeds: chance() < 0.7,
      fate: able ? fate : "returns",
      times: draw(1, 3),
    });
  };

  const cancelling = (): Cancelling | undefined => {
    if (chance() < 0.85) return undefined;
    return { afterMs: chance() * one(5, 50, 500), graceMs: one(undefined, 0, 50, 1000) };
  };

  const siblings = (depth: number): { children: Spec[]; by: "submit" | "map" } => {
    const by = one("submit", "map");
    const like = () => ({
      fn: `fn${draw(1, 4)}`,
      timeout: one(0, 0, 0, 400),
      retries: one(0, 100, 100, 100),
      priority: one(0, 0, 0, 1, 2),
      cancel: cancelling(),
      thrown: one(undefined, undefined, {
        ...{ thrown: draw(1, 3), when: () => true, delay: one(0, 10, 100), factor: 2 },
      }),
    });
    const same = like();
    const children: Spec[] = [];
    for (let i = draw(1, depth === 0 ? 40 : 6); i > 0 && left > 0; i--) {
      const kind = by === "map" ? same : like();
      // What has children waits for them, and must not fail: see `wrongWith`.
      const hasChildren = depth < 3 && chance() < 0.4 && !(by === "map" && kind.timeout > 0);
      if (!hasChildren) children.push(leaf(kind, depth));
      else {
        left--;
        const below = siblings(depth + 1);
        const own = by === "map" ? kind : { ...kind, timeout: 0, retries: 100, thrown: undefined };
        const { children: sons, ...how } = spawning(below.children, below.by);
        if (sons.length === 0 || own.retries < 100) children.push(leaf(kind, depth));
        else {
          const duration = chance() * mean;
          children.push(make({ ...own, ...how, children: sons, duration }));
        }
      }
    }
    return { children, by };
  };

  const top = siblings(0);
  while (left > 0 && top.by === "submit") top.children.push(...siblings(0).children);
  const { children: program, ...how } = spawning(top.children, top.by);
  const brokers = one(1, 1, 2, 3);
  // Whoever is stuck does not say again what was lost on its way, as that it has begun.
  const mishaps = faults(chance, draw, one)
    .filter(({ kind }) => kind !== "garble" || !isStuck(program));
  // Nor can anybody tell, when its broker is lost, that it will never come to another.
  if (chance() < 0.25 && !isStuck(program)) {
    const at = chance() * 1000;
    if (brokers > 1) mishaps.push({ kind: "killBroker", at, broker: draw(1, brokers) });
    else mishaps.push({ kind: "restartBroker", at, afterMs: chance() * 4_000 });
  }
  return {
    seed,
    workers: draw(3, 8),
    brokers,
    jitter: 0.5,
    ...chance() < 0.4 && { room: draw(2, 30) },
    latency: one(0.1, 0.2, 1, 5),
    linkDelays: [0.2, one(1, 10, 50)],
    program,
    how,
    faults: mishaps,
    brokerGraceMs: LIMITS.brokerBackMs,
  };
}

function isStuck(specs: readonly Spec[]): boolean {
  return specs.some(({ fate, children }) => fate === "stuck" || isStuck(children));
}

function faults(
  chance: () => number,
  draw: (least: number, most: number) => number,
  one: <T>(...of: T[]) => T,
): Fault[] {
  const within = one(50, 300, 1000);
  return Array.from({ length: draw(0, 8) }, (): Fault => {
    const at = chance() * within;
    switch (draw(0, 6)) {
      case 4:
        return { kind: "garble", at, whose: "anybody", forMs: chance() * one(20, 300) };
      case 5:
        return {
          ...{ kind: "jump", at, whom: one("origin", "worker", "broker") },
          byMs: one(100, 5_000, 100_000),
        };
      case 6:
        return { kind: "grow", at };
      case 0:
        return { kind: "kill", at };
      case 1:
        return {
          kind: "stop",
          at,
          whom: one("origin", "worker", "worker", "broker"),
          // With a connection that breaks meanwhile, still less than anybody's grace.
          forMs: chance() * one(100, 800),
        };
      default:
        return {
          ...{ kind: "break", at, whose: one("anybody", "worker") },
          ...{ downMs: 5 + chance() * 500, silently: chance() < 0.2 },
        };
    }
  });
}
