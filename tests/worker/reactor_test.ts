import assert from "node:assert/strict";
import { Withdrawn } from "../../wire/withdrawn.ts";
import { LIMITS } from "../../wire/limits.ts";
import { Driver, origin, OwnWork, worker } from "./driver.ts";

Deno.test("reactor: in no run, work is executed here and nothing is said", () => {
  const driver = new Driver({ isOrigin: true, alone: true });
  const work = driver.spawn("a", { count: 3 });
  driver.program("waiting");
  driver.pass(1e6);
  assert.equal(driver.execute(), work);
  assert.deepEqual(work.told, [1, 1, 1]);
  assert.deepEqual(driver.look(), []);
});

Deno.test("reactor: nothing begins while it is not known where the broker is", () => {
  const driver = new Driver({ isOrigin: true });
  driver.spawn("a", { mean: 1 });
  assert.equal(driver.take(), undefined);
  driver.receive({ kind: "opened", address: "tcp://b:1", key: "" });
  assert.deepEqual(driver.look(), ["hello 0"]);
  assert.equal(driver.take(), undefined, "workers may be there in a moment");
  driver.welcome();
  assert.ok(driver.kinds.includes("wake"));
  assert.equal(driver.take()!.handle.label, "a");
});

Deno.test("reactor: with a broker that is there work begins at once, and others get their share", () => {
  const driver = new Driver({ isOrigin: true, isThere: true });
  for (let i = 0; i < 4; i++) driver.spawn("f", { mean: 100 });
  assert.equal(driver.take(), undefined);
  driver.receive({ kind: "opened", address: "tcp://b:1", key: "" });
  assert.ok(driver.kinds.includes("wake"));
  const said = driver.lookAtWork();
  assert.deepEqual(said, ["hello 0", ...[1, 2, 3].map((id) => `bundle ${id} f 0+1`)]);
  assert.equal(driver.take()!.handle.label, "f");
  driver.welcome();
  assert.deepEqual(driver.lookAtWork(), [], "they are on their way");
});

Deno.test("reactor: whoever waits long for the welcome begins without it", () => {
  const driver = new Driver({ isOrigin: true });
  driver.receive({ kind: "opened", address: "tcp://b:1", key: "" });
  driver.spawn("a", { mean: 1 });
  driver.pass(LIMITS.greetingMs - 1);
  assert.equal(driver.take(), undefined);
  driver.look();
  driver.pass(1);
  assert.ok(driver.kinds.includes("wake"), "and is woken for it");
  assert.equal(driver.take()!.handle.label, "a");
});

Deno.test("reactor: what leaves before there is a connection arrives when there is one", () => {
  const driver = new Driver({ isOrigin: true });
  for (let i = 0; i < 4; i++) driver.spawn("f", { mean: 100 });
  assert.deepEqual(driver.look(), []);
  driver.receive({ kind: "opened", address: "tcp://b:1", key: "" });
  driver.welcome();
  const bundles = driver.lookAtWork();
  assert.deepEqual(bundles[0], "hello 0");
  assert.deepEqual(bundles.slice(1), [1, 2, 3].map((id) => `bundle ${id} f 0+1`));
  assert.equal(driver.reactor.pending, 4);
});

Deno.test("reactor: a worker takes work when its program is there, and not before", () => {
  const driver = new Driver();
  driver.receive({ kind: "opened", address: "tcp://b:1", key: "" });
  driver.welcome({ size: 5 });
  assert.ok(driver.kinds.includes("prepare"));
  assert.deepEqual([driver.reactor.size, driver.reactor.brokerName], [5, "broker"]);
  assert.deepEqual(driver.look(), ["hello 0"]);
  driver.receive({ kind: "prepared" });
  assert.deepEqual(driver.look(), ["credit 1 idle"]);
});

Deno.test("reactor: a second welcome is for the session alone", () => {
  const driver = origin();
  driver.welcome({ size: 9 });
  assert.ok(!driver.kinds.includes("prepare"));
  assert.equal(driver.reactor.size, 3);
});

