/**
 * Those that take part in a run, as the broker sees them, and which of them would take a bundle.
 *
 * @module
 */

import type { Credit } from "../wire/messages.ts";
import type { Session } from "../wire/session.ts";
import { BegunTasks } from "./begun_tasks.ts";
import { expect } from "./expect.ts";
import { CONNECTED } from "./records.ts";
import type { Bundle, Member } from "./records.ts";

/** The most bundles that a member is believed to want at once. */
const MOST_CREDIT = 1_000_000;

/** How a member has introduced itself. */
export type Introduced = Pick<Member, "name" | "address" | "origin" | "host" | "pid">;

/** The workers of a broker, or the brokers that borrow from it. */
export class Roster {
  /** The origin, while it is in the run. */
  origin: Member | undefined;
  /** Bundles the hungry members would take together; kept up, so that it costs the same with many. */
  credit = 0;
  /** Number of members that can run tasks: those that still import the program do not count. */
  joined = 0;
  #byName = new Map<string, Member>();
  #byAddress = new Map<string, Member>();
  /** Members with credit, longest waiting first. */
  #hungry = new Set<Member>();
  /** Members that would have something in advance, longest waiting first. */
  #farsighted = new Set<Member>();
  /** Those that have ever asked for something in advance: they are far. */
  #far = new Set<Member>();
  /** Those that could run a task alone. */
  #unladen = new Set<Member>();
  /** Those that have tasks which all wait. */
  #ladenIdle = new Set<Member>();
  /** Those that have said that they have nothing to do, and were sent nothing since. */
  #idle = new Set<Member>();

  /** Number of members. */
  get size(): number {
    return this.#byName.size;
  }

  /** Number of members that are far. */
  get far(): number {
    return this.#far.size;
  }

  /** All members. */
  [Symbol.iterator](): Iterator<Member> {
    return this.#byName.values();
  }

  /** Takes a member in. */
  add(
    { name, address, origin, host, pid }: Introduced,
    session: Session,
    now: number,
  ): Member {
    const member: Member = {
      name,
      address,
      origin,
      host,
      pid,
      session,
      joined: false,
      connection: CONNECTED,
      heardAt: now,
      syncedAt: now,
      missedAt: -1,
      since: now,
      granted: 0,
      ahead: 0,
      sent: 0,
      free: 0,
      idle: false,
      reserved: false,
      withheldUntil: 0,
      held: new Set(),
      trial: undefined,
      begun: new BegunTasks(),
      stopping: [],
      busy: undefined,
    };
    this.#byName.set(name, member);
    this.#byAddress.set(address, member);
    if (origin) this.origin = member;
    return member;
  }

  /** A member can run tasks from now on. */
  join(member: Member): void {
    if (!member.joined) this.joined++;
    member.joined = true;
  }

  /** Forgets a member. */
  remove(member: Member): void {
    if (member.joined && this.has(member)) this.joined--;
    this.#byName.delete(member.name);
    this.#byAddress.delete(member.address);
    this.#hungry.delete(member);
    this.#farsighted.delete(member);
    this.#far.delete(member);
    this.#unladen.delete(member);
    this.#ladenIdle.delete(member);
    this.#idle.delete(member);
    this.credit -= member.free;
    member.free = 0;
    if (this.origin === member) this.origin = undefined;
  }

  /** Whether it is one of these. */
  has(member: Member): boolean {
    return this.#byAddress.get(member.address) === member;
  }

  /** The member of a name. */
  named(name: string): Member | undefined {
    return this.#byName.get(name);
  }

  /** The member behind an address. */
  at(address: string): Member | undefined {
    return this.#byAddress.get(address);
  }

