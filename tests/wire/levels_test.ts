import assert from "node:assert/strict";
import { Levels } from "../../wire/levels.ts";
import fc from "../fast_check.ts";

Deno.test("levels: the highest is at hand, whatever came and went", () => {
  const action = fc.oneof(
    fc.record({ at: fc.integer({ min: -20, max: 20 }) }),
    fc.constant({ drop: true }),
  );
  fc.assert(fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
    const levels = new Levels<{ priority: number }>();
    const model = new Set<number>();
    for (const one of actions) {
      if ("at" in one) {
        const level = levels.at(one.at, () => ({ priority: one.at }));
        assert.equal(level.priority, one.at);
        model.add(one.at);
      } else {
        levels.dropHighest();
        model.delete(Math.max(...model));
      }
      levels.check();
      assert.equal(levels.size, model.size);
      assert.equal(levels.highest()?.priority, model.size > 0 ? Math.max(...model) : undefined);
      const all = [...levels].map(({ priority }) => priority).sort((a, b) => a - b);
      assert.deepEqual(all, [...model].sort((a, b) => a - b));
    }
  }));
});
