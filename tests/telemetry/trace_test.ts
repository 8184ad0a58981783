/** Traces: what they are read by is strict about times, slices and arrows, and so is this. */

import assert from "node:assert/strict";
import { traceOf } from "../../telemetry/trace.ts";
import { RunModel } from "../../telemetry/run_model.ts";
import fc from "../fast_check.ts";
import { BEGIN, many, modelOf } from "./made_runs.ts";
import type { MadeTask } from "./made_runs.ts";

interface Event {
  ph: string;
  pid: number;
  tid?: number;
  ts: number;
  dur?: number;
  name: string;
  cat?: string;
  id?: number;
  s?: string;
  args?: Record<string, unknown>;
}

/** Reads a trace as Perfetto does, and checks all that it would drop or misplace. */
function read(model: RunModel): Event[] {
  const text = [...traceOf(model)].join("");
  const { traceEvents } = JSON.parse(text) as { traceEvents: Event[] };
  let last = 0;
  for (const event of traceEvents) {
    assert.ok(Number.isFinite(event.ts) && event.ts >= 0, JSON.stringify(event));
    assert.ok(Number.isInteger(event.pid) && typeof event.name === "string");
    if (event.ph !== "C") assert.ok(Number.isInteger(event.tid));
    assert.ok(event.ts >= last, "in the order of their times");
    last = event.ts;
  }
  checkSlices(traceEvents);
  checkPairs(traceEvents);
  checkArrows(traceEvents);
  return traceEvents;
}

function threadOf({ pid, tid }: Event): string {
  return `${pid}/${tid}`;
}

/** Slices of a thread lie in each other or apart. */
function checkSlices(events: Event[]): void {
  const open = new Map<string, number[]>();
  for (const event of events.filter(({ ph }) => ph === "X")) {
    assert.ok(event.dur! >= 0);
    const ends = open.get(threadOf(event)) ?? [];
    open.set(threadOf(event), ends);
    while (ends.length > 0 && ends.at(-1)! <= event.ts + 1e-6) ends.pop();
    const end = event.ts + event.dur!;
    assert.ok(ends.length === 0 || end <= ends.at(-1)! + 1e-6, `${JSON.stringify(event)} overlaps`);
    ends.push(end);
  }
}

/** What begins asynchronously ends, later, once. */
function checkPairs(events: Event[]): void {
  const open = new Map<string, Event>();
  const key = ({ pid, cat, name, id }: Event) => `${pid} ${cat} ${name} ${id}`;
  for (const event of events) {
    if (event.ph === "b") {
      assert.ok(!open.has(key(event)), `${key(event)} begins twice`);
      open.set(key(event), event);
    }
    if (event.ph !== "e") continue;
    assert.ok(open.get(key(event))?.ts! < event.ts, `${key(event)} has begun`);
    open.delete(key(event));
  }
  assert.equal(open.size, 0, "all of them end");
}

/** Arrows have two ends, of which each lies in a slice of its thread. */
function checkArrows(events: Event[]): void {
  const slices = Map.groupBy(events.filter(({ ph }) => ph === "X"), threadOf);
  const begun = new Map<number, Event>();
  for (const event of events) {
    if (event.ph !== "s" && event.ph !== "f") continue;
    const inside = (slices.get(threadOf(event)) ?? []).some(({ ts, dur }) =>
      event.ts === ts || event.ts > ts && event.ts < ts + dur!
    );
    assert.ok(inside, `${JSON.stringify(event)} is in no slice`);
    if (event.ph === "s") {
      assert.ok(!begun.has(event.id!));
      begun.set(event.id!, event);
    } else assert.ok(begun.delete(event.id!), "an arrow that ends has begun");
  }
  assert.equal(begun.size, 0, "an arrow that begins ends");
}

const tree: MadeTask = {
  label: "root",
  ms: 100,
  inputs: '"a", 1',
  children: [{ label: "node", ms: 20, children: many(3, { label: "leaf", ms: 10 }) }, {
    label: "leaf",
    ms: 50,
    failed: true,
  }],
};

