import assert from "node:assert/strict";
import type { BundleHeader, Message } from "../../wire/messages.ts";
import { TallyKeeper } from "../../telemetry/tally_keeper.ts";
import { ReceivedTable } from "../../worker/received_table.ts";
import type { ReceivedWork } from "../../worker/received_work.ts";
import { FakeWork, FixedHandle } from "../futures/fakes.ts";
import { bundle } from "./driver.ts";

/** A table, the inbox beside it, and what it said. */
function setUp() {
  const said: Message[] = [];
  let noted = 0;
  const table = new ReceivedTable("w", {
    noted: () => void noted++,
    say: (message) => said.push(message),
  }, new TallyKeeper("w", (at) => at, () => 0));
  const inbox = new Set<ReceivedWork>();
  return {
    table,
    inbox,
    noted: () => noted,
    check: () => table.check(inbox),
    /** Takes in a bundle of known tasks of a millisecond. */
    add(changes: Partial<BundleHeader> = {}, mean: number | undefined = 1) {
      const { bundle: header, payload } = bundle(changes);
      return table.add(header, payload, new FixedHandle("f", () => 1, mean));
    },
    /** Its function is there. */
    queue(work: ReceivedWork) {
      assert.equal(table.fetched(work), true);
      inbox.add(work);
      table.check(inbox);
    },
    /** The executor takes it, and begins so many of its tasks. */
    begin(work: ReceivedWork, tasks = work.count) {
      inbox.delete(work);
      table.begun(work);
      work.next += tasks;
      table.check(inbox);
    },
    /** What was said since, in words. */
    said() {
      return said.splice(0).map((message) => {
        if (message.type === "result") {
          const { id, base, count } = message.result;
          return `result ${id} ${base}+${count}`;
        }
        const { type, id, base = "", count = "", index = "" } = message as
          & { type: string; id: number }
          & Record<string, unknown>;
        return [type, id, base === "" ? `${index}` : `${base}+${count}`].join(" ");
      });
    },
  };
}

Deno.test("received table: a bundle is coming, queued, begun, and gone", () => {
  const { table, add, queue, begin, check, said, noted } = setUp();
  const work = add({ count: 2 });
  assert.equal(table.coming, 1);
  check();
  queue(work);
  assert.equal(table.coming, 0);
  begin(work);
  work.settle(0, 1);
  assert.deepEqual([noted(), table.isWaiting], [1, true]);
  check();
  table.report(0);
  assert.deepEqual(said(), []);
  work.settle(1, 2);
  table.report(0);
  assert.deepEqual([said(), table.isWaiting], [["result 1 0+2"], false]);
  check();
  table.hear({ type: "cancel", owner: "other", id: 1, index: 0 });
  assert.equal(work.skip(0), false, "it is not remembered");
});

Deno.test("received table: a function is there once, or never", () => {
  const { table, add, queue } = setUp();
  const work = add();
  queue(work);
  assert.equal(table.fetched(work), false);
  assert.equal(table.coming, 0);
});

Deno.test("received table: what the executor puts back stands in the inbox again", () => {
  const { table, inbox, add, queue, begin, check } = setUp();
  const work = add({ count: 2 });
  queue(work);
  begin(work, 1);
  table.putBack(work);
  assert.throws(check, /is queued, and the inbox disagrees/);
  inbox.add(work);
  check();
  // Work of this worker's own is none of its business.
  const own = new FakeWork("own");
  table.begun(own);
  table.putBack(own);
  assert.equal(table.begins(own, 0), false);
  check();
});

Deno.test("received table: parts of one bundle are cancelled together", () => {
  const { table, add } = setUp();
  const parts = [add({ base: 0, count: 2 }), add({ base: 4, count: 2 })];
  const [other, another] = [add({ id: 2, count: 6 }), add({ owner: "x", count: 6 })];
  assert.deepEqual(table.hear({ type: "cancel", owner: "other", id: 1, index: 4 }), []);
  assert.deepEqual(parts.map((part) => [part.skip(0), part.skip(1)]), [
    ...[[false, false], [true, false]],
  ]);
  assert.deepEqual([other.skip(4), another.skip(4)], [false, false]);
  assert.deepEqual(table.hear({ type: "cancel", owner: "nobody", id: 1, index: -1 }), []);
});