Deno.test("reactor: gives away when others are hungry, and results come home", () => {
  const driver = origin();
  const works = ["a", "b", "c"].map((name) => driver.spawn(name, { mean: 1, count: 3 }));
  assert.deepEqual(driver.lookAtWork(), []);
  driver.load(2);
  assert.deepEqual(driver.lookAtWork(), ["bundle 1 a 0+3", "bundle 2 b 0+3"]);
  driver.result(2, 1, ["y"]);
  driver.result(1, 0, ["p", new RangeError("q"), "r"], [1]);
  driver.result(2, 2, ["z"]);
  assert.equal(driver.reactor.pending, 2);
  driver.result(2, 0, ["x"]);
  assert.equal(driver.reactor.pending, 1);
  assert.deepEqual(works[0]!.outcomes.map(([kind]) => kind), ["value", "error", "value"]);
  assert.deepEqual(works[1]!.outcomes, [["value", "x"], ["value", "y"], ["value", "z"]]);
  assert.deepEqual(works.map(({ told }) => told.join("")), ["111", "111", "000"]);
  assert.ok(driver.kinds.includes("wake"));
});

Deno.test("reactor: what is left of a bundle leaves under addresses of its own", () => {
  const driver = origin();
  const work = driver.spawn("a", { mean: 1, count: 4 });
  const begun = driver.begin()!;
  assert.equal(begun.index, 0);
  driver.active = 1;
  driver.load(1);
  assert.deepEqual(driver.lookAtWork(), ["bundle 1 a 0+3"]);
  driver.hear({ type: "started", owner: "w", id: 1, base: 0, count: 1 });
  assert.deepEqual(work.startedElsewhere, [1]);
  work.withdraw!(3);
  driver.flush();
  assert.deepEqual(driver.lookAtWork(), ["cancel w/1 2"]);
  work.withdraw!(-1);
  driver.flush();
  assert.deepEqual(driver.lookAtWork(), ["cancel w/1 -1"]);
  driver.result(1, 0, [1, 2, 3]);
  begun.work.settle(0, 0);
  assert.deepEqual(work.outcomes.map(([, value]) => value), [0, 1, 2, 3]);
  assert.deepEqual(work.told, [1, 1, 1, 1]);
});

Deno.test("reactor: a bundle is executed, its results leave, and more is asked for", () => {
  const driver = worker();
  driver.bundle({ id: 7, base: 10, count: 3 });
  assert.ok(driver.kinds.includes("wake"));
  driver.execute();
  assert.deepEqual(driver.look(), ["result other/7 10: 10,11,12", "credit 9 idle"]);
});

Deno.test("reactor: a bundle waits for its function, or for its values", () => {
  const driver = worker();
  driver.bundle({ id: 1, fn: { kind: "builtin", name: "new" } });
  const one = driver.fetching();
  driver.bundle({ id: 2, needs: ["@scoop/scattered 1"] });
  const two = driver.fetching();
  assert.equal(driver.take(), undefined);
  driver.look();
  driver.receive({ kind: "fetched", work: two, fn: () => 2 });
  assert.ok(driver.kinds.includes("wake"));
  driver.execute();
  assert.deepEqual(driver.lookAtWork(), ["result other/2 0: 0"]);
  driver.receive({ kind: "unfetched", work: one, error: new Error("no such function") });
  assert.deepEqual(driver.lookAtWork(), ["result other/1 0: !no such function"]);
  for (const work of [one, two]) {
    driver.receive({ kind: "fetched", work, fn: () => 3 });
    driver.receive({ kind: "unfetched", work, error: new Error("again") });
  }
  assert.deepEqual(driver.lookAtWork(), []);
  driver.here.add("@scoop/scattered 1");
  driver.bundle({ id: 3, needs: ["@scoop/scattered 1"] });
  assert.ok(!driver.kinds.includes("fetch"));
});

Deno.test("reactor: what its owner does not want any more is not executed", () => {
  const driver = worker();
  driver.bundle({ count: 3 });
  driver.hear({ type: "cancel", owner: "other", id: 1, index: 1 });
  driver.execute();
  assert.deepEqual(driver.lookAtWork(), ["result other/1 0: 0,,2"]);
  driver.bundle({ id: 2, count: 2 });
  driver.bundle({ id: 2, base: 5, count: 2 });
  driver.hear({ type: "cancel", owner: "other", id: 2, index: -1 });
  driver.execute();
  driver.execute();
  assert.deepEqual(driver.lookAtWork(), [
    `result other/2 0: ${[Withdrawn.notBegun, Withdrawn.notBegun]}`,
    `result other/2 5: ${[Withdrawn.notBegun, Withdrawn.notBegun]}`,
  ]);
  // It has left: nobody is there to cancel.
  driver.hear({ type: "cancel", owner: "other", id: 2, index: -1 });
});

