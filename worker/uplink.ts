/**
 * A worker's way to its brokers: the link to one of them at a time, and which comes next.
 *
 * @module
 */

import type { Message } from "../wire/messages.ts";
import type { WorkerEvent } from "./actions.ts";
import type { Environment } from "./environment.ts";
import type { Host } from "./host.ts";
import { linkEvents } from "./introduction.ts";
import type { LateBroker } from "./network_options.ts";
import type { WorkerLink } from "./worker_link.ts";

/** What an uplink needs of its worker. */
export interface UplinkOwner {
  receive(event: WorkerEvent): void;
  /** Tells a person. */
  report(text: string): void;
  /** Whether a link is wanted: the run may be over by now. */
  wantsLink(): boolean;
  /** There is another link, which does not know yet what is wanted of it. */
  opened(): void;
}

/** See the module's text. */
export class Uplink {
  #link: WorkerLink | undefined;
  /** How often it has gone to another broker. */
  #moves = 0;
  readonly #tried = Promise.withResolvers<void>();

  constructor(
    private readonly host: Host,
    private readonly environment: Environment,
    private readonly late: Promise<LateBroker> | undefined,
    private readonly owner: UplinkOwner,
  ) {}

  /** Whether there is a link. */
  get isOpen(): boolean {
    return this.#link !== undefined;
  }

  /** Resolves when there has been a link, or there can be none. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  /** Opens a link to the broker whose turn it is. */
  open(): void {
    const turn = this.#moves;
    const isCurrent = () => turn === this.#moves;
    const { owner } = this;
    const events = linkEvents({
      // What an old link still has to say is of no interest.
      receive: (event) => {
        if (isCurrent()) owner.receive(event);
        if (event.kind === "opened" || event.kind === "failed") this.#tried.resolve();
      },
      report: (text) => owner.report(text),
      accept: (link) => {
        if (!isCurrent() || !owner.wantsLink()) return false;
        this.#link = link;
        owner.opened();
        return true;
      },
    });
    this.host.connect(brokerOf(this.environment, turn), this.late, events);
  }

  /** Leaves the broker for the next one. */
  move(): void {
    const turn = ++this.#moves;
    void this.#link?.close();
    this.#link = undefined;
    // Whoever decided this is to have done with it first.
    this.host.soon(() => turn === this.#moves ? this.open() : undefined);
  }

  send(message: Message, number: number): void {
    this.#link?.send(message, number);
  }

  /** What is sent meanwhile leaves together. */
  together(sends: () => void): void {
    if (this.#link === undefined) sends();
    else this.#link.together(sends);
  }

  /** Whether the link keeps the process alive. */
  hold(hold: boolean): void {
    this.#link?.hold(hold);
  }

  /** Sends what is under way, then closes the link. */
  async close(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    await link?.close();
  }
}

/** The environment with the broker whose turn it is: each in its turn, the first one among them. */
function brokerOf(environment: Environment, turn: number): Environment {
  const { brokerAddress: task, metaAddress: meta, others } = environment;
  const all = [{ task, meta }, ...others];
  const { task: brokerAddress, meta: metaAddress } = all[turn % all.length]!;
  return { ...environment, brokerAddress, metaAddress };
}
