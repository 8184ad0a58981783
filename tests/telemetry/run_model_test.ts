import assert from "node:assert/strict";
import { noCounts } from "../../telemetry/run_facts.ts";
import { RunModel } from "../../telemetry/run_model.ts";
import type { RunEvent } from "../../telemetry/events.ts";
import { LIMITS } from "../../wire/limits.ts";
import fc from "../fast_check.ts";
import { block, functionTally, joined, lost, told } from "./tallies.ts";

const COUNTS = Object.keys(noCounts()) as (keyof ReturnType<typeof noCounts>)[];

/** A model that has seen these events. */
function modelOf(events: readonly RunEvent[], blocks = 0): RunModel {
  const model = new RunModel({ blocks });
  for (const event of events) {
    model.receive(event);
    model.check();
  }
  return model;
}

const textsOf = (model: RunModel) => model.happenings.map(({ text }) => text);
const left = (worker: string, at = 1000): RunEvent => ({
  kind: "left",
  at,
  broker: "broker",
  worker,
});
const replaced = (worker: string, by: string, retired: boolean): RunEvent => {
  return { kind: "replaced", at: 1000, worker, by, reason: "why", retired };
};

Deno.test("run model: a broker that gives up who is with another by then takes nothing away", () => {
  const there = joined("a", 1000, "one");
  const model = modelOf([there, joined("a", 1500, "two"), lost("a", 2000, 0, "one")]);
  assert.equal(model.workers.get("a")!.state, "joined");
  model.receive(lost("a", 2500, 0, "two"));
  assert.equal(model.workers.get("a")!.state, "lost");
});

Deno.test("run model: begins, runs, ends", () => {
  const model = new RunModel();
  assert.equal(model.state.kind, "starting");
  model.receive({ kind: "started", at: 500, program: "p.ts", workers: 3 });
  assert.deepEqual([model.startedAt, model.program, model.planned], [500, "p.ts", 3]);
  assert.equal(model.state.kind, "starting");
  model.receive(joined("origin", 600));
  assert.equal(model.state.kind, "running");
  model.receive({ kind: "ended", at: 900, code: 3, reason: "the program threw" });
  assert.deepEqual(model.state, { kind: "ended", at: 900, code: 3, reason: "the program threw" });
  assert.equal(model.seenAt, 900);
  assert.equal(model.series.samples.at(-1)!.at, 900);
  assert.deepEqual(textsOf(model), ["origin joined (h, 7)", "the program threw"]);
});

Deno.test("run model: adds up what is told", () => {
  const model = modelOf([
    joined("a"),
    told("a", { functions: [functionTally({ spawned: 5, done: 2, ran: 2, ms: 6, maxMs: 4 })] }),
    told("a", {
      ...{ busyMs: 500, cpuMs: 700, rss: 9, lagMs: 8, running: 1, queued: 2 },
      functions: [
        functionTally({ done: 1, failed: 1, retried: 2, ran: 4, threw: 3, ms: 4, maxMs: 2 }),
        functionTally({ label: "g", spawned: 1, bytesIn: 10, bytesOut: 20, run: [3, 2], ran: 2 }),
      ],
    }),
  ]);
  assert.deepEqual(model.totals, {
    ...{ spawned: 6, done: 3, failed: 1, retried: 2, dropped: 0, ran: 8, threw: 3 },
    ...{ ms: 10, maxMs: 4, bytesIn: 10, bytesOut: 20 },
  });
  assert.equal(model.outstanding, 2);
  assert.deepEqual([...model.functions.keys()], ["f", "g"]);
  assert.equal(model.functions.get("g")!.run.total, 2);
  const { tasks, failed, busyMs, cpuMs, rss, lagMs, running, queued, busy } = model.workers.get(
    "a",
  )!;
  assert.deepEqual({ tasks, failed, busyMs, cpuMs, rss, lagMs, running, queued, busy }, {
    ...{ tasks: 8, failed: 3, busyMs: 500, cpuMs: 700, rss: 9, lagMs: 8, running: 1, queued: 2 },
    busy: 0.5,
  });
});

