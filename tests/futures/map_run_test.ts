import assert from "node:assert/strict";
import { AsCompleted, Failed, InOrder } from "../../futures/map_results.ts";
import type { Results } from "../../futures/map_results.ts";
import { unseenFailures } from "../../futures/outcome.ts";
import { currentTurn, newTurn } from "../../futures/turn.ts";
import type { LocalWork, Source } from "../../futures/work.ts";
import { decodeEach } from "../../wire/codec.ts";
import { turnOfLoop, until } from "./fakes.ts";
import { args, begin, count, execute, MIB, offered, results } from "./map_runs.ts";

Deno.test("map run: bundles of consecutive inputs, results in order whatever comes first", () => {
  const run = begin([count(6)]);
  assert.deepEqual(offered, [run]);
  const [a, b] = [run.take(2)!, run.take(3)!];
  assert.deepEqual([args(a), args(b)], [[[0], [1]], [[2], [3], [4]]]);
  execute(b);
  assert.equal(run.ready, false);
  a.settle(1, 1);
  assert.equal(run.ready, false);
  a.settle(0, 0);
  assert.deepEqual(results(run), [0, 1, 2, 3, 4]);
  assert.equal(run.finished, false);
  const c = run.take(9)!;
  assert.equal(run.drained, true);
  execute(c);
  assert.deepEqual(results(run), [5]);
  assert.equal(run.finished, true);
});

Deno.test("map run: or as they come", () => {
  const run = begin([count(4)], { results: new AsCompleted() });
  const [a, b] = [run.take(2)!, run.take(2)!];
  execute(b);
  execute(a);
  assert.deepEqual(results(run), [2, 3, 0, 1]);
});

Deno.test("map run: results in order keep their order over many thousands", () => {
  const all: Results = new InOrder();
  let [added, taken] = [0, 0];
  while (taken < 20_000) {
    // Ten at a time, the last of them first.
    for (let i = 9; i >= 0; i--) all.add(added + i, added + i);
    added += 10;
    while (all.ready && taken < added - 3) assert.equal(all.take(), taken++);
    if (added - taken > 5_000) assert.equal(all.take(), taken++);
  }
  assert.equal(all.rest().length, added - taken);
});

Deno.test("map run: a bundle holds about a mebibyte of arguments", () => {
  const text = "x".repeat(MIB / 4);
  assert.equal(begin([Array(20).fill(text)]).take(4096)!.count, 4);
  assert.equal(begin([Array(20).fill(new Uint8Array(MIB / 2))]).take(4096)!.count, 2);
  assert.equal(begin([Array(20).fill("x".repeat(3 * MIB))]).take(4096)!.count, 1);
  assert.equal(begin([Array(50).fill(Array(MIB / 16).fill(1))]).take(4096)!.count, 2);
});

Deno.test("map run: arguments are what they were when they were pulled, for each task anew", () => {
  const inputs = [{ x: 1 }, { x: 2 }];
  const run = begin([inputs, [[1], [2]]]);
  const work = run.take(2)!;
  inputs[0]!.x = 100;
  const [first, list] = work.begin(0) as [{ x: number }, number[]];
  assert.deepEqual([first, list], [{ x: 1 }, [1]]);
  assert.notEqual(first, inputs[0]);
  assert.deepEqual(decodeEach(work.encode().body), [[{ x: 1 }, [1]], [{ x: 2 }, [2]]]);
});

Deno.test("map run: only what has not begun leaves", () => {
  for (const inputs of [[1, 2, 3], [[1], [2], [3]]]) {
    const work = begin([inputs]).take(3)!;
    work.next = 1;
    assert.deepEqual(decodeEach(work.encode().body), [[inputs[1]], [inputs[2]]]);
  }
});

Deno.test("map run: results are copies", () => {
  const run = begin([[1]]);
  const value = { list: [1] };
  run.take(1)!.settle(0, value);
  const [result] = results(run) as [{ list: number[] }];
  assert.deepEqual(result, value);
  assert.notEqual(result, value);
  assert.notEqual(result.list, value.list);
});

