import assert from "node:assert/strict";
import { encodeEach } from "../../wire/codec.ts";
import { BrokerLostError, CancelledError } from "../../wire/errors.ts";
import { LIMITS } from "../../wire/limits.ts";
import { FakeSource } from "../futures/fakes.ts";
import { Driver, origin, worker } from "./driver.ts";

const { idleOpenMs, patienceMs, brokerGraceMs, firstAnswerMs } = LIMITS;

Deno.test("reactor: the program's process takes no work while the program runs", () => {
  const driver = new Driver({ isOrigin: true });
  driver.serve();
  driver.pass(1);
  assert.deepEqual(driver.look(), []);
  driver.program("waiting");
  assert.deepEqual(driver.kinds, ["hold"]);
  assert.deepEqual(driver.look(), ["credit 1 idle"]);
});

Deno.test("reactor: what was sent to the program goes back when it goes on", () => {
  const driver = origin();
  driver.know("f", 1);
  driver.bundle({ id: 1, base: 5, count: 3 });
  driver.bundle({ id: 2, count: 2 });
  driver.bundle({ id: 3, fn: { kind: "builtin", name: "new" } });
  const waits = driver.fetching();
  const begun = driver.begin()!;
  driver.look();
  driver.program("running");
  assert.deepEqual(driver.lookAtWork(), [], "it may come back in a moment");
  assert.equal(driver.reactor.changesAt(driver.now), driver.now + patienceMs);
  driver.program("waiting");
  driver.now += patienceMs;
  driver.flush();
  assert.deepEqual(driver.lookAtWork(), []);
  driver.program("running");
  driver.now += patienceMs;
  driver.flush();
  assert.deepEqual(driver.kinds, ["hold"]);
  // The rest of what it has begun goes as well: it comes after what had not been.
  assert.deepEqual(driver.look(), ["giveBack other/1 6+2", "giveBack other/2 0+2"]);
  begun.work.settle(0, "a");
  driver.flush();
  assert.deepEqual(driver.lookAtWork(), ["result other/1 5: a"]);
  driver.receive({ kind: "fetched", work: waits, fn: () => 1 });
  driver.bundle({ id: 4 });
  assert.deepEqual(driver.lookAtWork(), ["giveBack other/3 0+1", "giveBack other/4 0+1"]);
  assert.equal(driver.take(), undefined);
});

Deno.test("reactor: an idle program executes its own work, and that of others after a while", () => {
  const driver = new Driver({ isOrigin: true });
  driver.know("f", 1);
  driver.serve();
  driver.spawn("own", { mean: 1 });
  driver.program("idle");
  assert.deepEqual(driver.look(), []);
  assert.equal(driver.take()!.handle.label, "own");
  driver.bundle({ id: 1 });
  assert.deepEqual(driver.lookAtWork(), ["giveBack other/1 0+1"]);
  assert.equal(driver.reactor.changesAt(driver.now), idleOpenMs);
  driver.now = idleOpenMs;
  driver.flush();
  assert.deepEqual(driver.look(), ["credit 2 idle"]);
  driver.bundle({ id: 2 });
  driver.execute();
  assert.deepEqual(driver.lookAtWork(), ["result other/2 0: 0"]);
  assert.ok(!driver.kinds.includes("hold"), "its end is not put off for others");
});

Deno.test("reactor: a lost broker fails what is away; the program goes on by itself", () => {
  const driver = origin();
  const works = ["a", "b", "c", "d"].map((name) => driver.spawn(name, { mean: 1, count: 2 }));
  driver.load(2);
  driver.result(1, 1, ["early"]);
  driver.look();
  driver.receive({ kind: "broke" });
  driver.pass(brokerGraceMs);
  assert.deepEqual(driver.kinds.filter((kind) => kind === "abandon"), []);
  driver.pass(1);
  assert.ok(driver.kinds.includes("lost") && driver.kinds.includes("wake"));
  assert.ok(!driver.kinds.includes("report"), "whoever had something there is told so");
  const said = works.map(({ outcomes }) => outcomes.map(([kind]) => kind).join());
  assert.deepEqual(said, ["error,value", "error,error", "", ""]);
  assert.ok(works[0]!.outcomes[0]![1] instanceof BrokerLostError);
  assert.equal(driver.reactor.size, 1);
  driver.look();
  driver.execute();
  driver.execute();
  driver.spawn("later", { mean: 1_000 });
  driver.spawn("latest", { mean: 1_000 });
  driver.execute();
  driver.execute();
  driver.result(1, 0, ["too late"]);
  assert.deepEqual(driver.lookAtWork(), [], "and nobody is told of it");
  assert.deepEqual(works.map(({ told }) => told.join("")), ["11", "11", "11", "11"]);
  assert.equal(driver.reactor.pending, 0);
});

