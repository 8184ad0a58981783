/** Why made runs are slow: each cause is named rightly, and all time is accounted for. */

import assert from "node:assert/strict";
import { causesOf } from "../../telemetry/causes.ts";
import type { RunCauses } from "../../telemetry/causes.ts";
import type { CauseKind } from "../../telemetry/causes/cause.ts";
import { duration } from "../../telemetry/causes/words.ts";
import { RunModel } from "../../telemetry/run_model.ts";
import type { RunEvent } from "../../telemetry/events.ts";
import fc from "../fast_check.ts";
import { BEGIN, eventsOf, many, modelOf } from "./made_runs.ts";
import type { MadeRun, MadeTask } from "./made_runs.ts";

/** Tasks of half to one and a half times as long, always the same ones. */
function varied(count: number, ms: number, more: Partial<MadeTask> = {}): MadeTask[] {
  let seed = 1;
  const next = () => (seed = seed * 16_807 % 2_147_483_647) / 2_147_483_647;
  return Array.from({ length: count }, (_, i) => ({
    ms: ms * (0.5 + next()),
    inputs: String(i),
    ...more,
  }));
}

function rounds(count: number, round: MadeRun["rounds"][number]): MadeRun["rounds"] {
  return Array.from({ length: count }, () => round);
}

function checkSum({ useful, causes }: RunCauses) {
  const sum = causes.reduce((all, { part }) => all + part, useful);
  assert.ok(Math.abs(sum - 1) < 1e-6, `all shares are ${sum}`);
  assert.ok(useful >= 0);
  for (const { part, ms, text, remedy, kind } of causes) {
    assert.ok(part > 0 && ms > 0 && part <= 1 + 1e-9, `${kind} has ${ms} ms`);
    assert.ok(text.endsWith(".") && remedy.endsWith("."), `${kind}: ${text} ${remedy}`);
    assert.doesNotMatch(text + remedy, /NaN|undefined|Infinity/);
  }
}