Deno.test("map run: what cannot travel fails in its place, what is around it goes", () => {
  const bad = () => 1;
  const inputs = [{ n: 0 }, { n: 1 }, bad, { n: 3 }, Symbol("s"), bad, { n: 6 }];
  for (const limit of [1, 2, 3, 100]) {
    const run = begin([inputs]);
    for (let i = 0; i < 20; i++) {
      const work = run.take(limit);
      if (work !== undefined) execute(work);
    }
    const all = results(run);
    const messages = all.map((one) => one instanceof Failed ? String(one.error) : one);
    assert.deepEqual(messages.map((one) => (one as { n: number }).n), [
      ...[0, 1, undefined, 3, undefined, undefined, 6],
    ], `limit ${limit}`);
    assert.match(
      messages[2] as string,
      /^SerializationError: cannot send input 2: args\[0\]: .*func/,
    );
    assert.match(messages[4] as string, /input 4: args\[0\]: .*symbol/);
    assert.equal(run.finished, true);
    assert.deepEqual(unseenFailures(), []);
  }
});

Deno.test("map run: what is too much together goes in parts", () => {
  // Like bundles that are too large to encode: each can travel, all of them cannot.
  let failures = 2;
  const fussy = (n: number) => ({
    n,
    get late() {
      if (n === 2 && failures-- > 0) throw new RangeError("too much");
      return n;
    },
  });
  const run = begin([[0, 1, 2, 3, 4, 5].map(fussy)]);
  const sizes: number[] = [];
  for (let work = run.take(100); work; work = run.take(100)) {
    sizes.push(work.count);
    execute(work);
  }
  assert.deepEqual(results(run), [0, 1, 2, 3, 4, 5].map((n) => ({ n, late: n })));
  assert.deepEqual(sizes, [3, 3]);
  assert.equal(run.finished, true);
});

Deno.test("map run: an input that throws fails behind the results of what came before", () => {
  const broken = (function* () {
    yield 1;
    yield 2;
    throw new URIError("no more");
  })();
  const run = begin([broken]);
  const work = run.take(10)!;
  assert.equal(work.count, 2);
  assert.equal(run.take(10), undefined);
  assert.equal(run.ready, false);
  execute(work);
  const [one, two, failed] = results(run);
  assert.deepEqual([one, two], [1, 2]);
  assert.equal(((failed as Failed).error as Error).name, "URIError");
  assert.equal(run.finished, true);
});

Deno.test("map run: closing gives up what has not begun, everywhere", () => {
  let stopped = 0;
  const input = (function* () {
    try {
      yield* count();
    } finally {
      stopped++;
    }
  })();
  const run = begin([input], { window: 10 });
  let ends = 0;
  run.onEnd = () => ends++;
  const [here, away] = [run.take(2)!, run.take(2)!];
  const withdrawn: number[] = [];
  away.left((index) => withdrawn.push(index));
  here.next++;
  run.close();
  run.close();
  assert.deepEqual([stopped, ends, run.closed], [1, 1, true]);
  assert.deepEqual(withdrawn, [-1]);
  assert.equal(here.skip(1), true);
  // What was under way is not kept.
  here.settle(0, 1);
  away.arrived(0, 1);
  away.failed(1, new Error("late"));
  assert.equal(run.ready, false);
  assert.equal(run.take(1), undefined);
  run.offer();
  assert.equal(offered.length, 1);
  unseenFailures();
});

Deno.test("map run: inputs are read as a part of the turn that maps, whoever asks for them", async () => {
  const turns: unknown[] = [];
  function* input() {
    try {
      for (;;) yield turns.push(currentTurn());
    } finally {
      turns.push(currentTurn());
    }
  }
  const turn = newTurn("maps", false);
  const run = begin([input()], { turn });
  run.take(2);
  run.close();
  assert.deepEqual(turns, [turn, turn, turn]);
  turns.length = 0;
  async function* later() {
    yield* input();
  }
  const slow = begin([later()], { turn });
  await until(() => turns.length > 10);
  slow.close();
  await turnOfLoop();
  assert.ok(turns.every((one) => one === turn));
});

Deno.test("map run: an abort is an error for whoever reads on, then the end", () => {
  const run = begin([count()], { window: 10 });
  execute(run.take(2)!);
  let progress = 0;
  run.onProgress = () => progress++;
  run.abort("enough");
  run.abort("again");
  assert.ok(progress > 0);
  const [failed, ...rest] = results(run);
  const { name, message, cause } = (failed as Failed).error as Error;
  assert.deepEqual([name, message, cause], ["CancelledError", "f was cancelled", "enough"]);
  assert.deepEqual(rest, []);
  assert.equal(run.finished, true);
  const done = begin([[]]);
  done.take(1);
  done.abort("late");
  assert.equal(done.ready, false, "what has ended cannot be aborted");
});

