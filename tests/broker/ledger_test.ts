import assert from "node:assert/strict";
import { Ledger } from "../../broker/ledger.ts";
import { payloadOf } from "../../broker/payloads.ts";
import { headerOf, QUEUED, stretchOf } from "../../broker/records.ts";
import type { Member, Part } from "../../broker/records.ts";
import { Roster } from "../../broker/roster.ts";
import { decodeEach } from "../../wire/codec.ts";
import type { BundleHeader } from "../../wire/messages.ts";
import { Session } from "../../wire/session.ts";
import fc from "../fast_check.ts";
import { bundle } from "./messages.ts";

function enter(ledger: Ledger, owner: string, id: number, changes: Partial<BundleHeader> = {}) {
  const message = bundle(id, { owner, ...changes });
  return ledger.enter(message.bundle, message.payload);
}

function worker(name: string): Member {
  return new Roster().add(
    { name, address: name, origin: false, host: "", pid: 0 },
    new Session(name),
    0,
  );
}

const place = ({ base, count }: Part) => [base, count];
const valuesOf = (part: Part) => {
  const { body, frames } = payloadOf(part);
  return decodeEach(body, frames).map((args) => (args as number[])[0]);
};

Deno.test("ledger: what is entered is found until it is removed", () => {
  const ledger = new Ledger();
  const part = enter(ledger, "a", 1, { base: 2, count: 3 })!;
  for (const index of [2, 3, 4]) assert.equal(ledger.find("a", 1, index), part);
  for (const [owner, id, index] of [["b", 1, 2], ["a", 2, 2], ["a", 1, 1], ["a", 1, 5]] as const) {
    assert.equal(ledger.find(owner, id, index), undefined);
  }
  ledger.remove(part);
  ledger.remove(part);
  assert.equal(ledger.find("a", 1, 2), undefined);
  assert.deepEqual([ledger.size, part.state.kind], [0, "done"]);
  ledger.check(new Set());
});

Deno.test("ledger: a header comes out as it went in", () => {
  const ledger = new Ledger();
  const changes = {
    ...{ base: 3, count: 2, label: "f", attempt: 1, retries: 4, priority: -2.5, timeout: 10 },
    ...{ estimate: 0.5, needs: ["@scoop/scattered x"] },
  };
  const part = enter(ledger, "a", 7, changes)!;
  assert.deepEqual(headerOf(part), bundle(7, { owner: "a", ...changes }).bundle);
  assert.deepEqual(valuesOf(part), [703, 704]);
});

Deno.test("ledger: tasks that are known are not entered again; others of the number may come", () => {
  const ledger = new Ledger();
  const first = enter(ledger, "a", 1, { base: 5, count: 5 })!;
  assert.equal(enter(ledger, "a", 1, { base: 9, count: 2 }), undefined);
  assert.equal(enter(ledger, "a", 1, { base: 0, count: 6 }), undefined);
  const before = enter(ledger, "a", 1, { base: 0, count: 5 })!;
  const after = enter(ledger, "a", 1, { base: 10, count: 1 })!;
  assert.deepEqual(new Set(ledger.partsOf("a", 1)), new Set([first, before, after]));
  for (const one of [before, first, after]) {
    ledger.remove(one);
    ledger.check(new Set());
  }
  assert.equal(ledger.size, 0);
});

Deno.test("ledger: a part is cut where it must be, and its payload with it", () => {
  const ledger = new Ledger();
  const holder = worker("w");
  const part = enter(ledger, "a", 1, { count: 6 })!;
  ledger.move(part, { kind: "held", by: holder });
  const middle = ledger.cut(part, 2, 2);
  assert.deepEqual(ledger.partsOf("a", 1).map(place), [[0, 2], [2, 2], [4, 2]]);
  assert.deepEqual(ledger.partsOf("a", 1).map(valuesOf), [[100, 101], [102, 103], [104, 105]]);
  assert.equal(holder.held.size, 3);
  ledger.check(new Set([holder]));
  ledger.remove(middle);
  assert.equal(ledger.find("a", 1, 3), undefined);
  assert.equal(ledger.cut(part, 0, 2), part, "it is just these already");
  assert.deepEqual(ledger.singles(part).map(place), [[0, 1], [1, 1]]);
  ledger.check(new Set([holder]));
});