Deno.test("run model: what is told before somebody joins counts as well", () => {
  const model = modelOf([
    told("a", { functions: [functionTally({ spawned: 2 })] }, 900),
    joined("a"),
  ]);
  const worker = model.workers.get("a")!;
  assert.deepEqual([worker.host, worker.joinedAt, worker.state], ["h", 900, "joined"]);
  assert.equal(model.outstanding, 2);
});

Deno.test("run model: what a lost worker had spawned has no outcome any more", () => {
  const model = modelOf([
    joined("a"),
    joined("b"),
    told("a", {
      rss: 5,
      functions: [
        functionTally({ spawned: 10, done: 3, failed: 1, dropped: 1 }),
        functionTally({ label: "g", spawned: 2 }),
      ],
    }),
    told("b", { functions: [functionTally({ spawned: 4 })] }),
    lost("a", 2000, 3),
  ]);
  assert.equal(model.totals.dropped, 8);
  assert.equal(model.functions.get("f")!.dropped, 6);
  assert.equal(model.functions.get("g")!.dropped, 2);
  assert.equal(model.outstanding, 4);
  const worker = model.workers.get("a")!;
  assert.deepEqual([worker.state, worker.goneAt, worker.reason, worker.rss], [
    ...["lost", 2000, "killed", 0],
  ]);
  assert.equal(textsOf(model).at(-1), "a was lost (killed); 3 unfinished tasks run again");
});

Deno.test("run model: a worker that was lost with its broker is lost, whoever is told of first", () => {
  const replaced: RunEvent = {
    ...{ kind: "replaced", at: 2000, worker: "a", by: "a.2", reason: "signal SIGKILL" },
    retired: false,
  };
  const brokerLost: RunEvent = { kind: "brokerLost", at: 2500, broker: "broker", reason: "killed" };
  for (const events of [[replaced, brokerLost], [brokerLost, replaced]]) {
    const elsewhere = joined("b", 1000, "broker-2");
    const model = modelOf([joined("a"), joined("c"), elsewhere, ...events]);
    const states = ["a", "b", "c"].map((name) => model.workers.get(name)!.state);
    assert.deepEqual(states, ["lost", "joined", "joined"]);
    assert.equal(model.workers.get("a")!.reason, "signal SIGKILL");
  }
  const model = modelOf([joined("a"), replaced]);
  assert.equal(model.workers.get("a")!.state, "joined", "its broker will tell");
  model.receive(lost("a", 2600));
  assert.equal(model.workers.get("a")!.state, "lost");
});

Deno.test("run model: who is given up and comes back has all it had", () => {
  const spawned = told("a", { functions: [functionTally({ spawned: 10, done: 3 })] });
  const model = modelOf([joined("a"), spawned, lost("a"), joined("a", 3000)]);
  assert.deepEqual([model.totals.dropped, model.outstanding], [0, 7]);
  const { state, goneAt } = model.workers.get("a")!;
  assert.deepEqual([state, goneAt], ["joined", undefined]);
  model.receive(told("a", { functions: [functionTally({ done: 7 })] }));
  assert.deepEqual([model.totals.dropped, model.outstanding, model.totals.done], [0, 0, 10]);
  assert.deepEqual(model.workers.get("a")!.open.size, 0);
});

Deno.test("run model: what is told late, by somebody who is gone, is in order", () => {
  const spawned = told("a", { functions: [functionTally({ spawned: 10, done: 3 })] });
  const late = told("a", { functions: [functionTally({ spawned: 1, done: 5 })] });
  const model = modelOf([joined("a"), spawned, lost("a"), late]);
  assert.deepEqual([model.totals.dropped, model.outstanding], [3, 0]);
  model.receive(joined("a"));
  assert.deepEqual([model.totals.dropped, model.outstanding], [0, 3]);
  assert.equal(modelOf([joined("a"), lost("a"), late]).workers.get("a")!.rss, 0);
});

