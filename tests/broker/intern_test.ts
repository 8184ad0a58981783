import assert from "node:assert/strict";
import { Commons } from "../../broker/intern.ts";
import type { Common } from "../../broker/records.ts";
import type { BundleHeader } from "../../wire/messages.ts";
import fc from "../fast_check.ts";

const FUNCTIONS = ["f", "g"].map((name) => ({ kind: "builtin", name }));

function header(changes: Partial<BundleHeader> = {}): BundleHeader {
  return {
    ...{ owner: "o", id: 1, base: 0, count: 1, fn: FUNCTIONS[0]!, label: "f", attempt: 0 },
    ...{ retries: 2, priority: 0, timeout: 0, estimate: 0, needs: [], parent: "" },
    ...changes,
  };
}

Deno.test("commons: one is forgotten with its last bundle, and made anew for the next", () => {
  const commons = new Commons();
  const first = commons.take(header());
  assert.equal(commons.take(header({ id: 2, priority: 3 })), first);
  commons.release(first);
  commons.release(first);
  assert.equal(commons.size, 0);
  const second = commons.take(header());
  assert.deepEqual([second.uses, commons.size], [1, 1]);
  commons.check(new Map([[second, 1]]));
});

Deno.test("commons: whatever comes and goes, like headers share one, and others do not", () => {
  const change = fc.record({
    fn: fc.constantFrom(...FUNCTIONS, { ...FUNCTIONS[0]! }),
    owner: fc.constantFrom("o", "p"),
    label: fc.constantFrom("f", "g"),
    retries: fc.nat(1),
    timeout: fc.nat(1),
    needs: fc.constantFrom<string[][]>([], ["x"], ["x", "y"]),
  });
  const action = fc.oneof(change, fc.record({ release: fc.nat(100) }));
  fc.assert(fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
    const commons = new Commons();
    const taken: { key: string; common: Common }[] = [];
    for (const one of actions) {
      if ("release" in one) {
        const [gone] = taken.splice(one.release, 1);
        if (gone !== undefined) commons.release(gone.common);
      } else taken.push({ key: JSON.stringify(one), common: commons.take(header(one)) });
      const uses = new Map<Common, number>();
      for (const { common } of taken) uses.set(common, (uses.get(common) ?? 0) + 1);
      commons.check(uses);
      const keys = new Set(taken.map(({ key }) => key));
      assert.equal(uses.size, keys.size);
    }
  }));
});
