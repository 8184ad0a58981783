// deno run -A cli.ts -n 4 examples/one_max.ts [generations] [population] [bits]
/**
 * A genetic algorithm on its simplest problem, "one max": breed strings of bits until they are all
 * ones. The individuals are evaluated on all workers; in earnest that is a simulation that takes
 * seconds, and nothing else in the program changes.
 *
 * @module
 */

import { map } from "../mod.ts";

type Individual = Uint8Array;
interface Scored {
  bits: Individual;
  fitness: number;
}

/** The number of ones. */
export function evaluate(bits: Individual): number {
  return bits.reduce((sum, bit) => sum + bit, 0);
}

// Only the origin throws dice, so every run goes the same way, on any number of workers.
let state = 2012;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}
const below = (limit: number) => Math.floor(random() * limit);

/** Tournament selection: the fittest of three drawn by lot. */
function select(population: Scored[]): Individual {
  const drawn = [0, 0, 0].map(() => population[below(population.length)]!);
  return drawn.reduce((a, b) => b.fitness > a.fitness ? b : a).bits;
}

/** One-point crossover: the head of one and the tail of the other. */
function cross(a: Individual, b: Individual): Individual {
  const point = below(a.length);
  return Uint8Array.from(a, (bit, i) => i < point ? bit : b[i]!);
}

/** Flips about one bit of each individual. */
function mutate(bits: Individual): Individual {
  return bits.map((bit) => random() < 1 / bits.length ? 1 - bit : bit);
}

async function score(individuals: Individual[]): Promise<Scored[]> {
  const fitness = await map(evaluate, individuals);
  return individuals.map((bits, i) => ({ bits, fitness: fitness[i]! }));
}

if (import.meta.main) {
  const [generations = 40, size = 300, bits = 100] = Deno.args.map(Number);
  const first = Array.from({ length: size }, () => new Uint8Array(bits).map(() => below(2)));
  let population = await score(first);
  for (let generation = 0;; generation++) {
    const best = Math.max(...population.map(({ fitness }) => fitness));
    if (generation % 5 === 0 || generation === generations || best === bits) {
      console.log(`generation ${generation}: ${best} of ${bits}`);
    }
    if (generation === generations || best === bits) break;
    population = await score(
      population.map(() => mutate(cross(select(population), select(population)))),
    );
  }
}
