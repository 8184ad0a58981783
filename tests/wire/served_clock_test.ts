import assert from "node:assert/strict";
import { LIMITS } from "../../wire/limits.ts";
import { keepTime, ServedClock } from "../../wire/served_clock.ts";
import fc from "../fast_check.ts";

const { servedBeatMs } = LIMITS;

/** A clock that beats every 50 ms by plan, and the time it reads. */
function fake(everyMs = 50) {
  const real = { now: 1000 };
  return { real, clock: new ServedClock(() => real.now, everyMs) };
}

Deno.test("beats as planned count in full", () => {
  const { real, clock } = fake();
  for (let i = 0; i < 100; i++) {
    real.now += 50;
    assert.equal(clock.now(), real.now);
    clock.beat();
    assert.equal(clock.now(), real.now);
  }
});

Deno.test("a beat that is late counts in full as well, within bounds", () => {
  const { real, clock } = fake();
  real.now += 50 + servedBeatMs;
  clock.beat();
  assert.equal(clock.now(), real.now);
});

Deno.test("a process that was stopped has not seen the time pass", () => {
  const { real, clock } = fake();
  real.now += 50;
  clock.beat();
  real.now += 20_000;
  const most = 1050 + 50 + servedBeatMs;
  assert.equal(clock.now(), most, "asked before the first beat");
  clock.beat();
  assert.equal(clock.now(), most);
  real.now += 50;
  clock.beat();
  assert.equal(clock.now(), most + 50, "and then it goes on");
});

Deno.test("the clock never goes back or ahead, whenever it is asked", () => {
  const step = fc.record({ passes: fc.integer({ min: 0, max: 30_000 }), beats: fc.boolean() });
  fc.assert(fc.property(fc.array(step), (steps) => {
    const { real, clock } = fake(20);
    let last = clock.now();
    let most = 1000;
    for (const { passes, beats } of steps) {
      real.now += passes;
      most += passes;
      if (beats) clock.beat();
      const now = clock.now();
      assert.ok(now >= last && now <= most, `${last}, then ${now}, of ${most}`);
      last = now;
    }
  }));
});

Deno.test("beats go on when one fails, until they are stopped", async () => {
  const { error } = console;
  const said: unknown[] = [];
  console.error = (text) => said.push(text);
  let beats = 0;
  let last = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const time = keepTime({
    everyMs: 1,
    onBeat(now) {
      assert.ok(now >= last);
      last = now;
      if (++beats === 3) throw new Error("refused\nby a test");
      if (beats === 6) resolve();
    },
  });
  try {
    await promise;
    assert.ok(time.clock.now() >= last);
  } finally {
    time.stop();
    console.error = error;
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(beats, 6);
  assert.deepEqual(said, ["scoop: Error: refused"]);
});

Deno.test("beats need not keep the process alive", async () => {
  const source = `import { keepTime } from ${
    JSON.stringify(import.meta.resolve("../../wire/served_clock.ts"))
  };
  keepTime({ everyMs: 5, unref: true, onBeat() {} });`;
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", source],
    signal: AbortSignal.timeout(20_000),
  }).output();
  assert.equal(code, 0);
});
