/**
 * Who comes in: workers, and brokers that would borrow, for the first time or again.
 *
 * @module
 */

import type { Hello, Peer } from "../wire/messages.ts";
import { Session } from "../wire/session.ts";
import type { Conversations } from "./conversation.ts";
import { refusal } from "./greeting.ts";
import type { Member } from "./records.ts";
import type { Roster } from "./roster.ts";

/** Why somebody is refused who believes to be known. */
export const UNKNOWN = "this broker does not know the worker, or has given it up as lost";

/** Why a member is lost that is here again, as somebody new. */
export const BEGAN_ANEW = "it began anew";

/** What the door needs of the dispatcher. */
export interface DoorEvents {
  refuse(address: string, reason: string, session: string): void;
  /** Says something of the refused to whoever reads the log. */
  tell(text: string, now: number): void;
  /** Somebody new has come in. */
  cameIn(member: Member): void;
  /** Somebody who has come in can run tasks; `text` says so. */
  joined(member: Member, text: string): void;
  /** A member has forgotten what it had, and comes again as somebody new. */
  beganAnew(member: Member, now: number): void;
}

/** See the module's text. */
export class Door {
  /** What is to be said of those who have come in, when they can run tasks. */
  readonly #importing = new WeakMap<Member, string>();

  constructor(
    private readonly key: string,
    private readonly workers: Roster,
    private readonly borrowers: Roster,
    private readonly conversations: Conversations,
    private readonly on: DoorEvents,
  ) {}

  /** A worker would take part, or comes back. */
  hello(address: string, hello: Hello, now: number): void {
    const { name, host, pid, origin, session, received } = hello;
    const known = this.workers.at(address);
    const returns = known?.session.id === session;
    const reason = refusal(hello, this.key) ??
      (returns ? undefined : this.#whyNot(address, known, hello));
    if (reason !== undefined) {
      this.on.tell(`refused ${name} (${host}, pid ${pid}): ${reason}`, now);
      return this.on.refuse(address, reason, session);
    }
    if (returns) return this.#resume(known!, received, now);
    if (known !== undefined) this.on.beganAnew(known, now);
    const gone = this.workers.named(name);
    if (gone !== undefined) this.on.beganAnew(gone, now);
    const introduced = { name, address, origin, host, pid };
    const worker = this.workers.add(introduced, new Session(session), now);
    this.#importing.set(worker, `${name} joined (${host}, pid ${pid})`);
    this.on.cameIn(worker);
    // The program is its own: it has nothing to import.
    if (origin) this.asked(worker);
  }

  /** A worker asks for tasks, which it does not do before it has imported the program. */
  asked(member: Member): void {
    const text = this.#importing.get(member);
    if (text === undefined) return;
    this.#importing.delete(member);
    const roster = this.workers.has(member) ? this.workers : this.borrowers;
    roster.join(member);
    this.on.joined(member, text);
  }

  /** Why a worker that is not in the run cannot be taken in, if it cannot. */
  #whyNot(address: string, here: Member | undefined, hello: Hello): string | undefined {
    const { name, origin, received, host, pid } = hello;
    const known = this.workers.named(name);
    // One whose connection has broken may be back over another. A process has one connection: the
    // same one over another has left the first, even if that has not been noticed yet.
    const isItself = known?.pid === pid && known.host === host;
    const lives = known !== undefined && known !== here && known.connection.kind !== "broken" &&
      !isItself;
    const hasSpoken = here !== undefined && here.session.received > 0;
    if ((here?.origin && hasSpoken) || lives) {
      return `a worker called ${name} is in the run already: set WORKER_NAME to another name`;
    }
    if (this.borrowers.at(address) !== undefined) return "it is a broker";
    if (received > 0) return UNKNOWN;
    return origin && this.workers.origin !== undefined && known === undefined
      ? "the run has an origin"
      : undefined;
  }

  /** Another broker would borrow, or comes back. */
  peer(address: string, peer: Peer, now: number): void {
    const { name, session, received } = peer;
    const reason = refusal(peer, this.key) ??
      (this.workers.at(address) === undefined ? undefined : "it is a worker");
    if (reason !== undefined) {
      this.on.tell(`refused the broker ${name}: ${reason}`, now);
      return this.on.refuse(address, reason, session);
    }
    const known = this.borrowers.at(address);
    if (known?.session.id === session) return this.#resume(known, received, now);
    // One that introduces itself with another session has dropped what it had.
    if (known !== undefined) this.on.beganAnew(known, now);
    if (received > 0) return this.on.refuse(address, UNKNOWN, session);
    const called = `broker ${name} (${address})`;
    const introduced = { name: called, address, origin: false, host: "", pid: 0 };
    const borrower = this.borrowers.add(introduced, new Session(session), now);
    this.#importing.set(borrower, `the broker ${name} takes part`);
    this.on.cameIn(borrower);
    this.asked(borrower);
  }

  #resume(member: Member, received: number, now: number): void {
    if (this.conversations.resume(member, received, now)) return;
    this.on.tell(`refused ${member.name}: it has more than it was sent, or less than it had`, now);
    this.on.refuse(member.address, UNKNOWN, member.session.id);
  }
}
