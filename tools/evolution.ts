/**
 * The program in the documentation's pictures: a search by populations, of which each is a task that
 * spawns others and waits for them. Some fail, and are left out.
 *
 * @module
 */

import { mapAsCompleted, submit, wait } from "../mod.ts";

/** More than there is time for: the run is ended when all pictures are made. */
const POPULATIONS = 400;
const GENERATIONS = 5;

/** A source of numbers from 0 to 1, the same for each seed. */
function randomOf(seed: number): () => number {
  let state = seed * 2654435761 % 4294967296;
  return () => (state = (state * 1664525 + 1013904223) % 4294967296) / 4294967296;
}

/** Computes for a third of so many milliseconds, and sleeps the others: the browser computes, too. */
function compute(ms: number): void {
  const end = performance.now() + ms / 3;
  while (performance.now() < end);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms * 2 / 3);
}

/** How good a design is. */
export function simulate(design: number): number {
  const random = randomOf(design + 1);
  compute(15 + 90 * random() ** 2);
  if (random() < 0.02) throw new Error(`design ${design} does not converge`);
  return random();
}

/** Variants of a design. */
export function mutate(design: number, count: number): number[] {
  compute(12);
  const random = randomOf(design + 7);
  return Array.from({ length: count }, () => Math.floor(random() * 1e6));
}

/** The better ones. */
export function select(scores: number[]): number {
  compute(6 + scores.length);
  return Math.max(...scores);
}

/** One population, over some generations. */
export async function evolve(population: number): Promise<number> {
  let best = population;
  for (let generation = 0; generation < GENERATIONS; generation++) {
    const designs = await submit(mutate, best + generation, 12);
    const { done } = await wait(designs.map((design) => submit(simulate, design)));
    const scores = await Promise.all([...done].map((each) => Promise.resolve(each).catch(() => 0)));
    best = Math.floor(1e6 * await submit(select, scores));
  }
  return best;
}

if (import.meta.main) {
  const numbers = Array.from({ length: POPULATIONS }, (_, i) => i);
  let best = 0;
  for await (const found of mapAsCompleted(evolve, numbers)) best = Math.max(best, found);
  console.log(best);
}