Deno.test("reactor: outcomes are told soon, while others of the bundle still run", () => {
  const driver = worker(5);
  driver.bundle({ count: 3 });
  driver.look();
  const one = driver.begin()!;
  const two = driver.begin()!;
  assert.equal(driver.reactor.changesAt(driver.now), Infinity);
  driver.now += 3;
  two.work.settle(1, "b");
  assert.ok(driver.stirred);
  driver.flush();
  assert.deepEqual(driver.lookAtWork(), [], "it may soon have company");
  const at = driver.reactor.changesAt(driver.now);
  assert.ok(at <= driver.now + LIMITS.reportMs);
  driver.now = at;
  driver.flush();
  assert.deepEqual(driver.lookAtWork(), ["result other/1 1: b"]);
  assert.equal(driver.reactor.changesAt(driver.now), Infinity);
  one.work.settle(0, "a");
  driver.begin()!.work.settle(2, "c");
  driver.flush();
  assert.deepEqual(driver.lookAtWork(), ["result other/1 0: a", "result other/1 2: c"]);
});

Deno.test("reactor: what is there leaves before a task that may keep the processor", () => {
  const driver = worker(1);
  driver.know("long", 500);
  driver.bundle({ id: 1, count: 2 });
  driver.bundle({ id: 2, fn: { kind: "builtin", name: "long" } });
  driver.look();
  const { work } = driver.begin()!;
  const second = driver.begin()!;
  work.settle(0, "a");
  driver.begin();
  assert.deepEqual(driver.lookAtWork(), ["result other/1 0: a", "started other/2 0"]);
  second.work.settle(1, "b");
  driver.spawn("own", { mean: 500 });
  driver.look();
  driver.bundle({ id: 3 });
  driver.begin();
  assert.deepEqual(driver.look().filter((words) => words.startsWith("result")), [], "it has left");
});

Deno.test("reactor: what others should do leaves before a task that may keep the processor", () => {
  for (const mean of [undefined, 500]) {
    const driver = origin();
    driver.load(3);
    driver.look();
    // Nobody has flushed since.
    const works = ["a", "b", "c"].map((name) => new OwnWork(name, undefined, { mean }));
    for (const work of works) driver.reactor.offer(work, driver.turn);
    assert.deepEqual([driver.begin()!.work, driver.lookAtWork()], [works[0], [
      "bundle 1 b 0+1",
      "bundle 2 c 0+1",
    ]]);
  }
});

Deno.test("reactor: a task that takes long, or may not, is announced before it begins", () => {
  const begun = (mean: number | undefined, timeout = 0, retries = 2) => {
    const driver = worker(mean);
    if (mean === undefined) driver.know("f");
    driver.bundle({ base: 4, count: 2, timeout, retries });
    driver.look();
    driver.begin()!.work.settle(0, "a");
    driver.begin();
    return driver.lookAtWork();
  };
  assert.deepEqual(begun(1), []);
  assert.deepEqual(begun(1, 1_000), ["started other/1 4", "started other/1 5"]);
  const told = ["started other/1 4", "result other/1 4: a", "started other/1 5"];
  assert.deepEqual(begun(50), told);
  assert.deepEqual(begun(undefined), told);
  assert.deepEqual(begun(1, 1_000, 0), told, "what never runs twice is known to have ended");
});

Deno.test("reactor: what never runs twice is known to have ended before one that may get stuck", () => {
  const driver = worker(1);
  for (const id of [1, 2]) driver.bundle({ id, timeout: 1_000, retries: 0 });
  driver.bundle({ id: 3, timeout: 1_000, retries: 1 });
  driver.look();
  for (const value of ["a", "b"]) driver.begin()!.work.settle(0, value);
  driver.begin();
  assert.deepEqual(driver.lookAtWork(), [
    ...["started other/1 0", "result other/1 0: a"],
    ...["started other/2 0", "result other/2 0: b", "started other/3 0"],
  ]);
});

Deno.test("reactor: the broker knows of a worker's own task with a timeout, and of its end", () => {
  const driver = worker();
  driver.spawn("own", { mean: 1, timeout: 50 });
  driver.look();
  const { work } = driver.begin()!;
  assert.deepEqual(driver.look(), ["busy own 50"]);
  driver.reactor.ends(work);
  assert.ok(driver.stirred);
  driver.flush();
  assert.ok(driver.look().includes("busy own 0"));

  const program = origin();
  program.spawn("own", { mean: 1, timeout: 50 });
  program.reactor.ends(program.begin()!.work);
  program.flush();
  assert.deepEqual(program.lookAtWork(), [], "the origin is not to be killed for it");
});

