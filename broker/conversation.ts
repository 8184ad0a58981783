/**
 * A broker's conversations with its workers, and with the brokers that borrow from it: their
 * sessions, how it stands with their connections, and who is lost.
 *
 * A connection is `connected` until it is known to have broken. Then it is `broken`, and its member
 * lost after a grace, unless somebody is at its other end again: `returning`, until the member has
 * said what it has. While a connection is not `connected` its member gets nothing new, and what is
 * sent to it waits in its session.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import type { Message, Numbered } from "../wire/messages.ts";
import { CONNECTED } from "./records.ts";
import type { Member } from "./records.ts";

/** What conversations need of the dispatcher. */
export interface ConversationEvents {
  /** Sends a message as it is. */
  post(to: Member, message: Message, number: number): void;
  /** Tells a member how much of what it sent has come. */
  welcome(member: Member): void;
  /** A member's connection, or what keeps it from getting more, has changed. */
  changed(member: Member): void;
}

/** See the module's text. */
export class Conversations {
  constructor(private readonly on: ConversationEvents) {}

  /** Sends a message now, or when the member is there again. */
  send(to: Member, message: Message): void {
    const number = to.session.number(message);
    if (to.connection.kind === "connected") this.on.post(to, message, number);
  }

  /**
   * A message has come: what belongs to the session is seen to.
   *
   * @returns whether there is more to it than that
   */
  arrive(member: Member, numbered: Numbered, now: number): boolean {
    const { session } = member;
    const { message } = numbered;
    member.heardAt = now;
    if (message.type === "sync") {
      if (!session.acknowledge(message.received) || session.misses(message.sent)) {
        this.#missing(member);
      } else if (member.connection.kind !== "connected") this.#resume(member);
      this.#release(member);
      return false;
    }
    if (message.type === "probe") {
      this.on.post(member, { type: "echo", number: message.number }, 0);
      return false;
    }
    const isAhead = numbered.number > session.received + 1;
    const arrival = session.arrive(numbered);
    if (arrival === "gap") this.#missing(member);
    // Something before it is missing; but who is stuck in the task that it tells of cannot say it again.
    if (arrival !== "new") return isAhead && message.type === "started";
    if (session.isSyncDue) this.#sync(member, now);
    return true;
  }

  /**
   * A member has come back and says how much it has.
   *
   * @returns false when that cannot be
   */
  resume(member: Member, received: number, now: number): boolean {
    if (!member.session.acknowledge(received)) return false;
    member.heardAt = now;
    this.on.welcome(member);
    this.#resume(member);
    this.#release(member);
    return true;
  }

  /** Both sides know where they are: the rest is sent again. */
  #resume(member: Member): void {
    member.connection = CONNECTED;
    member.missedAt = -1;
    for (const { message, number } of member.session.unacknowledged()) {
      this.on.post(member, message, number);
    }
    this.on.changed(member);
  }

  /** Something was lost on the way: the member is to send again what we do not have. */
  #missing(member: Member): void {
    const { received } = member.session;
    // More of what follows it may be under way: once is enough.
    if (member.missedAt === received) return;
    member.missedAt = received;
    this.on.welcome(member);
  }

  /** A member has taken in what takes something from it, and may be given something again. */
  #release(member: Member): void {
    const { sent, kept } = member.session;
    if (member.withheldUntil === 0 || sent - kept < member.withheldUntil) return;
    member.withheldUntil = 0;
    this.on.changed(member);
  }

  #sync(member: Member, now: number): void {
    member.syncedAt = now;
    // What was asked for may itself be lost.
    member.missedAt = -1;
    this.on.post(member, member.session.sync(), 0);
  }

  /** A member's connection broke. */
  broken(member: Member, now: number): void {
    if (member.connection.kind === "broken") return;
    member.connection = { kind: "broken", since: now };
    this.on.changed(member);
  }

  /** Somebody is at the other end of a member's connection again. */
  reached(member: Member, now: number): void {
    if (member.connection.kind !== "broken") return;
    member.connection = { kind: "returning", since: now };
    this.on.changed(member);
  }

  /**
   * Time has passed. Members are told where their sessions stand, which is also how the shell finds
   * out whether anybody is there.
   *
   * @param graceMs how long a connection may be broken
   * @returns those that are lost, and why
   */
  judge(
    members: Iterable<Member>,
    graceMs: number,
    now: number,
  ): { member: Member; reason: string }[] {
    const lost: { member: Member; reason: string }[] = [];
    for (const member of members) {
      const reason = lossOf(member, graceMs, now);
      if (reason !== undefined) lost.push({ member, reason });
      else {
        const { brokenProbeMs, syncMs } = LIMITS;
        const every = member.connection.kind === "broken" ? brokenProbeMs : syncMs;
        if (now - member.syncedAt >= every) this.#sync(member, now);
      }
    }
    return lost;
  }
}

/** Why a member is lost, if it is. */
function lossOf(member: Member, graceMs: number, now: number): string | undefined {
  const { connection, heardAt } = member;
  switch (connection.kind) {
    case "broken":
      return now - connection.since >= graceMs ? "its connection broke" : undefined;
    case "connected":
    case "returning":
      if (now - heardAt < LIMITS.silenceMs || mayBeBusy(member, now)) return undefined;
      return `it said nothing for ${LIMITS.silenceMs / 1000} s`;
  }
}

/**
 * Whether a member may have its reasons to say nothing. A worker that has a task may be in it, for
 * as long as it takes, or as the timeouts of all it has allow; the origin may be in its program.
 * What tells of their end is that of their process, or of their connection. Brokers have no reason.
 */
function mayBeBusy({ origin, held, busy, heardAt }: Member, now: number): boolean {
  if (origin || busy !== undefined) return true;
  let allowed = LIMITS.silenceMs;
  for (const { state, count, bundle } of held) {
    if (state.kind === "lent") return false;
    if (bundle.common.timeout === 0) return true;
    allowed += bundle.common.timeout * count;
  }
  return now - heardAt < allowed;
}
