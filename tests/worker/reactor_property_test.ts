import assert from "node:assert/strict";
import { decodeEach, encodeEach } from "../../wire/codec.ts";
import { LIMITS } from "../../wire/limits.ts";
import type { Message } from "../../wire/messages.ts";
import { ReceivedWork } from "../../worker/received_work.ts";
import type { Work } from "../../futures/work.ts";
import fc from "../fast_check.ts";
import { bundle, Driver } from "./driver.ts";
import type { OwnWork } from "./driver.ts";

/** A step of a random history: what happens, and two numbers of which it makes what it needs. */
type Step = { what: string; a: number; b: number };

const LEGAL = [
  ...["spawn", "spawn", "take", "take", "settle", "settle", "fail", "lose", "putBack", "flush"],
  ...["bundle", "bundle", "fetched", "unfetched", "result", "result", "result", "load", "cancel"],
  ...["withdraw", "program", "pass", "beat", "active"],
];
const ILLEGAL = ["falseResult", "falseStarted", "falseCancel", "noise", "again", "welcome", "gap"];
const FATAL = ["broke", "refuse", "shutdown", "failed", "leave"];

/** A random history of a worker, and what must be true of it. */
class History {
  readonly own: OwnWork[] = [];
  /** Parts of bundles that came, by address: how often each task was told of. */
  readonly came = new Map<string, number>();
  /** Begun and neither settled nor lost. */
  readonly running: { work: Work; index: number }[] = [];
  /** Taken, and not all of it begun: it is put back, or goes on. */
  #held: Work[] = [];
  #lastId = 0;
  /** The number of the last message of the worker that was looked at. */
  #seen: number;
  /** Headers of bundles that left, whose results may come. */
  readonly away: { id: number; count: number }[] = [];

  constructor(readonly driver: Driver) {
    this.#seen = driver.said;
  }

  do({ what, a, b }: Step): void {
    const { driver } = this;
    switch (what) {
      case "spawn": {
        const options = { count: 1 + a % 4, mean: [undefined, 0.1, 1, 50][b % 4] };
        const timeout = a % 5 === 0 ? 100 : 0;
        this.own.push(driver.spawn(`own ${b % 3}`, { ...options, timeout }));
        break;
      }
      case "take": {
        const work = driver.take();
        if (work !== undefined) this.#held.push(work);
        break;
      }
      case "settle":
      case "fail":
      case "lose":
        return this.#go(what, a, b);
      case "putBack":
        for (const work of this.#held.splice(0)) {
          if (work.next < work.count) driver.reactor.putBack(work);
        }
        break;
      case "flush":
        driver.flush();
        break;
      case "bundle": {
        const id = ++this.#lastId;
        const count = 1 + a % 5;
        const fn = { kind: "builtin", name: ["f", "g", `new ${b % 3}`][a % 3]! };
        const needs = b % 7 === 0 ? ["@scoop/scattered 1"] : [];
        driver.hear(bundle({ id, base: b % 3, count, fn, needs, timeout: a % 4 === 0 ? 100 : 0 }));
        for (let i = 0; i < count; i++) this.came.set(`${id} ${b % 3 + i}`, 0);
        break;
      }
      case "fetched":
      case "unfetched":
        this.#fetched(what, a);
        break;
      case "result": {
        const away = this.away[a % (this.away.length || 1)];
        if (away === undefined) break;
        const base = b % away.count;
        const values = Array(1 + (a + b) % (away.count - base)).fill(1);
        driver.result(away.id, base, values, a % 2 === 0 ? [] : [0]);
        break;
      }
      case "load":
        driver.load(a % 5, 1 + b % 4);
        break;
      case "cancel":
        driver.hear({ type: "cancel", owner: "other", id: a % 9, index: b % 6 - 1 });
        break;
      case "withdraw": {
        const work = this.own[a % (this.own.length || 1)];
        work?.withdraw?.(b % 2 === 0 ? -1 : b % work.count);
        break;
      }
      case "program":
        driver.program((["waiting", "idle", "running"] as const)[a % 3]!);
        break;
      case "pass":
        driver.pass(a * b % 1_500);
        break;
      case "beat":
        driver.pass(LIMITS.workerTickMs);
        break;
      case "active":
        driver.active = a % 3;
        driver.flush();
        break;
      default:
        this.#falsehood({ what, a, b });
    }
    this.#look();
  }