Deno.test("map run: failures are remembered until they are taken", () => {
  const run = begin([count(4)]);
  const work = run.take(4)!;
  for (let i = 0; i < 4; i++) work.fail(i, new Error(`no ${i}`));
  run.takeResult();
  assert.equal(unseenFailures().length, 3);
  const given = begin([count(2)]);
  const other = given.take(2)!;
  other.fail(0, new Error("before"));
  given.abandon();
  other.fail(1, new Error("after"));
  assert.deepEqual(unseenFailures(), [], "nobody has to look at what was abandoned");
});

Deno.test("map run: a task that is lost is tried again, by itself, then given up", () => {
  const run = begin([[{ n: 0 }, { n: 1 }]], { retries: 1 });
  const work = run.take(2)!;
  const given = work.begin(1)[0] as { n: number };
  given.n = 99;
  work.lose(1, "exit code 1");
  const again = offered.at(-1) as unknown as LocalWork;
  assert.deepEqual([again.count, again.begin(0)], [1, [{ n: 1 }]]);
  work.settle(0, 0);
  again.lose(0, "exit code 2");
  const [zero, failed] = results(run);
  assert.equal(zero, 0);
  const error = (failed as Failed).error as Error;
  assert.equal(error.name, "WorkerLostError");
  assert.match(error.message, /was lost \(exit code 2\); the task was tried 2 times/);
  assert.equal(run.take(1), undefined);
  assert.equal(run.finished, true);
});

Deno.test("map run: the rest of a bundle that was begun does not leave when the map is left", () => {
  const run = begin([count(6)], { chunkSize: 6 });
  const work = run.take(6) as LocalWork & Source;
  work.settle(work.next++, 0);
  assert.equal(work.take(6), work, "before");
  run.close();
  assert.equal(work.take(6), undefined);
  assert.equal(work.drained, true, "it leaves the queue by that");
});

Deno.test("map run: a task that was lost counts as in flight, and is stopped with the map", () => {
  const run = begin([[{ n: 0 }, { n: 1 }]], { retries: 1 });
  const work = run.take(2)!;
  work.lose(1, "exit code 1");
  const again = offered.at(-1) as unknown as LocalWork;
  const withdrawn: number[] = [];
  again.left((index) => withdrawn.push(index));
  run.close();
  assert.deepEqual(withdrawn, [-1]);
});

Deno.test("map run: results that nobody takes are limited by their size, whatever they tell", () => {
  const values: [string, () => unknown][] = [
    ["array", () => new Uint8Array(64 * MIB)],
    ["text", () => "x".repeat(64 * MIB)],
  ];
  for (const settled of [false, true]) {
    for (const [what, value] of values) {
      const run = begin([count()], { settled, window: 100 });
      let made = 0;
      for (let work = run.take(1); work !== undefined && made < 50; work = run.take(1)) {
        made++;
        work.next++;
        work.arrived(0, value());
      }
      assert.equal(made, 5, `${what}, ${settled}`);
      for (let taken = 0; taken < 3; taken++) run.takeResult();
      assert.ok(run.take(1), "there is room again");
    }
  }
});

Deno.test("map run: an async input is taken as it comes, to its end", async () => {
  const { readable, writable } = new TransformStream<number, number>();
  const writer = writable.getWriter();
  const run = begin([readable]);
  let progress = 0;
  run.onProgress = () => progress++;
  writer.write(1);
  await until(() => offered.length === 1);
  const first = run.take(10)!;
  assert.deepEqual([args(first), run.drained, run.finished], [[[1]], true, false]);
  writer.write(2);
  await until(() => offered.length === 2);
  execute(run.take(10)!);
  execute(first);
  assert.deepEqual(results(run), [1, 2]);
  assert.equal(run.finished, false);
  progress = 0;
  await writer.close();
  await until(() => run.finished);
  assert.ok(progress > 0, "whoever waits for more is told");
});

Deno.test("map run: an async input that fails does so behind what came before", async () => {
  async function* broken() {
    yield 1;
    yield 2;
    await turnOfLoop();
    throw new URIError("no more");
  }
  const run = begin([broken()]);
  await until(() => offered.length === 1);
  const work = run.take(1)!;
  await turnOfLoop();
  await turnOfLoop();
  execute(run.take(10)!);
  execute(work);
  const [one, two, failed] = results(run);
  assert.deepEqual([one, two], [1, 2]);
  assert.equal(((failed as Failed).error as Error).message, "no more");
  assert.equal(run.finished, true);
});