Deno.test("run model: nobody is gone twice", () => {
  const spawned = told("a", { functions: [functionTally({ spawned: 10 })] });
  for (const [first, then] of [[lost, left], [left, lost], [left, left], [lost, lost]] as const) {
    const model = modelOf([joined("a"), spawned, first("a", 2000), then("a", 3000)]);
    assert.deepEqual([model.totals.dropped, model.workers.get("a")!.goneAt], [10, 2000]);
    assert.equal(model.workers.get("a")!.state, first === lost ? "lost" : "left");
    assert.equal(model.happenings.length, 2);
  }
  assert.equal(modelOf([lost("nobody"), left("nobody")]).workers.size, 0);
});

Deno.test("run model: who is replaced without a loss is none", () => {
  const worker = (...events: RunEvent[]) => modelOf(events).workers.get("a")!;
  const retired = worker(joined("a"), lost("a"), replaced("a", "a.2", true));
  assert.deepEqual([retired.state, retired.replacedBy], ["left", "a.2"]);
  const early = worker(joined("a"), replaced("a", "a.2", true), lost("a"));
  assert.deepEqual([early.state, early.replacedBy], ["left", "a.2"]);
  const gone = worker(joined("a"), lost("a"), replaced("a", "a.2", false));
  assert.deepEqual([gone.state, gone.replacedBy], ["lost", "a.2"]);
  const inTime = worker(joined("a"), left("a"), replaced("a", "a.2", true));
  assert.equal(inTime.state, "left");
  const model = modelOf([replaced("nobody", "b", false)]);
  assert.deepEqual(textsOf(model), ["b replaces nobody (why)"]);
});

Deno.test("run model: who owns the workers is none of them, and its tasks count", () => {
  const spawned = told("o", { functions: [functionTally({ spawned: 3 })] });
  const owner = { ...joined("o"), owner: true } as RunEvent;
  for (const events of [[owner, joined("a"), spawned], [spawned, owner, joined("a")]]) {
    const model = modelOf(events);
    assert.deepEqual([[...model.workers.keys()], model.outstanding], [["a"], 3]);
    assert.deepEqual(textsOf(model), ["a joined (h, 7)"]);
    model.receive(lost("o"));
    assert.equal(model.outstanding, 0);
  }
});

Deno.test("run model: what is told twice counts once, unless another process tells it", () => {
  const first = told("a", { number: 1, functions: [functionTally({ spawned: 3 })] });
  const model = modelOf([joined("a"), first, first]);
  assert.equal(model.totals.spawned, 3);
  for (const event of [lost("a"), { ...joined("a"), pid: 8 } as RunEvent, first]) {
    model.receive(event);
  }
  assert.equal(model.totals.spawned, 6);
});

Deno.test("run model: a worker that comes to another broker is the same", () => {
  const model = modelOf([
    joined("a", 1000, "one"),
    told("a", { functions: [functionTally({ spawned: 3 })] }),
    joined("a", 2000, "two"),
  ]);
  const { broker, joinedAt } = model.workers.get("a")!;
  assert.deepEqual([broker, joinedAt, model.outstanding], ["two", 1000, 3]);
  assert.equal(model.happenings.length, 1);
});

