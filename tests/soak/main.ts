/**
 * The long rounds: what is to go well hundreds of times, beside two busy processes.
 *
 * `deno task soak [--minutes N] [--only starts,lateness,ways,hostile,chaos] [--seed N] [--leak]`;
 * without `--minutes` each round is run once. What is left to chance comes from the seed, which is
 * printed; the next rounds have the next ones. With `--leak` the program in the chaos keeps more and
 * more, which has to be found.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { besideBusyProcesses, checkProgram, PROGRAMS, WAYS } from "../api/ways.ts";
import { chaosRound } from "./chaos.ts";
import { hostileRound } from "./hostile.ts";
import { measureLateness } from "./lateness.ts";
import type { Context, Round } from "./round.ts";
import { starts } from "./starts.ts";

const STARTS = 300;

const ROUNDS: Record<string, Round> = {
  starts: startRound,
  lateness: latenessRound,
  ways: wayRound,
  hostile: hostileRound,
  chaos: chaosRound,
};

/** The README's first command, 300 times. */
async function startRound({ goesOn }: Context): Promise<number> {
  let failures = 0;
  const taken: number[] = [];
  await besideBusyProcesses(async () => {
    for await (const { number, milliseconds, problem } of starts(STARTS)) {
      taken.push(milliseconds);
      if (problem !== undefined) {
        failures++;
        console.log(`start ${number} went wrong after ${milliseconds} ms: ${problem}`);
      }
      if (number % 50 === 0) console.log(`${number} starts, ${failures} went wrong`);
      if (!goesOn()) break;
    }
  });
  taken.sort((a, b) => a - b);
  const [median, most] = [taken[taken.length >> 1], taken.at(-1)];
  console.log(`starts: ${taken.length}, ${failures} went wrong; median ${median}, most ${most} ms`);
  return failures;
}

/** The exact figures of busy runs, to compare; alone on the machine and beside busy processes. */
async function latenessRound({ goesOn }: Context): Promise<number> {
  let failures = 0;
  for (const [where, beside] of [["alone", alone], ["beside busy", besideBusyProcesses]] as const) {
    for (const workers of [1, 2, 3]) {
      for (const milliseconds of [1, 3, 5]) {
        if (!goesOn()) return failures;
        const what = `lateness, ${where}, -n ${workers}, tasks of ${milliseconds} ms`;
        try {
          const tasks = Math.round(3600 / milliseconds);
          const told = await beside(() => measureLateness({ workers, tasks, milliseconds }));
          console.log(`${what}: ${JSON.stringify(told)}`);
        } catch (error) {
          failures++;
          console.log(`${what}: ${error}`);
        }
      }
    }
  }
  return failures;
}

function alone<T>(use: () => Promise<T>): Promise<T> {
  return use();
}

/** All programs of checks in all ways, beside busy processes. */
async function wayRound({ goesOn }: Context): Promise<number> {
  let failures = 0;
  for (const way of WAYS) {
    for (const name of Object.keys(PROGRAMS)) {
      if (!goesOn()) return failures;
      try {
        await besideBusyProcesses(() => checkProgram(way, name));
      } catch (error) {
        failures++;
        console.log((error as Error).message);
      }
    }
    console.log(`all programs, ${way.name}: ${failures} went wrong so far`);
  }
  return failures;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      minutes: { type: "string" },
      only: { type: "string" },
      seed: { type: "string" },
      leak: { type: "boolean", default: false },
    },
  });
  const minutes = numberOf("minutes", values.minutes);
  const seed = numberOf("seed", values.seed) ?? Math.floor(Math.random() * 1e9);
  const rounds: Record<string, Round> = {
    ...ROUNDS,
    ...values.leak && { chaos: (context) => chaosRound({ ...context, how: "leak" }) },
  };
  const kinds = values.only?.split(",") ?? Object.keys(rounds);
  for (const kind of kinds) {
    if (!rounds[kind]) {
      throw new TypeError(`--only knows ${Object.keys(ROUNDS).join(", ")}: ${kind}`);
    }
  }
  const end = performance.now() + (minutes ?? Infinity) * 60_000;
  const goesOn = () => performance.now() < end;
  let failures = 0;
  for (let i = 0; i === 0 || (minutes !== undefined && goesOn()); i++) {
    console.log(`seed ${seed + i}`);
    for (const kind of kinds) {
      if (!goesOn()) break;
      // Others want some of it, too.
      const left = (end - performance.now()) / (kinds.length > 1 ? 2 : 1);
      const share = minutes === undefined ? undefined : left;
      failures += await rounds[kind]!({ goesOn, share, seed: seed + i });
    }
  }
  console.log(`${failures} went wrong`);
  return failures;
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isNaN(number)) throw new TypeError(`--${name} must be a number: ${text}`);
  return number;
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main() === 0 ? 0 : 1;
  } catch (error) {
    console.error((error as Error).message);
    Deno.exitCode = 2;
  }
}
