/**
 * What a worker has spawned itself: how it leaves, how its outcomes come home, and how it is given
 * up when the program or the run ends.
 *
 * @module
 */

import type { TallyKeeper } from "../telemetry/tally_keeper.ts";
import type { LocalWork, Source, Work } from "../futures/work.ts";
import type { Cancel, Message, ResultMessage, Started, Stop } from "../wire/messages.ts";
import { sharedMemory } from "../wire/shared_memory.ts";
import type { WorkerAction } from "./actions.ts";
import { Away } from "./away.ts";
import type { Leaving, Scheduler } from "./scheduler.ts";
import { bytesOf, descentOf } from "./telling.ts";

/** What it needs of the reactor. */
export interface OwnWorkEvents {
  /** Says something that belongs to a bundle which has left. */
  say(message: Message): void;
  /** The same, outside of a flush. */
  sayLater(message: Message): void;
  /** Has the shell do something. */
  act(action: WorkerAction): void;
  /** A scattered value is needed elsewhere. */
  provide(name: string): void;
}

/** See the module's text. */
export class OwnWork {
  /** Nothing of it is wanted any more. */
  withdrawn = false;
  readonly #away: Away;

  constructor(
    private readonly worker: string,
    private readonly scheduler: Scheduler,
    private readonly on: OwnWorkEvents,
    keeps: boolean,
    private readonly keeper: TallyKeeper,
    /** Whether its process can be replaced when a task gets stuck. */
    private readonly replaceable: boolean,
  ) {
    this.#away = new Away(keeps);
  }

  /** Number of bundles that are with others. */
  get away(): number {
    return this.#away.size;
  }

  #give(work: LocalWork, expected: number, now: number): void {
    const owner = this.worker;
    const payload = work.encode();
    const parent = descentOf(this.keeper, work);
    const bundle = this.#away.add(work, expected, { owner, parent, now }, payload);
    this.keeper.of(work.handle).moved(0, bytesOf(payload));
    bundle.needs.forEach((name) => this.on.provide(name));
    const [id, first] = [bundle.id, work.next];
    work.left((at, grace) => {
      const index = at < 0 ? at : at - first;
      this.#withdraw(
        grace === undefined
          ? { type: "cancel", owner, id, index }
          : { type: "stop", owner, id, index, grace },
      );
    });
    this.on.say({ type: "bundle", bundle, payload });
  }

  /** Bundles leave. */
  giveAll(leaving: readonly Leaving[], now: number): void {
    for (const { work, expected } of leaving) this.#give(work, expected, now);
  }

  /** A task is executed here: the broker knows of one with a timeout, which may get stuck. */
  begins({ options, handle }: Work): void {
    const { timeout } = options;
    if (timeout > 0 && this.replaceable) {
      this.on.say({ type: "busy", label: handle.label, timeout });
    }
  }

  /** It has let go of the processor. */
  ends({ options, handle }: Work): void {
    if (options.timeout === 0 || !this.replaceable) return;
    this.on.sayLater({ type: "busy", label: handle.label, timeout: 0 });
  }

  #withdraw(message: Cancel | Stop): void {
    this.#away.withdraw(message);
    this.on.sayLater(message);
  }

  /** Another broker is to hear of all that is with others. */
  sayAgain(): void {
    for (const message of this.#away.again()) this.on.say(message);
  }

  /** Outcomes have come; true when somebody waits for them. */
  result(message: ResultMessage, now: number): boolean {
    if (message.result.owner !== this.worker) return false;
    const arrived = this.#away.settle(message, now);
    if (arrived === undefined) {
      sharedMemory()?.drop(message.payload.frames);
      return false;
    }
    const { work, waitedMs } = arrived;
    const counts = this.keeper.of(work.handle);
    counts.moved(bytesOf(message.payload), 0);
    if (waitedMs >= 0) counts.waited(waitedMs, message.result.count);
    if (arrived.expected !== undefined) this.scheduler.cameBack(arrived.expected);
    this.on.act({ kind: "arrived", arrived });
    return true;
  }

  /** Tasks are known to run elsewhere. */
  started(message: Started): void {
    if (message.owner !== this.worker) return;
    for (const task of this.#away.started(message)) this.on.act({ kind: "started", ...task });
  }

  /** Nobody will execute what is left here. */
  refuseAll(error: Error, how: (source: Source) => Source = (source) => source): void {
    const kind = "refuse";
    for (const one of this.scheduler.clearOwn()) this.on.act({ kind, source: how(one), error });
  }

  /** Nothing comes back of what is with others. */
  abandonAll(error: Error): void {
    for (const task of this.#away.takeAll()) this.on.act({ kind: "abandon", ...task, error });
  }

  /** Nothing of it is wanted any more; what is with others is asked for, or given up at once. */
  withdraw(error: Error, ask: boolean): void {
    this.withdrawn = true;
    this.refuseAll(error);
    if (!ask) return this.abandonAll(error);
    for (const id of this.#away.ids()) {
      this.#withdraw({ type: "cancel", owner: this.worker, id, index: -1 });
    }
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    this.#away.check();
  }
}