Deno.test("reactor: a connection that is back goes on as if nothing had been", () => {
  const driver = origin();
  const work = driver.spawn("a", { mean: 1 });
  driver.load(1);
  assert.deepEqual(driver.lookAtWork(), [], "it has nothing else to do");
  driver.spawn("b", { mean: 1 });
  assert.deepEqual(driver.lookAtWork(), ["bundle 1 a 0+1"]);
  driver.receive({ kind: "broke" });
  driver.welcome({ received: 1 });
  assert.deepEqual(driver.lookAtWork(), ["hello 0", "bundle 1 a 0+1"]);
  driver.result(1, 0, ["there"]);
  assert.deepEqual(work.outcomes, [["value", "there"]]);
});

Deno.test("reactor: a broker that was never there is a line for people, and no more", () => {
  const driver = new Driver({ isOrigin: true, size: 1 });
  driver.receive({ kind: "opened", address: "tcp://b:1", key: "" });
  const work = driver.spawn("a", { mean: 1 });
  driver.pass(firstAnswerMs + 1);
  const [report] = driver.actions.filter((action) => action.kind === "report");
  assert.match(report!.text, /^no broker answers at tcp:\/\/b:1: start one; the program goes on/);
  driver.program("waiting");
  driver.execute();
  assert.deepEqual(work.told, [1]);

  const unopened = new Driver({ isOrigin: true, size: 1 });
  unopened.receive({ kind: "failed", error: new Error("no zeromq") });
  assert.ok(unopened.kinds.includes("lost"));
  unopened.spawn("a");
  assert.ok(unopened.execute());
});

Deno.test("reactor: an owner executes nothing; without a broker all of it fails", () => {
  const driver = new Driver({ isOrigin: true, isOwner: true });
  driver.serve();
  const away = driver.spawn("a", { mean: 0.01 });
  assert.deepEqual(driver.lookAtWork(), ["bundle 1 a 0+1"]);
  driver.program("waiting");
  assert.deepEqual(driver.look(), [], "it takes no work, however idle");
  // More than the broker is kept in stock with.
  const source = new FakeSource("m", 1_000, { mean: 1_000 });
  driver.offer(source);
  assert.ok(source.left > 0);
  assert.equal(driver.take(), undefined);
  driver.hear({ type: "refuse", instance: "b1", session: "", reason: "another key" });
  assert.deepEqual(away.outcomes.map(([kind]) => kind), ["error"]);
  assert.equal(source.left, 0);
  assert.ok(!driver.kinds.includes("report"), "whoever submitted is told");
  const late = driver.spawn("b");
  assert.deepEqual(late.outcomes.map(([, error]) => (error as Error).message), [
    "the broker refused this worker: another key",
  ]);
  assert.equal(driver.reactor.pending, 0);
});

Deno.test("reactor: who leaves says so; an owner's tasks are told why", () => {
  const driver = new Driver({ isOrigin: true, isOwner: true });
  driver.serve();
  const [one, two] = [driver.spawn("a", { mean: 1 }), driver.spawn("b", { mean: 1 })];
  driver.look();
  driver.result(1, 0, ["done"]);
  driver.receive({ kind: "leave", error: new CancelledError("it was shut down") });
  assert.deepEqual(driver.look(), ["goodbye"]);
  const late = driver.spawn("c");
  assert.deepEqual(one.outcomes, [["value", "done"]]);
  for (const { outcomes } of [two, late]) assert.ok(outcomes[0]![1] instanceof CancelledError);

  const program = origin();
  program.spawn("a", { mean: 1 });
  program.receive({ kind: "leave", error: undefined });
  assert.deepEqual(program.lookAtWork(), ["goodbye"]);
  program.pass(1e6);
  assert.deepEqual(program.look(), []);
  assert.ok(program.execute());
});

