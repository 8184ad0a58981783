/**
 * The master of the raw farm. Argument: the workload.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { type Answer, WORKERS, type Workload } from "../workload.ts";
import { listen, openRouter, type Parts, readNumbers, writeNumbers } from "./zeromq_socket.ts";
import type { Kind } from "./zeromq_worker.ts";

/** Tasks of a map in one message. */
const MAP_CHUNK = 1_000;
/** Milliseconds of work in one message. */
const SPIN_CHUNK = 5;
/** Messages that each worker is sent beforehand; more where they are small. */
const UNDER_WAY = 4;
const UNDER_WAY_SMALL = 128;
/** Milliseconds that a worker has nothing to do before its memory is looked at. */
const IDLE = 500;

const decoder = new TextDecoder();

/** Workers and a way to ask them. */
interface Farm {
  readonly workers: readonly Uint8Array[];
  send(worker: Uint8Array, kind: Kind, payload: Uint8Array | string): void;
  /** Called with every answer. */
  onAnswer: (worker: Uint8Array, payload: Uint8Array) => void;
}

async function openFarm(): Promise<Farm> {
  const router = await openRouter("tcp://127.0.0.1:*");
  const script = fileURLToPath(new URL("zeromq_worker.ts", import.meta.url));
  for (let i = 0; i < WORKERS; i++) {
    const args = ["run", "-A", script, router.lastEndpoint!];
    new Deno.Command(Deno.execPath(), { args, stdin: "null" }).spawn();
  }
  const { promise: complete, resolve } = Promise.withResolvers<void>();
  const workers: Uint8Array[] = [];
  const farm: Farm = {
    workers,
    send: (worker, kind, payload) => void router.send([worker, kind, payload]),
    onAnswer: () => {},
  };
  listen(router, ([worker, head, payload]: Parts) => {
    if (payload !== undefined) farm.onAnswer(worker!, payload);
    else if (decoder.decode(head) === "ready" && workers.push(worker!) === WORKERS) resolve();
  });
  await complete;
  return farm;
}

/** One question, one answer, and the milliseconds between. */
function ask(farm: Farm, kind: Kind, payload: Uint8Array | string) {
  return new Promise<{ result: Uint8Array; milliseconds: number }>((resolve) => {
    const start = performance.now();
    farm.onAnswer = (_, result) => resolve({ result, milliseconds: performance.now() - start });
    farm.send(farm.workers[0]!, kind, payload);
  });
}

/**
 * The numbers from 0 up through the workers, in chunks.
 *
 * @param before what stands before each chunk, by its first number
 * @param start when the clock began, if it has begun
 */
function many(
  farm: Farm,
  kind: Kind,
  tasks: number,
  chunk: number,
  underWay: number,
  before: (first: number) => number[] = () => [],
  start = performance.now(),
): Promise<Answer> {
  const results = new Float64Array(tasks).fill(-1);
  const headLength = before(0).length;
  let next = 0;
  let back = 0;
  const send = (worker: Uint8Array) => {
    const count = Math.min(chunk, tasks - next);
    if (count <= 0) return;
    const head = before(next);
    const numbers = new Float64Array(head.length + count);
    numbers.set(head);
    for (let i = 0; i < count; i++) numbers[head.length + i] = next++;
    farm.send(worker, kind, writeNumbers(numbers));
  };
  return new Promise((resolve) => {
    farm.onAnswer = (worker, payload) => {
      const numbers = readNumbers(payload).subarray(headLength);
      results.set(numbers, numbers[0]);
      back += numbers.length;
      send(worker);
      if (back < tasks) return;
      const seconds = (performance.now() - start) / 1000;
      resolve({ seconds, right: back === tasks && results.every((x, i) => x === i) });
    };
    for (let i = 0; i < underWay; i++) farm.workers.forEach(send);
  });
}

async function latency(farm: Farm, count: number, pause: number): Promise<Answer> {
  const samples: number[] = [];
  let right = true;
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    const { result, milliseconds } = await ask(farm, "noop", writeNumbers(Float64Array.of(i)));
    samples.push(milliseconds);
    right &&= readNumbers(result)[0] === i;
  }
  return { samples, right };
}

