/** When a worker tells what it has done, and what. */

import assert from "node:assert/strict";
import { decodeEach, encodeEach } from "../../wire/codec.ts";
import { LIMITS } from "../../wire/limits.ts";
import { readTally } from "../../wire/read_tally.ts";
import type { Tally } from "../../wire/tally.ts";
import { counting, descentOf } from "../../worker/telling.ts";
import type { LocalWork } from "../../futures/work.ts";
import { newTurn } from "../../futures/turn.ts";
import { Driver } from "./driver.ts";
import type { DriverOptions, WelcomeOptions } from "./driver.ts";
import { counted } from "../telemetry/tallies.ts";

const EVERY: number = LIMITS.tallyMs;

/** A worker whose broker wants to hear every second. */
function telling(options: DriverOptions = {}, welcome: WelcomeOptions = {}): Driver {
  const driver = new Driver(options);
  driver.know("f", 1);
  driver.serve({ tallyMs: EVERY, ...welcome });
  return driver;
}

/** What it has told since the last look. */
function tallies(driver: Driver): Tally[] {
  const told = driver.sent.flatMap(({ message }) =>
    message.type === "tally"
      ? decodeEach(message.payload.body, message.payload.frames).map(readTally)
      : []
  );
  driver.look();
  return told;
}

/** How many tasks of f it has told to be done, in each tally since the last look. */
const doneIn = (driver: Driver) =>
  tallies(driver).map(({ functions }) => functions.find(({ label }) => label === "f")?.done ?? 0);

/** A task is done. */
function work(driver: Driver): void {
  driver.keeper.of(counted("f")).done();
}

/** A worker in a task that has told of one that is done, and not yet of another. */
function toldOfOne(): Driver {
  const driver = telling();
  driver.active = 1;
  work(driver);
  driver.flush();
  driver.look();
  work(driver);
  return driver;
}

Deno.test("telling: once a second while it works", () => {
  const driver = telling();
  driver.active = 1;
  const told: number[] = [];
  for (let ms = 0; ms < 5 * EVERY; ms += 50) {
    work(driver);
    driver.pass(50);
    told.push(...doneIn(driver));
  }
  // The first at once, since nothing was told before.
  assert.deepEqual(told, [1, ...Array(4).fill(EVERY / 50)]);
});

Deno.test("telling: when it runs idle, but not again and again", () => {
  const driver = telling();
  driver.active = 1;
  work(driver);
  driver.pass(50);
  assert.deepEqual(doneIn(driver), [1]);
  work(driver);
  driver.pass(50);
  assert.deepEqual(doneIn(driver), []);
  driver.active = 0;
  driver.flush();
  driver.pass(LIMITS.idleTallyMs - 1);
  assert.deepEqual(doneIn(driver), [], "more may come in a moment");
  driver.pass(1);
  assert.deepEqual(doneIn(driver), [1]);
  for (let ms = 0; ms < LIMITS.idleTallyMs - 1; ms++) {
    work(driver);
    driver.pass(1);
    assert.deepEqual(doneIn(driver), []);
  }
  assert.equal(driver.reactor.changesAt(driver.now), driver.now + 1, "it knows when to look again");
  driver.pass(1);
  assert.deepEqual(doneIn(driver), [LIMITS.idleTallyMs - 1]);
});

Deno.test("telling: who is out of work for a moment after each bundle tells once a second", () => {
  const driver = telling();
  work(driver);
  driver.pass(EVERY);
  doneIn(driver);
  let told = 0;
  for (let ms = 0; ms < EVERY; ms += 10) {
    driver.active = 1;
    work(driver);
    driver.pass(9);
    driver.active = 0;
    driver.pass(1);
    told += doneIn(driver).length;
  }
  assert.equal(told, 1);
});

Deno.test("telling: one that has work left is not idle", () => {
  const driver = telling();
  work(driver);
  driver.flush();
  assert.deepEqual(doneIn(driver), [1]);
  driver.bundle({ count: 3 });
  work(driver);
  driver.pass(LIMITS.idleTallyMs);
  assert.deepEqual(doneIn(driver), []);
  driver.pass(EVERY);
  assert.deepEqual(doneIn(driver), [1]);
});