Deno.test("received table: what nobody wants any of is forgotten at once, wherever it is", () => {
  const { table, inbox, add, queue, begin, check, said } = setUp();
  const [coming, queued, begun] = [0, 2, 4].map((base) => add({ base, count: 2 }));
  const other = add({ id: 2 });
  queue(queued!);
  queue(begun!);
  begin(begun!, 1);
  const removed = table.hear({ type: "cancel", owner: "other", id: 1, index: -1 });
  assert.deepEqual(removed, [coming, queued, begun]);
  inbox.clear();
  check();
  assert.deepEqual([table.size, table.coming], [1, 1], "another one is there");
  assert.deepEqual(said(), ["result 1 0+2", "result 1 2+2", "result 1 4+2"]);
  // What was under way comes to nothing.
  assert.equal(table.fetched(coming!), false);
  begun!.settle(0, "late");
  begun!.lose(0, "exit code 1");
  begun!.fail(0, new Error("late"));
  table.putBack(begun!);
  table.begun(queued!);
  table.report(1e9);
  assert.deepEqual(said(), []);
  check();
  queue(other);
});

Deno.test("received table: of what is not the matter of this worker any more nothing is told", () => {
  const { table, inbox, add, queue, begin, check, said } = setUp();
  const [coming, queued, begun] = [0, 2, 4].map((base) => add({ base, count: 2 }));
  const other = add({ id: 2 });
  queue(queued!);
  queue(begun!);
  begin(begun!, 2);
  begun!.settle(0, "not told yet");
  let stopped: unknown;
  begun!.suspended(1, { stop: (reason) => stopped = reason });
  const removed = table.hear({ type: "forget", owner: "other", id: 1 });
  assert.deepEqual(removed, [coming, queued, begun]);
  assert.match(String(stopped), /CancelledError/);
  inbox.clear();
  check();
  assert.deepEqual([table.size, table.coming], [1, 1], "another one is there");
  begun!.settle(1, "late");
  begun!.fail(1, new Error("late"));
  table.report(1e9);
  assert.deepEqual([said(), table.isWaiting], [[], false]);
  check();
  queue(other);
});

Deno.test("received table: what is given back keeps its addresses", () => {
  const { table, inbox, add, queue, begin, check, said } = setUp();
  const untouched = add({ id: 1, base: 3, count: 2 });
  const begun = add({ id: 2, base: 10, count: 4 });
  const coming = add({ id: 3 });
  for (const work of [untouched, begun]) queue(work);
  begin(begun, 1);
  inbox.clear();
  table.putBack(begun);
  table.giveBack(begun);
  table.giveBack(untouched);
  table.fetched(coming);
  table.giveBack(coming);
  assert.deepEqual(said(), ["giveBack 2 11+3", "giveBack 1 3+2", "giveBack 3 0+1"]);
  check();
  begun.settle(0, 1);
  table.report(0);
  assert.deepEqual(said(), ["result 2 10+1"]);
  check();
  assert.throws(() => table.check(new Set([untouched])), /the inbox has a stranger/);
});

Deno.test("received table: a task that is lost is told of, and the last one ends its bundle", () => {
  const { table, add, queue, begin, check, said } = setUp();
  const work = add({ base: 5, count: 2 });
  queue(work);
  begin(work);
  work.lose(0, "exit code 1");
  assert.deepEqual(said(), ["lost 1 5"]);
  work.settle(1, 1);
  table.report(0);
  assert.deepEqual(said(), ["result 1 6+1"]);
  const last = add({ id: 2 });
  queue(last);
  begin(last);
  last.lose(0, "exit code 1");
  check();
  table.report(0);
  check();
  assert.deepEqual([said(), table.isWaiting], [["lost 2 0"], false]);
});

Deno.test("received table: before a long task all that is there leaves, of whatever bundle", () => {
  const { table, add, queue, begin, check, said } = setUp();
  const [one, two] = [add({ id: 1, count: 2 }), add({ id: 2 })];
  const long = add({ id: 3 }, 100);
  for (const work of [one, two, long]) {
    queue(work);
    begin(work);
  }
  one.settle(1, 1);
  two.settle(0, 1);
  assert.equal(table.begins(long, 0), true);
  assert.deepEqual(said(), ["result 1 1+1", "result 2 0+1", "started 3 0+1"]);
  check();
  one.settle(0, 1);
  assert.equal(table.begins(new FakeWork("own", undefined, { mean: 0.1 }), 0), false);
  assert.deepEqual(said(), []);
  table.begins(new FakeWork("own", undefined, { mean: 100 }), 0);
  assert.deepEqual(said(), ["result 1 0+1"], "nor does it wait for one of our own");
});