async function trips(farm: Farm, bytes: number, count: number): Promise<Answer> {
  const array = Float64Array.from({ length: bytes / 8 }, (_, i) => i);
  const samples: number[] = [];
  let right = true;
  for (let i = 0; i < count; i++) {
    const { result, milliseconds } = await ask(farm, "touch", writeNumbers(array));
    samples.push(milliseconds);
    const numbers = readNumbers(result);
    right &&= numbers.length === array.length && numbers[0] === 1 &&
      numbers.every((value, i) => i === 0 || value === i);
  }
  return { samples, right };
}

/** Arrays through the workers, each its own; the number it begins with comes back. */
function sendArrays(farm: Farm, bytes: number, count: number): Promise<Answer> {
  const arrays = Array.from({ length: count }, (_, number) => {
    const array = Float64Array.from({ length: bytes / 8 }, (_, i) => i);
    array[0] = number;
    return array;
  });
  const start = performance.now();
  let next = 0;
  const seen = new Set<number>();
  const send = (worker: Uint8Array) => {
    if (next < count) farm.send(worker, "first", writeNumbers(arrays[next++]!));
  };
  return new Promise((resolve) => {
    let back = 0;
    farm.onAnswer = (worker, payload) => {
      seen.add(readNumbers(payload)[0]!);
      send(worker);
      if (++back < count) return;
      const right = seen.size === count && !seen.has(NaN);
      resolve({ right, seconds: (performance.now() - start) / 1000 });
    };
    for (let i = 0; i < UNDER_WAY; i++) farm.workers.forEach(send);
  });
}

async function perform(farm: Farm, workload: Workload, begun: number): Promise<Answer> {
  switch (workload.work) {
    case "map":
      await many(farm, "noop", workload.warmUp, MAP_CHUNK, UNDER_WAY);
      return many(farm, "noop", workload.tasks, MAP_CHUNK, UNDER_WAY);
    case "submit":
      await many(farm, "noop", workload.warmUp, 1, UNDER_WAY_SMALL);
      return many(farm, "noop", workload.tasks, 1, UNDER_WAY_SMALL);
    case "coldSubmit":
      return many(farm, "noop", workload.tasks, 1, UNDER_WAY_SMALL, undefined, begun);
    case "spin": {
      const { tasks, milliseconds } = workload;
      const chunk = Math.max(1, Math.round(SPIN_CHUNK / milliseconds));
      const before = () => [milliseconds];
      await many(farm, "spin", Math.ceil(tasks / 10), chunk, UNDER_WAY, before);
      return many(farm, "spin", tasks, chunk, UNDER_WAY, before);
    }
    case "tail": {
      const { tasks, milliseconds, times, long } = workload;
      const isLong = new Set(long);
      const length = (i: number) => [milliseconds * (isLong.has(i) ? times : 1)];
      await many(farm, "spin", Math.ceil(tasks / 10), 1, UNDER_WAY, () => [milliseconds]);
      return many(farm, "spin", tasks, 1, UNDER_WAY, length);
    }
    case "naps": {
      const { tasks, milliseconds } = workload;
      const before = () => [milliseconds];
      await many(farm, "nap", Math.ceil(tasks / 10), 1, tasks, before);
      return many(farm, "nap", tasks, 1, tasks, before);
    }
    case "latency":
      await latency(farm, Math.ceil(workload.samples / 4), workload.pause);
      return latency(farm, workload.samples, workload.pause);
    case "array":
      await trips(farm, workload.bytes, Math.ceil(workload.trips / 4));
      return trips(farm, workload.bytes, workload.trips);
    case "arguments":
      await sendArrays(farm, workload.bytes, Math.ceil(workload.tasks / 4));
      return sendArrays(farm, workload.bytes, workload.tasks);
    case "hello": {
      const { result } = await ask(farm, "hello", "world");
      return { right: decoder.decode(result) === "Hello world" };
    }
    case "idle": {
      await new Promise((resolve) => setTimeout(resolve, IDLE));
      const { result } = await ask(farm, "resident", new Uint8Array(8));
      return { right: true, bytes: readNumbers(result)[0]! };
    }
    default:
      throw new Error(`no way to do ${workload.work}`);
  }
}

if (import.meta.main) {
  const begun = performance.now();
  const farm = await openFarm();
  const answer = await perform(farm, JSON.parse(Deno.args[0]!), begun);
  for (const worker of farm.workers) farm.send(worker, "stop", "");
  console.log(JSON.stringify(answer));
  // The last messages need a moment to leave.
  setTimeout(() => Deno.exit(0), 10);
}