  /** The member that has waited longest for a bundle. */
  hungriest(): Member | undefined {
    for (const member of this.#hungry) return member;
    return undefined;
  }

  /** The member that has waited longest for something in advance. */
  farsighted(): Member | undefined {
    for (const member of this.#farsighted) return member;
    return undefined;
  }

  /**
   * The one of those with credit that has waited longest and has nothing, so that nothing else is
   * lost with it; looked for among so many, that it costs the same with thousands.
   */
  hungriestWithNothing(among = 64): Member | undefined {
    for (const member of this.#hungry) {
      if (member.held.size === 0) return member;
      if (--among === 0) return undefined;
    }
    return undefined;
  }

  /** How many have asked for something and have nothing to do until it comes. */
  get idle(): number {
    return this.#idle.size;
  }

  /** A worker on which a task could run alone now. */
  unladen(): Member | undefined {
    for (const member of this.#unladen) return member;
    return undefined;
  }

  /** A worker that has tasks, all of which wait: perhaps for just one that should run alone. */
  ladenIdle(): Member | undefined {
    let inTrial: Member | undefined;
    for (const member of this.#ladenIdle) {
      if (member.trial === undefined) return member;
      inTrial ??= member;
    }
    return inTrial;
  }

  /** Takes in what a member says of its credit. */
  grant(member: Member, { bundles, ahead, idle }: Credit): void {
    member.granted = Math.min(bundles, member.sent + MOST_CREDIT);
    member.ahead = Math.min(ahead, MOST_CREDIT);
    if (ahead > 0) this.#far.add(member);
    member.idle = idle;
    this.refresh(member);
  }

  /** Notes that a member was sent a bundle: it goes behind those who wait. */
  fed(member: Member): void {
    member.sent++;
    member.idle = false;
    this.#hungry.delete(member);
    this.#farsighted.delete(member);
    this.#unladen.delete(member);
    this.#ladenIdle.delete(member);
    this.refresh(member);
  }

  /** Takes in that something has changed for a member: what it has, its credit, its connection. */
  refresh(member: Member): void {
    if (!this.has(member)) return;
    const attentive = member.connection.kind === "connected" && member.withheldUntil === 0;
    const left = (granted: number) => attentive ? Math.max(0, granted - member.sent) : 0;
    const granted = left(member.granted);
    const open = member.idle || !(member.reserved || member.trial !== undefined);
    const free = open ? granted : 0;
    this.credit += free - member.free;
    member.free = free;
    if (free > 0) this.#hungry.add(member);
    else this.#hungry.delete(member);
    if (free > 0 && member.idle) this.#idle.add(member);
    else this.#idle.delete(member);
    if (open && left(member.granted + member.ahead) > 0) this.#farsighted.add(member);
    else this.#farsighted.delete(member);
    // The run ends with the origin: what has to run alone is not for it.
    const may = granted > 0 && !member.origin;
    if (may && member.held.size === 0) this.#unladen.add(member);
    else this.#unladen.delete(member);
    if (may && member.held.size > 0 && member.idle) this.#ladenIdle.add(member);
    else this.#ladenIdle.delete(member);
  }

  /** Keeps a worker free of other work, or no longer. */
  reserve(member: Member, reserved: boolean): void {
    if (member.reserved === reserved) return;
    member.reserved = reserved;
    this.refresh(member);
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    let credit = 0;
    let joined = 0;
    for (const member of this) {
      if (member.joined) joined++;
      expect(member.joined || member.granted === 0, `${member.name} has asked and not joined`);
      expect(member.free >= 0, `${member.name} has a credit of ${member.free}`);
      expect(this.at(member.address) === member, `${member.name} is not at its address`);
      expect(this.#hungry.has(member) === member.free > 0, `${member.name} and the hungry`);
      const isIdle = member.free > 0 && member.idle;
      expect(this.#idle.has(member) === isIdle, `${member.name} and those with nothing to do`);
      member.begun.check((bundle, index) => isAmong(bundle, index, member));
      expect(member.trial === undefined || member.held.has(member.trial), "a trial is elsewhere");
      credit += member.free;
      member.session.check();
    }
    expect(joined === this.joined, `${joined} have joined, ${this.joined} counted`);
    expect(credit === this.credit, `the credit is ${credit}, ${this.credit} counted`);
    expect(this.#byAddress.size === this.size, "names and addresses differ in number");
    for (const member of this.#hungry) {
      expect(this.has(member), `${member.name} is hungry and gone`);
    }
    for (const member of this.#idle) expect(this.has(member), `${member.name} is idle and gone`);
    for (const member of this.#farsighted) {
      expect(this.has(member), `${member.name} would have something in advance, and is gone`);
    }
  }
}

function isAmong(bundle: Bundle, index: number, { held }: Member): boolean {
  return [...held].some((part) =>
    part.bundle === bundle && index >= part.base && index < part.base + part.count
  );
}
