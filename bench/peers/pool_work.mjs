/** The workloads for a pool under Node or Deno: `pool.call(task, argument)`, `pool.queued()`, … */

import process from "node:process";

/** As in ../workload.ts. */
const WORKERS = 2;

/** Milliseconds that a worker has nothing to do before its memory is looked at. */
const IDLE = 500;

const numbers = (count) => Array.from({ length: count }, (_, i) => i);
const areNumbers = (results, count) =>
  results.length === count && results.every((result, i) => result === i);
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** @param start when the clock began, if it has begun */
async function many(pool, task, inputs, start = performance.now()) {
  const results = await Promise.all(inputs.map((input) => pool.call(task, input)));
  const seconds = (performance.now() - start) / 1000;
  return { seconds, right: areNumbers(results, inputs.length) };
}

async function latency(pool, count, pause) {
  const samples = [];
  let right = true;
  for (let i = 0; i < count; i++) {
    await sleep(pause);
    const start = performance.now();
    const result = await pool.call("noop", i);
    samples.push(performance.now() - start);
    right &&= result === i;
  }
  return { samples, right };
}

async function trips(pool, bytes, count) {
  const array = Float64Array.from({ length: bytes / 8 }, (_, i) => i);
  const samples = [];
  let right = true;
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    const result = await pool.call("touch", array);
    samples.push(performance.now() - start);
    right &&= result.length === array.length && result[0] === 1 &&
      result.every((value, i) => i === 0 || value === i);
  }
  return { samples, right };
}

/** Arrays 0, 1, 2, …, but each begins with its own number. */
function arrays(bytes, count) {
  return numbers(count).map((number) => {
    const array = Float64Array.from({ length: bytes / 8 }, (_, i) => i);
    array[0] = number;
    return array;
  });
}

async function queue(pool, tasks) {
  for (let i = 0; i < WORKERS; i++) pool.call("hold").catch(() => {});
  await sleep(IDLE);
  for (let i = 0; i < tasks; i++) pool.call("noop", i).catch(() => {});
  await sleep(2 * IDLE);
  return { right: pool.queued() === tasks, bytes: process.memoryUsage.rss() };
}

const WORK = {
  async map(pool, { tasks, warmUp }) {
    await many(pool, "noop", numbers(warmUp));
    return many(pool, "noop", numbers(tasks));
  },
  submit: (pool, workload) => WORK.map(pool, workload),
  coldSubmit: (pool, { tasks }, begun) => many(pool, "noop", numbers(tasks), begun),
  async spin(pool, { tasks, milliseconds }) {
    const inputs = numbers(tasks).map((i) => [i, milliseconds]);
    await many(pool, "spin", inputs.slice(0, Math.ceil(tasks / 10)));
    return many(pool, "spin", inputs);
  },
  async tail(pool, { tasks, milliseconds, times, long }) {
    const isLong = new Set(long);
    const inputs = numbers(tasks).map((i) => [i, milliseconds * (isLong.has(i) ? times : 1)]);
    await many(pool, "spin", numbers(Math.ceil(tasks / 10)).map((i) => [i, milliseconds]));
    return many(pool, "spin", inputs);
  },
  async naps(pool, { tasks, milliseconds }) {
    const inputs = numbers(tasks).map((i) => [i, milliseconds]);
    await many(pool, "nap", inputs.slice(0, Math.ceil(tasks / 10)));
    return many(pool, "nap", inputs);
  },
  async arguments(pool, { bytes, tasks }) {
    await many(pool, "first", arrays(bytes, Math.ceil(tasks / 4)));
    return many(pool, "first", arrays(bytes, tasks));
  },
  async latency(pool, { samples, pause }) {
    await latency(pool, Math.ceil(samples / 4), pause);
    return latency(pool, samples, pause);
  },
  async array(pool, { bytes, trips: count }) {
    await trips(pool, bytes, Math.ceil(count / 4));
    return trips(pool, bytes, count);
  },
  async hello(pool) {
    return { right: await pool.call("hello", "world") === "Hello world" };
  },
  async idle(pool) {
    await pool.call("hello", "world");
    await sleep(IDLE);
    return { right: true, ...await pool.residentWorker() };
  },
  queue: (pool, { tasks }) => queue(pool, tasks),
};

/** Opens a pool, does the work, prints the answer and ends the process. */
export async function answer(open, workload) {
  const begun = performance.now();
  const pool = open();
  const answer = await WORK[workload.work](pool, workload, begun);
  // Workers that are held would be waited for.
  if (workload.work !== "queue") await pool.stop();
  console.log(JSON.stringify(answer));
  process.exit(0);
}