/** Runs that are slow for one reason, and what has to be said of them. */
const SLOW: Record<string, { run: MadeRun; kind: CauseKind; says: RegExp }> = {
  "one huge task at the end": {
    run: {
      rounds: [{ tasks: [...varied(80, 100), { label: "bigTask", ms: 8_200, inputs: "12" }] }],
    },
    kind: "hugeTask",
    says:
      /^60 % of .* one task: bigTask\(12\) ran 8\.2 s on \S+, while all others were over 2\.\d+ s/,
  },
  "one huge task among others of its function": {
    run: {
      rounds: [{ tasks: [...varied(40, 100), { ms: 6_000, inputs: "x" }, ...varied(40, 100)] }],
    },
    kind: "hugeTask",
    says: /f\(x\) ran 6 s .*the other tasks of f took [\d.]+ ms on average/,
  },
  "two huge tasks": {
    run: { rounds: [{ tasks: [...varied(80, 50), ...many(2, { ms: 5_000, label: "big" })] }] },
    kind: "hugeTask",
    says: /waiting for 2 tasks: big ran 5 s on \S+ and big ran 5 s/,
  },
  "tasks that are too small": {
    run: {
      rounds: [{ tasks: many(5_000, { ms: 0.2, tasks: 20, label: "tiny" }) }],
      dispatchMs: () => 2,
    },
    kind: "tinyTasks",
    says: /100,000 tasks of only 10 µs/,
  },
  "one slow host": {
    run: {
      rounds: [{ tasks: varied(200, 50) }],
      slowness: (worker) => worker > 1 ? 4 : 1,
      host: (worker) => worker > 1 ? "snail" : "hare",
    },
    kind: "slowPlace",
    says: /on a slow host: f took \d+ ms on snail and \d+\.?\d* ms elsewhere/,
  },
  "one slow worker, for which all wait at the end": {
    run: { rounds: [{ tasks: varied(24, 250) }], slowness: (worker) => worker === 3 ? 5 : 1 },
    kind: "slowPlace",
    says: /on a slow worker: f took .* on worker-3/,
  },
  "large arguments": {
    run: {
      rounds: [{ tasks: many(40, { ms: 20, bytes: 20e6, label: "wide" }) }],
      dispatchMs: () => 150,
    },
    kind: "largeData",
    says:
      /800 MB of arguments and results .*, 20\.0 MB for each task of 20 ms, most of it for wide/,
  },
  "a program that computes between its maps": {
    run: {
      rounds: rounds(5, { pauseMs: 800, tasks: varied(16, 50) }),
      originMs: 4_000,
    },
    kind: "program",
    says: /without any task to run: the program computed by itself .* 3\.\d+ s between tasks/,
  },
  "a program that waits before its first task": {
    run: { rounds: [{ pauseMs: 3_000, tasks: varied(40, 50) }] },
    kind: "program",
    says: /the program waited for something.*3 s before the first task/,
  },
  "a program that goes on after its last task": {
    run: { rounds: [{ tasks: varied(40, 50) }], afterMs: 4_000, originMs: 4_000 },
    kind: "program",
    says: /4 s after the last task/,
  },
  "one task at a time": {
    run: { rounds: rounds(50, { pauseMs: 1, tasks: varied(1, 50) }) },
    kind: "oneAtATime",
    says: /of 50 in all, 1 ran at once for 4 workers/,
  },
  "one short task at a time": {
    run: { rounds: rounds(1_000, { pauseMs: 0.4, tasks: many(1, { ms: 0.1 }) }) },
    kind: "oneAtATime",
    says: /1,000 in all/,
  },
  "fewer tasks than workers": {
    run: { workers: 8, rounds: [{ tasks: varied(3, 1_000) }] },
    kind: "fewTasks",
    says: /3 tasks for 8 workers/,
  },
  "a single task": {
    run: { rounds: [{ tasks: varied(1, 2_000) }] },
    kind: "fewTasks",
    says: /1 task for 4 workers/,
  },
  "rounds with a long task each": {
    run: { rounds: rounds(20, { tasks: [...varied(7, 50), { ms: 200 }] }) },
    kind: "rounds",
    says: /at the end of each of 20 rounds/,
  },
  "bundles that are too large": {
    run: { rounds: [{ tasks: many(5, { ms: 1_000, tasks: 100 }) }] },
    kind: "uneven",
    says: /waiting for \S+, which had 100 tasks of f left/,
  },
  "tasks that are too few to even out": {
    run: {
      rounds: [{ tasks: [{ ms: 1_000 }, { ms: 1_900 }, { ms: 2_000 }, { ms: 800 }, { ms: 900 }] }],
    },
    kind: "uneven",
    says: /5 tasks of 1\.32 s on average are only 1\.3 for each of 4 workers/,
  },
  "a task that computes before it spawns": {
    run: { rounds: [{ tasks: [{ label: "main", ms: 3_000, children: varied(40, 50) }] }] },
    kind: "serialTask",
    says: /waiting for main, which computed 3 s by itself \(3 s of it before/,
  },
  "a chain of tasks, each spawned by the one before": {
    run: {
      rounds: [{
        tasks: [
          Array.from({ length: 12 }).reduce<MadeTask>(
            (child) => ({ label: "step", ms: 200, children: [child] }),
            { label: "step", ms: 200 },
          ),
        ],
      }],
    },
    kind: "oneAtATime",
    says: /The longest chain, of 13 tasks/,
  },
  "a worker that was lost": {
    run: { rounds: [{ tasks: varied(80, 100) }], lostAt: 500 },
    kind: "lost",
    says: /1 worker lost, worker-3 after 500 ms \(was killed\)/,
  },
  "a run that is over before its workers have started": {
    run: { rounds: [{ tasks: varied(8, 50) }], startMs: 900 },
    kind: "starting",
    says: /the workers joined 900 ms after the start, in a run of 1\.0\d s/,
  },
  "a host that is late": {
    run: { rounds: [{ tasks: varied(80, 100) }], startMs: (worker) => worker < 2 ? 30 : 3_000 },
    kind: "starting",
    says: /the first worker joined after 30 ms, the last \(worker-3 on here\) after 3 s/,
  },
  "more workers than processors": {
    run: { rounds: [{ tasks: varied(800, 100) }], cpu: 0.5 },
    kind: "noProcessor",
    says: /the 4 workers on here got no more than about (1\.9|2) processors/,
  },
};

for (const [name, { run, kind, says }] of Object.entries(SLOW)) {
  Deno.test(`causes: ${name}`, () => {
    const found = causesOf(modelOf(run));
    checkSum(found);
    assert.match(found.headline, says);
    assert.equal(found.causes[0]?.kind, kind, found.headline);
    assert.notEqual(found.remedy, "");
    // Where it is not known how long each task waited, the samples of the run have to do.
    const byEye = causesOf(modelOf({ ...run, waits: false }));
    checkSum(byEye);
    assert.equal(byEye.causes[0]?.kind, kind, byEye.headline);
    // Where nobody looked at each stretch of work, there is still something to say.
    checkSum(causesOf(modelOf({ ...run, keep: 0 })));
  });
}

Deno.test("causes: a run that is fine is said to be so", () => {
  const found = causesOf(modelOf({ rounds: [{ tasks: varied(200, 100) }] }));
  checkSum(found);
  assert.match(
    found.headline,
    /^The run is fine: 99 % .* 4 workers were 4 times as fast as one\.$/,
  );
  assert.equal(found.remedy, "");
  assert.deepEqual(found.notes, []);
  const alone = causesOf(modelOf({ workers: 1, rounds: [{ tasks: varied(20, 50) }] }));
  assert.match(alone.headline, /fine: its only worker spent 98 % of its time on tasks/);
});

Deno.test("causes: tasks of lengths that vary much make no slow worker", () => {
  // Always the same runs: in one of very many, chance alone would make one.
  let seed = 7;
  const next = () => (seed = seed * 16_807 % 2_147_483_647) / 2_147_483_647;
  for (let run = 0; run < 300; run++) {
    const count = 20 + Math.floor(next() * 60);
    const tasks = Array.from({ length: count }, () => ({ ms: 1 - 100 * Math.log(next()) }));
    const { causes } = causesOf(modelOf({ rounds: [{ tasks }] }));
    const slow = causes.find(({ kind }) => kind === "slowPlace");
    assert.ok(slow === undefined || slow.part < 0.02, `run ${run}: ${slow?.text}`);
  }
});

Deno.test("causes: attempts that failed and were made again are time in vain", () => {
  const model = new RunModel({ blocks: 1_000 });
  const tasks = [...varied(30, 100), ...varied(30, 100, { failed: true, label: "flaky" })];
  for (const event of eventsOf({ rounds: [{ tasks }] })) {
    if (event.kind === "tally") {
      for (const told of event.tally.functions) {
        if (told.label === "flaky") Object.assign(told, { retried: told.failed, failed: 0 });
      }
    }
    model.receive(event);
  }
  const found = causesOf(model);
  checkSum(found);
  assert.equal(found.causes[0]?.kind, "inVain");
  assert.match(found.headline, /attempts that failed and were made again: 30 attempts of flaky/);
});

Deno.test("causes: tasks that wait rather than compute are noted", () => {
  const { notes } = causesOf(modelOf({ rounds: [{ tasks: varied(200, 50) }], cpu: 0.02 }));
  assert.match(notes.join(), /they wait, for files, the network or timers, rather than compute/);
});

Deno.test("causes: of runs without anything there is something to say", () => {
  const nothing = causesOf(new RunModel());
  assert.equal(nothing.headline, "Nothing has happened in this run.");
  assert.equal(nothing.useful, 0);
  const empty = causesOf(modelOf({ rounds: [], afterMs: 3_000, originMs: 3_000, code: 1 }));
  checkSum(empty);
  assert.match(
    empty.headline,
    /No task has ended in this run of 3\.02 s: the program did all by itself/,
  );
  const started = new RunModel({ blocks: 10 });
  started.receive({ kind: "started", at: BEGIN, program: "p.ts", workers: 4 });
  assert.equal(causesOf(started).causes.length, 0);
});

Deno.test("causes: a run of which only the end is known is told by its end", () => {
  const found = causesOf(modelOf({ rounds: [{ tasks: varied(400, 50) }], keep: 100 }));
  checkSum(found);
  assert.ok(found.wallMs < 2_500);
  assert.match(found.notes.join(), /Only the last 1\.\d+ s of the run were looked at/);
});

Deno.test("causes: the longest chain and the slowest tasks", () => {
  const tree = {
    label: "root",
    ms: 100,
    children: [
      { label: "leaf", ms: 50 },
      { label: "node", ms: 30, children: [{ label: "leaf", ms: 90, inputs: "deep" }] },
    ],
  };
  const { criticalPath, slowest } = causesOf(modelOf({ rounds: [{ tasks: [tree] }] }));
  assert.deepEqual(criticalPath?.blocks.map(({ label }) => label), ["root", "node", "leaf"]);
  assert.equal(criticalPath?.ms, 220);
  assert.deepEqual(slowest.map(({ ms }) => ms), [100, 90, 50, 30]);
  assert.equal(slowest[1]!.inputs, "deep");
});

/** Anything that processes may tell, in whatever order. */
/** Each is another than those before. */
let tallies = 0;

const anyEvent: fc.Arbitrary<RunEvent> = fc.record({
  at: fc.integer({ min: BEGIN, max: BEGIN + 10_000 }),
  worker: fc.constantFrom("origin", "a", "b"),
  kind: fc.constantFrom("started", "joined", "lost", "left", "tally", "ended", "replaced"),
  blocks: fc.array(
    fc.record({
      id: fc.integer({ min: 1, max: 5 }),
      label: fc.constantFrom("f", "g", ""),
      parent: fc.constantFrom("", "origin:1", "a:2", "b:3", "nobody:9"),
      from: fc.integer({ min: BEGIN - 100, max: BEGIN + 11_000 }),
      lasted: fc.integer({ min: 0, max: 3_000 }),
      share: fc.double({ min: 0, max: 1.2, noNaN: true }),
      tasks: fc.integer({ min: 1, max: 50 }),
      waited: fc.boolean(),
    }),
    { maxLength: 6 },
  ),
}).map(({ at, worker, kind, blocks }): RunEvent => {
  const reason = "any";
  switch (kind) {
    case "started":
      return { kind, at, program: "p.ts", workers: 3 };
    case "joined":
      return { kind, at, broker: "b", worker, host: worker, pid: 1, origin: worker === "origin" };
    case "lost":
      return { kind, at, broker: "b", worker, reason, again: 1 };
    case "left":
      return { kind, at, broker: "b", worker };
    case "replaced":
      return { kind, at, worker, by: "b", reason, retired: at % 2 === 0 };
    case "ended":
      return { kind, at, code: 0, reason };
    default: {
      const told = blocks.map(({ lasted, share, ...block }) => ({
        ...block,
        to: block.from + lasted,
        ms: lasted * share,
        failed: 0,
        inputs: "",
      }));
      const ms = told.reduce((sum, block) => sum + block.ms, 0);
      const tasks = told.reduce((sum, block) => sum + block.tasks, 0);
      const zero = { failed: 0, retried: 0, dropped: 0, bytesIn: 0, bytesOut: 1e6 };
      const counts = { spawned: tasks, done: tasks, ran: tasks, threw: 0, ...zero };
      const f = { label: "f", ms, maxMs: ms, ...counts };
      const functions = [{ ...f, run: [60, tasks], wait: [] }];
      const sums = { busyMs: ms, cpuMs: ms / 2, rss: 1, lagMs: 0, running: 0, queued: 0 };
      const tally = { number: ++tallies, at, spanMs: 250, ...sums, functions, blocks: told };
      return { kind: "tally", at, worker, tally };
    }
  }
});

Deno.test("causes: whatever happens, all time is accounted for and nothing is negative", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.boolean(), (events, inOrder) => {
      const model = new RunModel({ blocks: 50 });
      const told = inOrder ? events.sort((a, b) => a.at - b.at) : events;
      for (const event of told) {
        model.receive(event);
        model.sample(event.at);
      }
      const found = causesOf(model);
      if (found.wallMs > 0) checkSum(found);
      assert.ok(Number.isFinite(found.speedUp) && found.speedUp >= 0);
      assert.ok(found.headline.length > 0);
    }),
    { numRuns: 200 },
  );
});

Deno.test("causes: durations are told to two or three digits", () => {
  const told = [0, 0.0123, 0.9999, 12.34, 999.9, 8_200, 59_960, 125_000, 3_600_000, 7_260_000];
  assert.deepEqual(told.map(duration), [
    "0 s",
    "12.3 µs",
    "1 ms",
    "12.3 ms",
    "1 s",
    "8.2 s",
    "60 s",
    "2 min 5 s",
    "60 min",
    "2 h 1 min",
  ]);
});