Deno.test("telling: nothing when there is nothing to tell", () => {
  const driver = telling();
  for (let i = 0; i < 100; i++) driver.pass(EVERY / 10);
  assert.deepEqual(tallies(driver), []);
  assert.equal(driver.reactor.telling.changesAt(), Infinity);
});

Deno.test("telling: nothing when the broker asks for none", () => {
  const driver = telling({}, { tallyMs: 0 });
  for (let i = 0; i < 20; i++) {
    work(driver);
    driver.pass(EVERY);
  }
  driver.receive({ kind: "leave", error: undefined });
  assert.deepEqual(tallies(driver), []);
});

type Telling = ReturnType<typeof telling>;

for (
  const [when, ends] of [
    ["it leaves", (driver: Telling) => driver.receive({ kind: "leave", error: undefined })],
    ["the run ends", (driver: Telling) => driver.hear({ type: "shutdown", reason: "over" })],
  ] as const
) {
  Deno.test(`telling: the last when ${when}, before the goodbye`, () => {
    const driver = toldOfOne();
    ends(driver);
    const types = driver.sent.map(({ message }) => message.type);
    assert.deepEqual(types, ["tally", "goodbye"]);
    assert.deepEqual(doneIn(driver), [1]);
  });
}

Deno.test("telling: how its process stands", () => {
  const driver = telling();
  driver.bundle({ id: 1 });
  driver.bundle({ id: 2 });
  driver.active = 2;
  driver.look();
  work(driver);
  driver.pass(EVERY);
  const [tally] = tallies(driver);
  const { running, queued, at, spanMs } = tally!;
  assert.deepEqual({ running, queued, at, spanMs }, {
    ...{ running: 2, queued: 2, at: EVERY, spanMs: EVERY },
  });
});

Deno.test("telling: the time is that of the clock that tasks are measured by", () => {
  const driver = telling();
  driver.active = 1;
  // While a task computes, the clock that judges others stands still.
  driver.computedMs = 4_000;
  work(driver);
  driver.pass(EVERY);
  const [{ at, spanMs }] = tallies(driver) as [Tally];
  assert.deepEqual({ at, spanMs }, { at: EVERY + 4_000, spanMs: EVERY + 4_000 });
});

Deno.test("telling: a program that is over before the welcome has told what it did", () => {
  const driver = new Driver({ isOrigin: true, isThere: true });
  driver.keeper.willBeTold();
  driver.receive({ kind: "opened", address: "tcp://b:1", key: "" });
  work(driver);
  driver.receive({ kind: "leave", error: undefined });
  const types = driver.sent.map(({ message }) => message.type);
  assert.deepEqual(types, ["hello", "tally", "goodbye"]);
  assert.deepEqual(doneIn(driver), [1]);
});

Deno.test("telling: nothing is lost while the broker is away", () => {
  const driver = telling();
  work(driver);
  driver.flush();
  assert.deepEqual(doneIn(driver), [1]);
  driver.receive({ kind: "broke" });
  for (let i = 0; i < 30; i++) {
    work(driver);
    driver.pass(100);
  }
  assert.deepEqual(doneIn(driver), []);
  // It had got what was said before.
  driver.welcome({ tallyMs: EVERY, received: driver.said });
  driver.pass(EVERY);
  assert.equal(doneIn(driver).reduce((sum, done) => sum + done, 0), 30);
});

/** What a broker has heard of a session that began with the last look: nothing twice. */
function heard(driver: Driver): string[] {
  const messages = new Map(driver.sent.map(({ message, number }) => [number, message]));
  const kept = [...messages].filter(([number]) => number > 0).map(([, message]) => message);
  driver.look();
  return kept.map((message) =>
    message.type === "tally"
      ? `tally ${
        readTally(decodeEach(message.payload.body, message.payload.frames)[0]).functions[0]!.done
      }`
      : message.type
  );
}