Deno.test("reactor: the end of the run is the end", () => {
  const driver = worker();
  driver.hear({ type: "shutdown", reason: "the program has ended" });
  const over = driver.actions.findIndex((action) => action.kind === "over");
  const lost = driver.actions.findIndex((action) => action.kind === "lost");
  assert.ok(over >= 0 && over < lost, "it is no loss to whoever waits for the end");
  driver.hear({ type: "shutdown", reason: "again" });
  assert.equal(driver.kinds.filter((kind) => kind === "over").length, 1);
});

Deno.test("reactor: false messages change nothing", () => {
  const driver = origin();
  const work = driver.spawn("a", { mean: 1, count: 2 });
  driver.spawn("b", { mean: 1 });
  driver.load(1);
  driver.look();
  driver.result(99, 0, ["x"]);
  driver.result(1, 1, ["x", "y"]);
  driver.result(1, 2 ** 52, ["x"]);
  driver.result(1, 0, ["x", "y"], [], "other");
  driver.hear({ type: "started", owner: "w", id: 1, base: 2, count: 1 });
  driver.hear({ type: "started", owner: "w", id: 9, base: 0, count: 1 });
  driver.hear({ type: "started", owner: "other", id: 1, base: 0, count: 1 });
  driver.hear({ type: "cancel", owner: "other", id: 3, index: 0 });
  driver.hear({ type: "cancel", owner: "w", id: 1, index: 0.5 });
  const hello = { type: "hello", name: "x", origin: true, key: "", pid: 1, host: "h" } as const;
  driver.hear({ ...hello, protocol: 1, session: "x", received: 5 });
  driver.hear({ type: "peer", protocol: 1, name: "x", key: "", session: "x", received: 5 });
  driver.hear({ type: "peerWelcome", received: 5 });
  driver.hear({ type: "goodbye" });
  driver.hear({ type: "credit", bundles: 5, ahead: 0, idle: true });
  driver.hear({ type: "busy", label: "x", timeout: 5 });
  driver.hear({ type: "giveBack", owner: "w", id: 1, base: 0, count: 2 });
  driver.hear({ type: "lost", owner: "w", id: 1, index: 0, reason: "x" });
  driver.hear({ type: "getConstant", name: "x" });
  driver.welcome({ received: 1, demand: 9 });
  assert.deepEqual([work.told, work.startedElsewhere], [[0, 0], []]);
  assert.deepEqual(driver.lookAtWork(), ["bundle 1 a 0+2"], "as if it had not come");
  driver.result(1, 0, ["one", "two"]);
  driver.result(1, 0, ["again", "again"]);
  driver.result(1, 1, ["again"]);
  assert.deepEqual(work.outcomes, [["value", "one"], ["value", "two"]]);
  assert.deepEqual(work.told, [1, 1]);
});

Deno.test("reactor: a bundle whose function has no address at all fails, like any other", () => {
  const driver = worker();
  driver.bundle({ fn: {} });
  driver.receive({ kind: "unfetched", work: driver.fetching(), error: new Error("unknown kind") });
  assert.deepEqual(driver.lookAtWork(), ["result other/1 0: !unknown kind"]);
});

Deno.test("reactor: what is said of constants is handed on", () => {
  const driver = worker();
  const payload = encodeEach([1]);
  driver.hear({ type: "constant", name: "c", payload });
  driver.hear({ type: "constantSet", name: "c", taken: true });
  driver.hear({ type: "noConstant", name: "c" });
  driver.hear({ type: "dropConstant", name: "c" });
  const said = driver.actions.flatMap((action) =>
    action.kind === "constants" ? [action.message.type] : []
  );
  assert.deepEqual(said, ["constant", "constantSet", "noConstant", "dropConstant"]);
  driver.reactor.say({ type: "getConstant", name: "c" });
  driver.flush();
  assert.deepEqual(driver.lookAtWork(), ["getConstant"]);
});

Deno.test("reactor: what one bundle waits for does not send another around while nobody computes", () => {
  const driver = worker(50);
  driver.load(9);
  driver.bundle({ id: 1, needs: ["@scoop/scattered far"] });
  driver.bundle({ id: 2 });
  driver.flush();
  assert.deepEqual(driver.lookAtWork(), []);
  assert.equal(driver.execute()?.handle.label, "f");
  assert.deepEqual(driver.lookAtWork(), ["result other/2 0: 0"]);
});
