/** A worker's reactor whose broker says anything. */

import assert from "node:assert/strict";
import type { Work } from "../../futures/work.ts";
import { isNumbered } from "../../wire/messages.ts";
import type { Numbered } from "../../wire/messages.ts";
import fc from "../fast_check.ts";
import { ANYTHING, likely, messagesOf } from "../wire/any_message.ts";
import { Driver } from "./driver.ts";

const LIKELY = likely(
  ["w", "other", "f", ""],
  fc.oneof(fc.constant({ kind: "builtin", name: "f" }), ANYTHING.fn),
);

/** One thing that happens to a worker. */
interface Step {
  readonly kind:
    | ("hear" | "execute" | "suspend" | "settle" | "fetched" | "unfetched" | "spawn" | "tick")
    | ("broke" | "stalled" | "retire" | "wait" | "go on");
  readonly said: Numbered;
  /** Whether the message has the number that is due. */
  readonly due: boolean;
  readonly pause: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { weight: 20, arbitrary: fc.constant("hear" as const) },
    {
      weight: 9,
      arbitrary: fc.constantFrom(
        ...["execute", "suspend", "settle", "fetched", "unfetched", "spawn"] as const,
      ),
    },
    {
      weight: 4,
      arbitrary: fc.constantFrom(...["tick", "broke", "stalled", "wait", "go on"] as const),
    },
    { weight: 1, arbitrary: fc.constant("retire" as const) },
  ),
  said: fc.oneof(...messagesOf(LIKELY)),
  due: fc.integer({ min: 0, max: 15 }).map((n) => n > 0),
  pause: fc.oneof(
    { weight: 15, arbitrary: fc.constantFrom(1, 50, 500) },
    { weight: 1, arbitrary: fc.constantFrom(5_000, 60_000) },
  ),
});

/** What happens to one worker; whether it is the origin. */
export const hostilities: fc.Arbitrary<{ isOrigin: boolean; steps: Step[] }> = fc.record({
  isOrigin: fc.boolean(),
  steps: fc.array(step, { minLength: 20, maxLength: 60 }),
});

/** What most often ends a connection. */
const FATAL = new Set(["shutdown", "refuse", "noneLeft", "welcome", "sync"]);

class Target {
  readonly driver: Driver;
  #number = 0;
  #suspended: { work: Work; index: number }[] = [];

  constructor(isOrigin: boolean) {
    this.driver = new Driver({ isOrigin });
    this.driver.know("f", 1);
    this.driver.serve();
    if (isOrigin) this.driver.program("waiting");
  }

  /** Something happens. */
  meet({ kind, said, due, pause }: Step): void {
    const { driver } = this;
    driver.now += pause;
    switch (kind) {
      case "hear":
        return this.#hear(said, due);
      case "execute":
        return void driver.execute();
      case "suspend": {
        const begun = driver.begin();
        if (begun === undefined) return;
        this.#suspended.push(begun);
        begun.work.suspended(begun.index, {
          stop: (reason) => begun.work.fail(begun.index, reason),
        });
        return driver.flush();
      }
      case "settle": {
        const done = this.#suspended.shift();
        done?.work.settle(done.index, 1);
        return driver.flush();
      }
      case "fetched":
      case "unfetched": {
        const action = driver.actions.find((one) => one.kind === "fetch");
        if (action?.kind !== "fetch") return;
        driver.actions.splice(driver.actions.indexOf(action), 1);
        const { work } = action;
        if (kind === "fetched") return driver.receive({ kind, work, fn: () => 1 });
        return driver.receive({ kind, work, error: new Error("unknown") });
      }
      case "spawn":
        return void driver.spawn("own", { count: 2, mean: 1 });
      case "tick":
        return driver.pass(0);
      case "wait":
        return driver.program("waiting");
      case "go on":
        return driver.program("running");
      case "retire":
        driver.reactor.retire("it is old");
        return driver.flush();
      case "broke":
      case "stalled":
        return driver.receive({ kind });
    }
  }

  #hear({ message, number }: Numbered, due: boolean): void {
    // It would not hear of anything any more: seldom.
    if (FATAL.has(message.type) && this.driver.now % 10 > 0) return;
    if (due && isNumbered(message)) number = ++this.#number;
    this.driver.hear(message, number);
  }

  /** What was begun ends, and the worker leaves. */
  end(): void {
    for (const { work, index } of this.#suspended.splice(0)) work.settle(index, 1);
    this.driver.flush();
    while (this.driver.execute() !== undefined);
    this.driver.receive({ kind: "leave", error: new Error("over") });
    // What may get stuck is not begun while the broker is away; it is now that there is none.
    while (this.driver.execute() !== undefined);
  }
}

/**
 * Whatever a broker says, nothing throws, all invariants hold, whatever the worker says can be read,
 * and nobody who has spawned something waits for ever.
 */
export function endure({ isOrigin, steps }: { isOrigin: boolean; steps: readonly Step[] }): void {
  const target = new Target(isOrigin);
  for (const one of steps) target.meet(one);
  target.end();
  const { reactor } = target.driver;
  const { kind } = reactor.connection.state;
  assert.ok(kind === "lost" || kind === "leaving", kind);
  assert.equal(kind === "lost" ? reactor.pending : 0, 0, "somebody waits for what is away");
}