Deno.test("run model: how brokers stand, and what their workers are at", () => {
  const broker = (changes: object = {}): RunEvent => ({
    ...{ kind: "broker", at: 2000, broker: "one", workers: 2, queuedBundles: 4, given: 5, lent: 1 },
    ...{ lagMs: 6, rss: 7, current: { a: "f", c: "g" } },
    ...changes,
  });
  const model = modelOf([
    joined("a", 1000, "one"),
    joined("b", 1000, "one"),
    joined("c", 1000, "two"),
    broker(),
    broker({ queuedBundles: 0, current: { b: "h" } }),
  ]);
  assert.deepEqual(model.brokers.get("one"), {
    ...{ name: "one", state: "there", toldAt: 2000, workers: 2, queuedBundles: 0 },
    ...{ given: 10, lent: 2, lagMs: 6, rss: 7 },
  });
  assert.deepEqual([...model.workers.values()].map(({ current }) => current), ["", "h", ""]);
  const gone: RunEvent = { kind: "brokerLost", at: 3000, broker: "one", reason: "killed" };
  model.receive(gone);
  assert.equal(model.brokers.get("one")!.state, "lost");
  assert.equal(textsOf(model).at(-1), "one was lost (killed)");
  model.sample(4000);
  assert.deepEqual([model.series.samples.at(-1)!.rss, model.series.samples.at(-1)!.lagMs], [0, 0]);
});

Deno.test("run model: a sample has those that are there", () => {
  const tallied = (worker: string, lagMs: number) =>
    told(worker, {
      ...{ busyMs: 250, rss: 10, lagMs },
      functions: [functionTally({ spawned: 3, done: 1, failed: 1 })],
    });
  const model = modelOf([joined("a"), joined("b"), joined("c")]);
  for (const event of [tallied("a", 3), tallied("b", 9), tallied("c", 99), lost("c")]) {
    model.receive(event);
  }
  model.sample(5000);
  assert.deepEqual(model.series.samples.at(-1), {
    ...{ at: 5000, done: 3, failed: 3, queued: 2, workers: 2, busy: 0.5, rss: 20, lagMs: 9 },
  });
});

Deno.test("run model: functions that are too many are counted together", () => {
  const count = LIMITS.shownFunctions + 20;
  const model = modelOf([joined("a")]);
  for (const done of [0, 1]) {
    for (let i = 0; i < count; i++) {
      const functions = [functionTally({ label: `f${i}`, spawned: 1, done })];
      model.receive(told("a", { functions }));
    }
  }
  model.check();
  assert.equal(model.functions.size, LIMITS.shownFunctions + 1);
  assert.equal(model.functions.get("(others)")!.spawned, 40);
  assert.deepEqual([model.totals.spawned, model.outstanding], [2 * count, count]);
  model.receive(lost("a"));
  model.check();
  assert.deepEqual([model.outstanding, model.functions.get("(others)")!.dropped], [0, 20]);
});

Deno.test("run model: keeps the last blocks, by our own clock", () => {
  const blocks = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => block({ id: first + i, from: 5500 + first + i }));
  const model = modelOf([joined("a")], 100);
  // Its clock is 4 s ahead: one message was quick, another took a second.
  model.receive(told("a", { at: 6000, blocks: blocks(0, 50) }, 3000));
  model.receive(told("a", { at: 7000, blocks: blocks(50, 60) }, 3000));
  assert.equal(model.workers.get("a")!.aheadMs, 4000);
  assert.deepEqual([model.blocks.length, model.blocksSeen], [110, 110]);
  assert.equal(model.blocks.at(-1)!.from, 5500 + 109 - 4000);
  assert.equal(model.blocks.at(-1)!.worker, "a");
  model.receive(told("a", { at: 7000, blocks: blocks(110, 30) }, 3000));
  assert.deepEqual([model.blocks.length, model.blocksSeen, model.blocks.at(-1)!.id], [
    100,
    140,
    139,
  ]);
  assert.equal(modelOf([told("a", { blocks: blocks(0, 5) })]).blocks.length, 0);
});

Deno.test("run model: keeps the last happenings", () => {
  const model = new RunModel();
  for (let i = 0; i < LIMITS.mostHappenings + 5; i++) model.receive(joined(`w${i}`));
  assert.equal(model.happenings.length, LIMITS.mostHappenings);
  assert.match(model.happenings[0]!.text, /^w5 joined/);
});