Deno.test("ledger: what is common is kept once, and forgotten with the last bundle", () => {
  const ledger = new Ledger();
  const [one, two] = [enter(ledger, "a", 1)!, enter(ledger, "a", 2, { priority: 3 })!];
  const other = enter(ledger, "a", 3, { timeout: 1 })!;
  const tricky = enter(ledger, "a", 4, { label: "Math.sqrt\n", needs: [] })!;
  assert.equal(one.bundle.common, two.bundle.common);
  assert.equal(new Set([one, other, tricky].map(({ bundle }) => bundle.common)).size, 3);
  for (const part of [one, two, other, tricky]) ledger.remove(part);
  ledger.check(new Set());
});

Deno.test("ledger: a worker that loses a task is not in it any more", () => {
  const ledger = new Ledger();
  const holder = worker("w");
  const part = enter(ledger, "a", 1, { count: 3 })!;
  ledger.move(part, { kind: "held", by: holder });
  for (const index of [0, 1, 2]) holder.begun.add(part.bundle, index, 1);
  ledger.move(ledger.cut(part, 1, 1), QUEUED);
  assert.deepEqual([...holder.begun.of(part.bundle).keys()], [0, 2]);
});

Deno.test("ledger: whatever happens, every index is in one part, and all counts agree", () => {
  const where = { owner: fc.constantFrom("a", "b"), id: fc.nat(2), base: fc.nat(6) };
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("enter" as const),
      ...where,
      count: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({ kind: fc.constant("hold" as const), ...where, by: fc.nat(1) }),
    fc.record({ kind: fc.constant("queue" as const), ...where }),
    fc.record({ kind: fc.constant("remove" as const), ...where }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const ledger = new Ledger();
    const workers = [worker("v"), worker("w")];
    const model = new Set<string>();
    for (const one of steps) {
      const { owner, id, base } = one;
      const name = (index: number) => `${owner} ${id} ${index}`;
      if (one.kind === "enter") {
        const indices = Array.from({ length: one.count }, (_, i) => name(base + i));
        const fresh = indices.every((index) => !model.has(index));
        assert.equal(enter(ledger, owner, id, { base, count: one.count }) !== undefined, fresh);
        if (fresh) { for (const index of indices) model.add(index); }
      } else {
        const part = ledger.find(owner, id, base);
        assert.equal(part !== undefined, model.has(name(base)));
        if (part === undefined) continue;
        const task = ledger.cut(part, base, 1);
        assert.deepEqual(stretchOf(task), { owner, id, base, count: 1 });
        assert.deepEqual(valuesOf(task), [id * 100 + base]);
        if (one.kind === "hold") ledger.move(task, { kind: "held", by: workers[one.by]! });
        else if (one.kind === "queue") ledger.move(task, QUEUED);
        else {
          ledger.remove(task);
          model.delete(name(base));
        }
      }
      ledger.check(new Set(workers));
      const tasks = ledger.all().reduce((sum, { count }) => sum + count, 0);
      assert.equal(tasks, model.size);
    }
  }));
});

Deno.test("ledger: many single tasks take little memory each", () => {
  const ledger = new Ledger();
  const gc = (globalThis as { gc?: () => void }).gc;
  const used = () => (gc?.(), Deno.memoryUsage().heapUsed + Deno.memoryUsage().external);
  const before = used();
  const { payload } = bundle(1);
  for (let id = 0; id < 100_000; id++) {
    ledger.enter({ ...bundle(1).bundle, id, estimate: id / 3 }, { ...payload });
  }
  const each = (used() - before) / ledger.size;
  // Without the collector's help what was only needed on the way is counted as well.
  assert.ok(each < (gc ? 500 : 2_500), `${each} bytes`);
});
