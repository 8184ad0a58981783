import assert from "node:assert/strict";
import { BegunTasks } from "../../broker/begun_tasks.ts";
import type { BegunTask } from "../../broker/begun_tasks.ts";
import fc from "../fast_check.ts";

interface Bundle {
  readonly id: string;
}

const BUNDLES = ["a", "b", "c"].map((id): Bundle => ({ id }));

Deno.test("begun tasks: whatever begins and ends, they are those of a plain list", () => {
  const step = fc.record({
    what: fc.constantFrom("begins", "ends"),
    bundle: fc.constantFrom(...BUNDLES),
    base: fc.nat(6),
    count: fc.integer({ min: 1, max: 8 }),
  });
  fc.assert(fc.property(fc.array(step), (steps) => {
    const tasks = new BegunTasks<Bundle>();
    let list: BegunTask<Bundle>[] = [];
    steps.forEach(({ what, bundle, base, count }, now) => {
      const isMeant = (one: BegunTask<Bundle>) =>
        one.bundle === bundle && one.index >= base &&
        one.index < base + (what === "begins" ? 1 : count);
      list = list.filter((one) => !isMeant(one));
      if (what === "ends") tasks.remove(bundle, base, count);
      else {
        tasks.add(bundle, base, now);
        list.push({ bundle, index: base, since: now });
      }
      const has = (bundle: Bundle, index: number) =>
        list.some((one) => one.bundle === bundle && one.index === index);
      tasks.check(has);
      assert.equal(tasks.size, list.length);
      assert.deepEqual([tasks.last?.index, tasks.last?.since], [
        list.at(-1)?.index,
        list.at(-1)?.since,
      ]);
      const begun = new Set(list.map(({ bundle }) => bundle));
      assert.deepEqual(new Set(tasks.bundles()), begun);
      for (const one of BUNDLES) {
        assert.equal(tasks.hasBeside(one), [...begun].some((other) => other !== one));
        assert.equal(tasks.of(one).size, list.filter(({ bundle }) => bundle === one).length);
      }
    });
  }));
});

Deno.test("begun tasks: as many as one likes come and go, each for the same", () => {
  const COUNT = 200_000;
  const tasks = new BegunTasks<Bundle>();
  const [bundle] = BUNDLES;
  const start = performance.now();
  for (let i = 0; i < COUNT; i++) tasks.add(bundle!, i, i);
  for (let i = 0; i < COUNT - 1; i++) {
    tasks.remove(bundle!, i, 1);
    assert.equal(tasks.last?.index, COUNT - 1);
  }
  assert.equal(tasks.size, 1);
  // A list took minutes; this takes 0.1 s.
  assert.ok(performance.now() - start < 20_000);
});
