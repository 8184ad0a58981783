/**
 * The long rounds: what is to go well hundreds of times, beside two busy processes.
 *
 * `deno task soak [--minutes N] [--only starts,lateness,ways,hostile]`; without `--minutes` each round is
 * run once.
 *
 * @module
 */

import { parseArgs } from "node:util";
import fc from "../fast_check.ts";
import * as toBroker from "../broker/hostile.ts";
import * as toWorker from "../worker/hostile.ts";
import { besideBusyProcesses, checkProgram, PROGRAMS, WAYS } from "../api/ways.ts";
import { measureLateness } from "./lateness.ts";
import { starts } from "./starts.ts";

const STARTS = 300;
/** Messages said to state machines by whoever says anything: some 40 to each. */
const HOSTILE = 1_000_000;
const TO_EACH = 40;
/** Whether there is time for more. */
type GoesOn = () => boolean;

/** A kind of round: runs one and gives how often something went wrong. */
type Round = (goesOn: GoesOn) => Promise<number>;

const ROUNDS: Record<string, Round> = {
  starts: startRound,
  lateness: latenessRound,
  ways: wayRound,
  hostile: hostileRound,
};

/** Whatever can be said, said to brokers and workers. */
async function hostileRound(goesOn: GoesOn): Promise<number> {
  const numRuns = 500;
  for (let said = 0; said < HOSTILE && goesOn(); said += 2 * numRuns * TO_EACH) {
    try {
      fc.assert(fc.property(toBroker.hostilities, toBroker.endure), { numRuns });
      fc.assert(fc.property(toWorker.hostilities, toWorker.endure), { numRuns });
    } catch (error) {
      console.log(`hostile: ${(error as Error).message}`);
      return 1;
    }
    await Promise.resolve();
  }
  const { heapUsed } = Deno.memoryUsage();
  console.log(`hostile: ${HOSTILE} messages, heap of ${Math.round(heapUsed / 2 ** 20)} MiB`);
  return 0;
}

/** The README's first command, 300 times. */
async function startRound(goesOn: GoesOn): Promise<number> {
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
async function latenessRound(goesOn: GoesOn): Promise<number> {
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
async function wayRound(goesOn: GoesOn): Promise<number> {
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
    options: { minutes: { type: "string" }, only: { type: "string" } },
  });
  const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
  if (Number.isNaN(minutes)) throw new TypeError(`--minutes must be a number: ${values.minutes}`);
  const kinds = values.only?.split(",") ?? Object.keys(ROUNDS);
  const rounds = kinds.map((kind) => {
    const round = ROUNDS[kind];
    if (!round) throw new TypeError(`--only knows ${Object.keys(ROUNDS).join(", ")}: ${kind}`);
    return round;
  });
  const end = performance.now() + (minutes ?? Infinity) * 60_000;
  const goesOn = () => performance.now() < end;
  let failures = 0;
  do {
    for (const round of rounds) if (goesOn()) failures += await round(goesOn);
  } while (minutes !== undefined && goesOn());
  console.log(`${failures} went wrong`);
  return failures;
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main() === 0 ? 0 : 1;
  } catch (error) {
    console.error((error as Error).message);
    Deno.exitCode = 2;
  }
}
