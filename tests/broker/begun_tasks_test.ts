import assert from "node:assert/strict";
import { BegunTasks } from "../../broker/begun_tasks.ts";
import type { Begun } from "../../broker/begun_tasks.ts";
import type { Bundle } from "../../broker/records.ts";
import fc from "../fast_check.ts";

const BUNDLES = ["a", "b", "c"].map((id) => ({ id }) as unknown as Bundle);

Deno.test("begun tasks: whatever begins and ends, they are those of a plain list", () => {
  const step = fc.record({
    what: fc.constantFrom("begins", "ends"),
    bundle: fc.constantFrom(...BUNDLES),
    base: fc.nat(6),
    count: fc.integer({ min: 1, max: 8 }),
  });
  fc.assert(fc.property(fc.array(step), (steps) => {
    const tasks = new BegunTasks();
    let list: Begun[] = [];
    steps.forEach(({ what, bundle, base, count }, now) => {
      const isMeant = (one: Begun) =>
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

Deno.test("begun tasks: of ten times as many each costs the same", () => {
  const [bundle] = BUNDLES;
  const steps = (count: number) => {
    let looked = 0;
    const tasks = new BegunTasks();
    for (let i = 0; i < count; i++) tasks.add(bundle!, i, i);
    // What is asked for between two of them looks at the last alone.
    for (let i = 0; i < count; i++) {
      tasks.remove(bundle!, i, 1);
      looked += tasks.last === undefined ? 0 : 1;
    }
    return looked;
  };
  const start = performance.now();
  assert.equal(steps(200_000), 199_999);
  // A list took minutes for as many; this takes 0.1 s.
  assert.ok(performance.now() - start < 20_000);
});