Deno.test("telling: what a broker that was lost may not have heard is told to the next", () => {
  const driver = telling({ others: 1 });
  driver.active = 1;
  work(driver);
  driver.flush();
  assert.deepEqual(heard(driver), ["tally 1"]);
  work(driver);
  work(driver);
  driver.welcomeAnew("b2");
  driver.welcomeAnew("b2", { tallyMs: EVERY });
  driver.pass(EVERY);
  assert.deepEqual(heard(driver).filter((what) => what.startsWith("tally")), [
    "tally 1",
    "tally 2",
  ]);
});

Deno.test("telling: a question comes after all there is to tell", () => {
  const driver = toldOfOne();
  assert.equal(driver.reactor.telling.ask(driver.reactor.connection, driver.now), true);
  driver.flush();
  assert.deepEqual(driver.sent.map(({ message }) => message.type), ["tally", "askStats"]);
  driver.look();
  driver.hear({ type: "stats", payload: encodeEach([{ tasks: 1 }]) });
  assert.deepEqual(driver.kinds, ["stats"]);
});

Deno.test("telling: a question that is open is put to the next broker, after all else", () => {
  const driver = telling({
    others: 1,
    again: () => [{ type: "askStats" }, { type: "dropConstant", name: "c" }],
  });
  // Were nothing said yet, what was asked would just be said again.
  driver.bundle();
  driver.execute();
  work(driver);
  driver.flush();
  driver.look();
  driver.welcomeAnew("b2");
  driver.welcomeAnew("b2", { tallyMs: EVERY });
  const asked = heard(driver).map((what) => what.split(" ")[0]!);
  const own = asked.filter((type) => !["credit", "result"].includes(type));
  assert.deepEqual(own, ["dropConstant", "tally", "askStats"]);
});

Deno.test("telling: nobody is asked where nobody is", () => {
  const driver = new Driver({ alone: true });
  assert.equal(driver.reactor.telling.ask(driver.reactor.connection, 0), false);
  assert.deepEqual(driver.sent, []);
});

Deno.test("telling: what spawned some work travels with it, where somebody watches", () => {
  const { keeper } = telling({}, { watched: true });
  assert.equal(keeper.shows, true);
  const turn = newTurn("parent", true);
  turn.block = { id: 0 };
  const spawned = { turn, spawnedAt: 1234.5 } as unknown as LocalWork;
  const descent = descentOf(keeper, spawned);
  assert.match(descent, /^w:\d+@1234.5$/);
  assert.equal(descentOf(keeper, { ...spawned, spawnedAt: 0 } as LocalWork), "");
  const { ran } = counting(keeper);
  const handle = { label: "child" };
  const stretch = {
    ...{ mark: undefined, from: 1, to: 2, ms: 1, tasks: 1, failed: 0, waited: true, args: [] },
  };
  const block = (work: object) => {
    ran!(
      { ...stretch, work: { handle, ...work } } as unknown as Parameters<typeof ran & object>[0],
    );
    const facts = { cpuMs: 0, rss: 0, lagMs: 0, running: 0, queued: 0 };
    const { parent, waitMs } = keeper.take(0, facts).blocks[0]!;
    return [parent, waitMs];
  };
  const parent = descent.split("@")[0];
  assert.deepEqual(block({ parent: descent }), [parent, 0]);
  assert.deepEqual(block({ turn, spawnedAt: 0.5 }), [parent, 0.5], "spawned here");
  const strange: [string | undefined, string][] = [
    ...[[undefined, ""], ["", ""], ["x", ""], ["@", ""], ["a@b@NaN", "a@b"]] as const,
    ...[["w:1@-5", "w:1"], ["w:1@1e400", "w:1"]] as const,
  ] as [string | undefined, string][];
  for (const [text, expected] of strange) {
    const [parent, waitMs = 0] = block({ parent: text });
    assert.deepEqual([parent, waitMs], [expected, 0], text);
  }
});
