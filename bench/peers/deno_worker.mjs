/** One of Deno's own Workers: calls the task of a name, and sends what it returns. */

import * as tasks from "./pool_tasks.mjs";

self.onmessage = async ({ data: [number, name, argument] }) => {
  try {
    const result = tasks[name](argument);
    // An await where none is needed would cost a turn.
    self.postMessage([number, true, result instanceof Promise ? await result : result]);
  } catch (error) {
    self.postMessage([number, false, error]);
  }
};