Deno.test("reactor: a task that ended its process is told of, and its bundle goes on", () => {
  const driver = worker();
  driver.bundle({ base: 2, count: 2 });
  driver.look();
  const { work } = driver.begin()!;
  work.lose(0, "exit code 1");
  driver.flush();
  assert.deepEqual(driver.lookAtWork(), ["lost other/1 2 exit code 1"]);
  driver.execute();
  assert.deepEqual(driver.lookAtWork(), ["result other/1 3: 3"]);
  driver.bundle({ id: 2 });
  driver.begin()!.work.lose(0, "signal SIGKILL");
  driver.flush();
  assert.deepEqual(driver.lookAtWork(), ["lost other/2 0 signal SIGKILL"]);
});

Deno.test("reactor: more than it will get to goes back when others are hungry", () => {
  const driver = worker(50);
  for (const id of [1, 2, 3]) driver.bundle({ id });
  driver.active = 1;
  driver.look();
  driver.load(2);
  assert.deepEqual(driver.lookAtWork(), ["giveBack other/1 0+1", "giveBack other/2 0+1"]);
  driver.active = 0;
  assert.equal((driver.execute() as { bundle?: { id: number } }).bundle!.id, 3);
});

Deno.test("reactor: behind a task that does nothing, what came goes back, and nothing more is asked for", () => {
  const driver = worker(50);
  driver.bundle({ id: 1 });
  driver.begin();
  driver.active = 1;
  driver.bundle({ id: 2 });
  assert.ok(driver.reactor.workWaits);
  driver.look();
  driver.receive({ kind: "stalled" });
  assert.ok(!driver.reactor.workWaits);
  assert.deepEqual(driver.lookAtWork(), ["giveBack other/2 0+1"]);
  driver.bundle({ id: 3 });
  assert.deepEqual(driver.lookAtWork(), ["giveBack other/3 0+1"], "as what was under way");
  driver.active = 0;
  assert.equal(driver.reactor.take(() => driver.now), undefined);
  driver.flush();
  assert.ok(driver.look().some((one) => one.startsWith("credit")), "it takes part again");
});

Deno.test("reactor: a worker whose task goes on after waiting tells that it is idle no longer, once it lasts", () => {
  for (const mean of [1, 12, 20, 40]) {
    const driver = worker(mean);
    driver.look();
    driver.bundle();
    assert.ok(driver.take());
    driver.active = 1;
    driver.flush();
    driver.look();
    // It awaits a future of ours.
    driver.active = 0;
    driver.flush();
    assert.ok(driver.look().some((words) => words.endsWith("idle")), `${mean}`);
    driver.active = 1;
    driver.flush();
    const soon = driver.look();
    driver.now += LIMITS.goesOnMs;
    if (mean < 40) {
      assert.deepEqual(soon, [], "a recursion does so thousands of times");
      assert.ok(driver.reactor.changesAt(driver.now) <= driver.now);
    }
    driver.flush();
    const told = [...soon, ...driver.look()];
    assert.ok(
      told.some((words) => words.startsWith("credit") && !words.endsWith("idle")),
      `${mean}`,
    );
    driver.now += 100;
    driver.flush();
    assert.deepEqual(driver.look(), [], "once is enough");
  }
});

Deno.test("reactor: a program that goes on with each result leaves others less than one that stays", () => {
  const driver = origin();
  const each = 10;
  for (let i = 0; i < 1_000; i++) driver.spawn("f", { mean: each });
  const given = () => {
    const bundles = driver.lookAtWork().map((said) => Number(said.split("+")[1]));
    return each * bundles.reduce((sum, tasks) => sum + tasks, 0);
  };
  const first = given();
  assert.ok(first >= 2 * 100 && first <= 2 * 200, `${first} ms of work for two workers`);
  driver.active = 1;
  driver.program("running");
  assert.equal(given(), 0, "it has only just gone on");
  driver.active = 0;
  driver.program("waiting");
  driver.active = 1;
  driver.program("running");
  driver.pass(LIMITS.patienceMs + 1);
  const all = first + given();
  assert.ok(all >= 2 * 1_000, `${all} ms: others may have to wait for what they ask for`);
});