Deno.test("trace: hosts, workers, slices, arrows and curves", () => {
  const model = modelOf({
    workers: 3,
    host: (worker) => worker === 0 ? "near" : "far",
    rounds: [{ tasks: [tree] }, { tasks: many(300, { ms: 5 }) }],
    lostAt: 300,
  });
  const events = read(model);
  const named = (name: string) =>
    events.filter((event) => event.name === name).map(({ args }) => args?.name);
  assert.deepEqual(named("process_name"), ["run of made.ts", "near", "far"]);
  assert.deepEqual(named("thread_name"), [
    "origin (pid 100)",
    "worker-1 (pid 101)",
    "worker-2 (pid 102)",
  ]);
  const slices = events.filter(({ ph, args }) => (ph === "X" && !args?.waited) || ph === "b");
  assert.equal(slices.length, model.blocks.length);
  const root = slices.find(({ name }) => name === "root")!;
  assert.equal(root.args?.inputs, '"a", 1');
  assert.equal(slices.find(({ args }) => args?.failed === 1)?.name, "leaf");
  assert.equal(events.filter(({ ph }) => ph === "f").length, 5);
  const lost = events.filter(({ ph, s }) => ph === "i" && s === "t");
  assert.deepEqual(lost.map(({ name, ts }) => [name, ts]), [["worker-2 was lost", 300_000]]);
  const curves = new Set(events.filter(({ ph }) => ph === "C").map(({ name }) => name));
  assert.deepEqual([...curves], ["tasks without an outcome", "busy workers", "memory (MB)"]);
});

Deno.test("trace: tasks that wait are apart from those that run beside them", () => {
  const events = read(modelOf({ workers: 1, rounds: [{ tasks: [tree] }] }));
  const waiting = events.filter(({ ph }) => ph === "b").map(({ name }) => name);
  assert.deepEqual(waiting, ["root", "node"]);
  assert.equal(events.filter(({ ph }) => ph === "s").length, 5);
});

Deno.test("trace: whatever blocks there are, the trace can be read", () => {
  const block = fc.record({
    id: fc.integer({ min: 1, max: 1e6 }),
    label: fc.oneof(fc.string(), fc.constantFrom("f", "<b>", "\ud800")),
    parent: fc.constantFrom("", "a:1", "a:2", "b:1", "c:7"),
    from: fc.double({ min: BEGIN - 10, max: BEGIN + 500, noNaN: true }),
    lasted: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true })),
    waited: fc.boolean(),
  });
  fc.assert(fc.property(
    fc.uniqueArray(block, { maxLength: 40, selector: ({ id }) => id }),
    (blocks) => {
      const model = new RunModel({ blocks: 100 });
      model.receive({ kind: "started", at: BEGIN, program: "p", workers: 2 });
      blocks.forEach(({ lasted, ...block }, i) => {
        const rest = { to: block.from + lasted, ms: lasted / 2, tasks: 1, failed: 0, inputs: "" };
        model.blocks.push({ ...block, ...rest, worker: "abc"[i % 3]! });
      });
      const events = read(model);
      assert.equal(new Set(events.map(threadOf)).size > 0, true);
    },
  ));
});

Deno.test("trace: a run without anything is an empty trace", () => {
  const events = read(new RunModel());
  assert.deepEqual(events.map(({ name }) => name), ["process_name", "process_sort_index"]);
});

Deno.test("trace: a hundred thousand blocks come in pieces", () => {
  const model = modelOf({ workers: 2, rounds: [{ tasks: [{ ms: 1 }] }] });
  const [sample] = model.blocks;
  for (let i = 0; i < 100_000; i++) {
    model.blocks.push({ ...sample!, id: i + 2, from: BEGIN + 30 + i, to: BEGIN + 30.9 + i });
  }
  let [pieces, letters] = [0, 0];
  for (const piece of traceOf(model)) {
    pieces++;
    letters += piece.length;
    assert.ok(piece.length < 1_000_000);
  }
  assert.ok(pieces > 100 && letters > 1e7);
});