Deno.test("run model: a check finds what does not add up", () => {
  const faults: [RegExp, (model: RunModel) => void][] = [
    ...["spawned", "done", "failed", "retried", "dropped", "ran"].map((
      key,
    ): [RegExp, (model: RunModel) => void] => [
      new RegExp(`${key} of all functions`),
      (model) => void model.totals[key as "done"]++,
    ]),
    [/f has more durations than runs/, (model) => model.functions.get("f")!.run.add(1, 3)],
    [/a is half gone/, (model) => model.workers.get("a")!.goneAt = 5],
    [/b is half gone/, (model) => model.workers.get("b")!.state = "joined"],
  ];
  for (const [message, plant] of faults) {
    const functions = [functionTally({ spawned: 2, ran: 2, run: [5, 1] })];
    const model = modelOf([joined("a"), joined("b"), told("a", { functions }), lost("b")]);
    plant(model);
    assert.throws(() => model.check(), message);
  }
});

const WORKERS = ["a", "b", "c"];

Deno.test("run model: whoever comes and goes, no task is counted twice or forgotten", () => {
  const worker = fc.constantFrom(...WORKERS);
  const step = fc.oneof(
    { weight: 6, arbitrary: tallyStep(worker) },
    fc.record({ kind: fc.constantFrom("joined", "lost", "left", "retired"), worker }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const model = new RunModel();
    const sums = noCounts();
    /** Tasks without an outcome, by who has spawned them, and of which function. */
    const open = new Map<string, number>();
    const gone = new Set<string>();
    for (const one of steps) {
      const name = one.worker;
      if (!("functions" in one)) {
        model.receive(eventOf(one.kind, name));
        const known = model.workers.has(name);
        if (one.kind === "joined") gone.delete(name);
        else if (known && one.kind !== "retired") gone.add(name);
      } else {
        const functions = one.functions.map((told) => {
          const key = `${name} ${told.label}`;
          const before = (open.get(key) ?? 0) + told.spawned;
          const done = Math.min(told.done, before);
          const failed = Math.min(told.failed, before - done);
          const dropped = Math.min(told.dropped, before - done - failed);
          open.set(key, before - done - failed - dropped);
          return functionTally({ ...told, done, failed, dropped, run: [4, told.ran] });
        });
        for (const told of functions) for (const key of COUNTS) sums[key] += told[key];
        model.receive(told(name, { functions }));
      }
      model.check();
      const [there, away] = sumsOf(open, gone);
      assert.equal(model.outstanding, there);
      assert.equal(model.totals.dropped, sums.dropped + away);
      for (const key of ["spawned", "done", "failed", "retried", "ran", "threw"] as const) {
        assert.equal(model.totals[key], sums[key], key);
      }
    }
  }));
});

function tallyStep(worker: fc.Arbitrary<string>) {
  const [count, few] = [fc.nat(9), fc.nat(2)];
  const one = fc.record({
    ...{ label: fc.constantFrom("f", "g"), spawned: count, done: few, failed: few },
    ...{ dropped: few, retried: count, ran: count, threw: count },
  });
  return fc.record({ worker, functions: fc.array(one, { maxLength: 3 }) });
}

function eventOf(kind: string, worker: string): RunEvent {
  switch (kind) {
    case "joined":
      return joined(worker);
    case "lost":
      return lost(worker);
    case "left":
      return left(worker);
    default:
      return replaced(worker, `${worker}.2`, true);
  }
}

/** Tasks without an outcome whose spawners are there, and of those that are not. */
function sumsOf(open: Map<string, number>, gone: Set<string>): [number, number] {
  let [there, away] = [0, 0];
  for (const [key, tasks] of open) {
    if (gone.has(key.split(" ")[0]!)) away += tasks;
    else there += tasks;
  }
  return [there, away];
}
