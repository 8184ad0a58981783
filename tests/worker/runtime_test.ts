import assert from "node:assert/strict";
import { FunctionHandle } from "../../futures/function_handle.ts";
import type { Message } from "../../wire/messages.ts";
import type { Environment } from "../../worker/environment.ts";
import type { Host } from "../../worker/host.ts";
import type { LinkEvents } from "../../worker/worker_link.ts";
import { WorkerRuntime } from "../../worker/runtime.ts";
import { FakeWork } from "../futures/fakes.ts";

const ORIGIN: Environment = {
  ...{ isOrigin: true, workerName: "origin", brokerName: "broker", key: "", keys: undefined },
  ...{ brokerAddress: "tcp://b:1", metaAddress: "", others: [], brokerGraceMs: 0 },
  ...{ size: 3, program: "", verbosity: -1 },
};

/** A process whose microtasks come in another order: what was planned last goes first. */
class Backwards implements Host {
  events!: LinkEvents;
  readonly said: string[] = [];
  readonly #soon: (() => void)[] = [];

  now = () => 0;
  wall = () => 0;
  taken = () => ({ cpuMs: 0, rss: 0 });
  soon = (run: () => void) => void this.#soon.push(run);
  later = (run: () => void) => void this.#soon.unshift(run);
  drain = (run: () => void) => void this.#soon.unshift(run);
  whenTurnEnds = () => false;
  isBehind = () => false;
  after = () => () => {};
  keepTime = () => ({ now: () => 0, stop: () => {} });
  areHere = () => true;
  handleOf = () => new FunctionHandle({ kind: "builtin", name: "f" }, undefined);
  fetch = () => {};
  connect = (environment: Environment, _late: unknown, events: LinkEvents) => {
    this.events = events;
    const send = ({ type }: Message) => void this.said.push(type);
    const together = (sends: () => void) => sends();
    events.opened({ send, together, hold: () => {}, close: async () => {} }, environment);
  };

  /** Whatever runs has let go. */
  letGo(): void {
    for (let run = this.#soon.pop(); run !== undefined; run = this.#soon.pop()) run();
  }
}

Deno.test("runtime: what was spawned has left before a task begins, whoever goes first", () => {
  const host = new Backwards();
  const runtime = new WorkerRuntime(ORIGIN, { prepare: () => undefined }, host);
  host.events.message({
    number: 1,
    message: {
      ...{ type: "welcome", broker: "broker", instance: "b1", program: "", modules: [] },
      ...{ received: 0, size: 3, demand: 2, tallyMs: 0, watched: false },
    },
  });
  host.letGo();
  assert.deepEqual(host.said.filter((type) => type === "bundle"), []);
  let before: string[] | undefined;
  const loop = () => before ??= host.said.filter((type) => type === "bundle");
  // The function is known to be quick, so that it is not announced: it may loop all the same.
  for (const _ of [1, 2, 3]) {
    runtime.offer(new FakeWork("loop", loop, { mean: 1 }), runtime.program!);
  }
  runtime.executor.block(runtime.program!);
  host.letGo();
  assert.deepEqual(before, ["bundle", "bundle"]);
});
