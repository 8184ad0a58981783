import assert from "node:assert/strict";
import { createInputFlow } from "../../launch/remote_input.ts";

const running = new Promise<never>(() => {});

/** Whether a promise is fulfilled by now. */
async function isThere(promise: Promise<void>): Promise<boolean> {
  let there = false;
  promise.then(() => there = true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  return there;
}

Deno.test("input for another host waits until enough of it was taken", async () => {
  const flow = createInputFlow(running, 10);
  assert(await isThere(flow.room()));
  flow.sent(9);
  assert(await isThere(flow.room()));
  flow.sent(6);
  const room = flow.room();
  assert(!await isThere(room));
  flow.taken(5);
  assert(!await isThere(room), "as much as may be is still under way");
  flow.taken(1);
  assert(await isThere(room));
  flow.sent(1);
  assert(!await isThere(flow.room()));
});

Deno.test("input for another host waits for no process that has ended", async () => {
  const { promise: exited, resolve: exit } = Promise.withResolvers<void>();
  const flow = createInputFlow(exited, 10);
  flow.sent(1_000);
  const room = flow.room();
  assert(!await isThere(room));
  exit();
  assert(await isThere(room));
  flow.sent(1_000);
  assert(await isThere(flow.room()));
});
