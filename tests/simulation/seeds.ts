/**
 * Many seeds of a scenario at once, on all cores: this module is also the program of the threads
 * that run them.
 *
 * @module
 */

import { SCENARIOS } from "./scenarios.ts";
import { simulateSoundly } from "./verdict.ts";

/** Seeds of a scenario: `from`, `from + step` and so on, up to `to`. */
interface Share {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** What failed, in words, each with its seed. */
function run({ name, from, to, step }: Share): string[] {
  const failures: string[] = [];
  for (let seed = from; seed <= to; seed += step) {
    try {
      simulateSoundly(SCENARIOS[name]!(seed), name);
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  return failures;
}

/** Runs the seeds `from` to `to` of a scenario; gives what failed, in words, each with its seed. */
export async function runSeeds(name: string, from: number, to: number): Promise<string[]> {
  const threads = Math.max(1, navigator.hardwareConcurrency);
  const shares = Array.from({ length: threads }, (_, i) => ({
    ...{ name, from: from + i, to, step: threads },
  }));
  return (await Promise.all(shares.map(runElsewhere))).flat();
}

function runElsewhere(share: Share): Promise<string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const thread = new Worker(import.meta.url, { type: "module" });
  thread.onmessage = ({ data }) => resolve(data);
  thread.onerror = (event) => reject(new Error(event.message));
  thread.postMessage(share);
  return promise.finally(() => thread.terminate());
}

if ("WorkerGlobalScope" in globalThis) {
  const thread = globalThis as unknown as {
    onmessage: (event: MessageEvent<Share>) => void;
    postMessage(failures: string[]): void;
  };
  thread.onmessage = ({ data }) => thread.postMessage(run(data));
}