  #go(how: "settle" | "fail" | "lose", a: number, b: number): void {
    const work = this.#held[a % (this.#held.length || 1)];
    if (work !== undefined && work.next < work.count) {
      const index = work.next++;
      this.driver.reactor.begins(work, index, this.driver.now)
        .forEach((action) => action.kind === "send" && this.driver.sent.push(action));
      if (!work.skip(index)) this.running.push({ work, index });
    }
    const [one] = b % 3 === 0 ? [] : this.running.splice(b % (this.running.length || 1), 1);
    if (one !== undefined) {
      const { work, index } = one;
      if (how === "settle") work.settle(index, b % 5 === 0 ? { large: [b] } : b);
      else if (how === "fail") work.fail(index, new RangeError("no"));
      // Work of ours would be offered again; that is up to its owner.
      else if (work instanceof ReceivedWork) work.lose(index, "exit code 1");
      else work.fail(index, new Error("lost"));
      this.driver.reactor.ends(work);
    }
    this.#held = this.#held.filter((work) => work.next < work.count);
    this.driver.reactor.check();
    this.#look();
  }

  #fetched(how: string, a: number): void {
    const asked = this.driver.actions.filter((action) => action.kind === "fetch");
    const one = asked[a % (asked.length || 1)];
    if (one === undefined) return;
    const { work } = one;
    if (how === "fetched") this.driver.receive({ kind: "fetched", work, fn: () => 1 });
    else this.driver.receive({ kind: "unfetched", work, error: new Error("no function") });
  }

  #falsehood({ what, a, b }: Step): void {
    const { driver } = this;
    switch (what) {
      case "falseResult":
        return driver.result(a, b, [1, 2], [1], b % 2 === 0 ? "w" : "other");
      case "falseStarted":
        return driver.hear({ type: "started", owner: "w", id: a, base: b, count: 1 + a % 3 });
      case "falseCancel":
        return driver.hear({ type: "cancel", owner: "w", id: a, index: -b });
      case "noise":
        return driver.hear(NOISE[a % NOISE.length]!);
      case "again":
        return driver.receive({
          kind: "message",
          numbered: { message: NOISE[0]!, number: 1 + a % 3 },
        });
      case "gap":
        return driver.receive({
          kind: "message",
          numbered: { message: NOISE[0]!, number: 1_000 + a },
        });
      case "welcome":
        // What it has is never less than it had, or the session is another one.
        return driver.welcome({ received: a % 50 === 0 ? 1e6 : this.#seen });
      case "broke":
        return driver.receive({ kind: "broke" });
      case "refuse":
        return driver.hear({ type: "refuse", instance: "b1", session: "", reason: "no" });
      case "shutdown":
        return driver.hear({ type: "shutdown", reason: "over" });
      case "failed":
        return driver.receive({ kind: "failed", error: new Error("no sockets") });
      case "leave": {
        const error = a % 2 === 0 ? undefined : new Error("left");
        return driver.receive({ kind: "leave", error });
      }
    }
  }

  /** Looks at what was sent: each message counts once, however often it is sent. */
  #look(): void {
    for (const { message, number } of this.driver.sent.splice(0)) {
      if (number === 0 || number <= this.#seen) continue;
      assert.equal(number, this.#seen + 1, "a session goes on one by one");
      this.#seen = number;
      this.#take(message);
    }
  }

  #take(message: Message): void {
    const tell = (id: number, base: number, count: number) => {
      for (let i = base; i < base + count; i++) {
        const before = this.came.get(`${id} ${i}`);
        assert.equal(before, 0, `task ${i} of bundle ${id} has one end`);
        this.came.set(`${id} ${i}`, 1);
      }
    };
    if (message.type === "bundle") this.away.push(message.bundle);
    else if (message.type === "giveBack") tell(message.id, message.base, message.count);
    else if (message.type === "lost") tell(message.id, message.index, 1);
    else if (message.type === "result") {
      const { id, base, count } = message.result;
      assert.equal(decodeEach(message.payload.body, message.payload.frames).length, count);
      tell(id, base, count);
    }
  }

  /** Everything that can come to its end does. */
  finish(): void {
    const { driver } = this;
    const step = (what: string) => this.do({ what, a: 0, b: 1 });
    driver.active = 0;
    for (let i = 0; i < 50; i++) step("fetched");
    for (const action of [...driver.actions]) {
      if (action.kind !== "fetch") continue;
      driver.receive({ kind: "fetched", work: action.work, fn: () => 1 });
    }
    driver.program("waiting");
    for (let left = true; left;) {
      step("take");
      left = this.#held.length > 0 || this.running.length > 0;
      while (this.#held.length > 0 || this.running.length > 0) step("settle");
    }
    driver.pass(LIMITS.workerTickMs);
    this.#look();
  }
}

const payload = encodeEach([1]);
const NOISE: Message[] = [
  { type: "sync", received: 0, sent: 0 },
  { type: "sync", received: 1e9, sent: 1e9 },
  { type: "goodbye" },
  { type: "echo", number: 1 },
  { type: "credit", bundles: 3, ahead: 1, idle: true },
  { type: "busy", label: "x", timeout: 3 },
  { type: "giveBack", owner: "w", id: 1, base: 0, count: 1 },
  { type: "lost", owner: "other", id: 1, index: 0, reason: "x" },
  { type: "getConstant", name: "x" },
  { type: "constant", name: "x", payload },
  { type: "constantSet", name: "x", taken: false },
  { type: "noConstant", name: "x" },
  { type: "peerWelcome", received: 3 },
  {
    ...{ type: "hello", protocol: 3, name: "x", origin: true, key: "", pid: 1, host: "h" },
    ...{ session: "x", received: 3 },
  },
];

function stepOf(...kinds: string[]) {
  return fc.record({ what: fc.constantFrom(...kinds), a: fc.nat(99), b: fc.nat(99) });
}

const SETTING = fc.record({ isOrigin: fc.boolean(), isOwner: fc.boolean(), size: fc.nat(4) });

function begin(
  setting: { isOrigin: boolean; isOwner: boolean; size: number },
  serves: boolean,
): History {
  const isOwner = setting.isOrigin && setting.isOwner;
  const driver = new Driver({ ...setting, isOwner });
  driver.know("f", 1);
  driver.know("g");
  if (serves) driver.serve({ size: setting.size });
  return new History(driver);
}

Deno.test("reactor: whatever happens, in whatever order, its invariants hold", () => {
  const step = fc.oneof(
    { weight: 30, arbitrary: stepOf(...LEGAL) },
    { weight: 8, arbitrary: stepOf(...ILLEGAL) },
    { weight: 1, arbitrary: stepOf(...FATAL) },
  );
  const steps = fc.array(step, { maxLength: 150, size: "max" });
  fc.assert(
    fc.property(SETTING, fc.boolean(), steps, (setting, serves, all) => {
      const history = begin(setting, serves);
      for (const one of all) history.do(one);
      history.driver.receive({ kind: "leave", error: new Error("the end") });
      for (const { told, name } of history.own) {
        assert.ok(told.every((times) => times <= 1), `${name}: one outcome each`);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("reactor: nothing is lost: each task that came has one end, each that left one outcome", () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: stepOf(...LEGAL) },
    { weight: 1, arbitrary: stepOf("falseResult", "falseStarted", "falseCancel") },
  );
  const steps = fc.array(step, { maxLength: 150, size: "max" });
  fc.assert(
    fc.property(SETTING, steps, (setting, all) => {
      const history = begin(setting, true);
      const { driver } = history;
      for (const one of all) history.do(one);
      history.finish();
      if (!(setting.isOrigin && setting.isOwner)) {
        for (const [task, ends] of history.came) assert.equal(ends, 1, `task ${task}`);
      }
      for (const { id, count } of history.away) {
        for (let i = 0; i < count; i++) driver.result(id, i, [1]);
      }
      driver.receive({ kind: "leave", error: new Error("the end") });
      for (const { told, name, count } of history.own) {
        assert.deepEqual(told, Array(count).fill(1), name);
      }
      assert.equal(driver.reactor.pending, 0);
    }),
    { numRuns: 300 },
  );
});
