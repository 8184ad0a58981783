/**
 * Deno's own Workers, in a pool as one writes it by hand: calls wait in a queue for the worker that
 * has the fewest, and promises are found by a number. Argument: the workload.
 */

import process from "node:process";
import { answer } from "./pool_work.mjs";

const workload = JSON.parse(Deno.args[0]);

/** Calls that each worker is sent beforehand: many where they are short, else one. */
const SHORT = 64;
const AT_A_TIME = {
  map: SHORT,
  submit: SHORT,
  coldSubmit: SHORT,
  // As many as there are: they wait in the workers.
  naps: workload.tasks,
};

function openPool(module, size, atATime) {
  /** Calls without an answer, by number. */
  const calls = new Map();
  /** Calls that no worker has yet; those before `head` are gone. */
  let queue = [];
  let head = 0;
  let last = 0;
  const workers = Array.from({ length: size }, () => {
    const member = { worker: new Worker(module, { type: "module" }), under: 0 };
    member.worker.onmessage = ({ data: [number, fine, value] }) => {
      const { resolve, reject } = calls.get(number);
      calls.delete(number);
      member.under--;
      if (head < queue.length) send(member, queue[head++]);
      if (head === queue.length) [queue, head] = [[], 0];
      fine ? resolve(value) : reject(value);
    };
    return member;
  });
  function send(member, message) {
    member.under++;
    member.worker.postMessage(message);
  }
  return {
    call(name, argument) {
      const message = [++last, name, argument];
      const result = new Promise((resolve, reject) => calls.set(last, { resolve, reject }));
      const idlest = workers.reduce((a, b) => a.under <= b.under ? a : b);
      if (idlest.under < atATime) send(idlest, message);
      else queue.push(message);
      return result;
    },
    queued: () => queue.length - head,
    stop: () => workers.forEach(({ worker }) => worker.terminate()),
  };
}

function open() {
  const before = process.memoryUsage.rss();
  const module = new URL("./deno_worker.mjs", import.meta.url).href;
  return {
    ...openPool(module, 2, AT_A_TIME[workload.work] ?? 1),
    residentWorker() {
      const bytes = (process.memoryUsage.rss() - before) / 2;
      return { bytes, note: "a thread: half of what the process grew by" };
    },
  };
}

await answer(open, workload);
