/** What piscina and tinypool, which was made from it, have in common. */

import process from "node:process";

/**
 * How a pool of two threads is opened, for `answer` in pool_work.mjs.
 *
 * @param make makes the pool, with these options and others
 */
export function threadPool(make) {
  return () => {
    const before = process.memoryUsage.rss();
    const filename = new URL("./pool_tasks.mjs", import.meta.url).href;
    const pool = make({ filename, minThreads: 2, maxThreads: 2 });
    return {
      call: (name, argument) => pool.run(argument, { name }),
      queued: () => pool.queueSize,
      residentWorker() {
        const bytes = (process.memoryUsage.rss() - before) / 2;
        return { bytes, note: "a thread: half of what the process grew by" };
      },
      stop: () => pool.destroy(),
    };
  };
}
