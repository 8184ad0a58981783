/** Multithreading: functions sent to Deno's Workers by their source. Argument: the workload. */

import process from "node:process";
import { initRuntime, move, shutdown, spawn } from "npm:multithreading@^0.3.52";
import { answer } from "./pool_work.mjs";

const workload = JSON.parse(Deno.args[0]);

/** Calls under way at most: it forgets some when 65,536 have no answer yet. */
const MOST = 60_000;

/** As in pool_tasks.mjs, but each stands by itself, since only its source gets there. */
const TASKS = {
  noop: (x) => x,
  spin: ([x, milliseconds]) => {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
    return x;
  },
  nap: async ([x, milliseconds]) => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return x;
  },
  touch: (array) => {
    array[0] += 1;
    return array;
  },
  first: (array) => array.at(-1) === array.length - 1 ? array[0] : NaN,
  hello: (name) => `Hello ${name}`,
};

/** Arguments for a first call. */
const FIRST = {
  noop: 0,
  spin: [0, 0],
  nap: [0, 0],
  touch: Float64Array.of(0),
  first: Float64Array.of(0),
  hello: "",
};
/** Functions that both workers have, or a promise of that. */
const known = {};

/**
 * A call that comes while a worker still imports the function, sent with the call before, fails; so
 * each worker gets one call of a function, and is waited for.
 */
function introduce(name) {
  const both = [1, 2].map(() => callKnown(name, FIRST[name]));
  return known[name] ??= Promise.all(both).then(() => known[name] = true);
}

async function call(name, argument) {
  if (known[name] !== true) await (known[name] ?? introduce(name));
  return await callKnown(name, argument);
}

async function callKnown(name, argument) {
  // An array is not copied, it leaves: a program that wants to keep it has to copy it.
  const copy = ArrayBuffer.isView(argument) ? argument.slice() : argument;
  const result = await spawn(move(copy), TASKS[name]).join();
  if (!result.ok) throw result.error;
  return result.value;
}

/** The same for a great many calls. */
function patient() {
  const waiting = [];
  let head = 0;
  let under = 0;
  return async (name, argument) => {
    if (under >= MOST) await new Promise((resolve) => waiting.push(resolve));
    under++;
    try {
      return await call(name, argument);
    } finally {
      under--;
      if (head < waiting.length) waiting[head++]();
    }
  };
}

function open() {
  const before = process.memoryUsage.rss();
  initRuntime({ maxWorkers: 2 });
  return {
    call: workload.tasks > MOST ? patient() : call,
    residentWorker() {
      const bytes = (process.memoryUsage.rss() - before) / 2;
      return { bytes, note: "a thread: half of what the process grew by" };
    },
    stop: shutdown,
  };
}

await answer(open, workload);
