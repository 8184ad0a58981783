import assert from "node:assert/strict";
import { RunModel } from "../../telemetry/run_model.ts";
import { playedRun } from "./played_run.ts";

Deno.test("a played run adds up, ends, and is the same for the same seed", () => {
  const play = { workers: 6, seconds: 10, loses: true, failsOneOf: 50, code: 0, seed: 7 };
  const model = new RunModel({ blocks: 10_000 });
  let before = 0;
  for (const event of playedRun(play)) {
    // What a tick's workers and brokers tell comes in the order in which it is handed on.
    assert(event.at >= before - 250, `${event.kind} comes in its order`);
    before = event.at;
    model.receive(event);
    model.check();
  }
  assert.equal(model.state.kind, "ended");
  assert.ok(model.totals.done > 500 && model.totals.failed > 5);
  assert.equal(model.workers.get("worker-2")?.replacedBy, "worker-2.2");
  assert.ok(model.blocks.some(({ waited }) => waited));
  const parents = new Set(model.blocks.map(({ worker, id }) => `${worker}:${id}`));
  const nested = model.blocks.filter(({ parent }) => parents.has(parent));
  assert.ok(nested.length > 50, "parents and children are both there");
  assert.deepEqual([...playedRun(play)], [...playedRun(play)]);
});
