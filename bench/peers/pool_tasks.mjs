/** The tasks that pools of Node and Deno execute. */

import process from "node:process";

/** Does nothing. */
export function noop(x) {
  return x;
}

/** Keeps the processor busy. */
export function spin([x, milliseconds]) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return x;
}

/** Awaits a timer. */
export async function nap([x, milliseconds]) {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return x;
}

/** Raises the first element by one. */
export function touch(array) {
  array[0] += 1;
  return array;
}

/** The first element, if the last is the index that it should be. */
export function first(array) {
  return array.at(-1) === array.length - 1 ? array[0] : NaN;
}

export function hello(name) {
  return `Hello ${name}`;
}

/** Bytes of the process that runs this. */
export function resident() {
  return process.memoryUsage.rss();
}

/** Holds the worker until its end. */
export function hold() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
