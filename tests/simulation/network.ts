/**
 * Connections in virtual time, as zeromq's are: in order, with a latency, and made again by
 * themselves after they broke. What was under way then is lost, both ways. What the connecting side
 * says meanwhile waits with it; what the listening side says has nowhere to go.
 *
 * @module
 */

import { Deque } from "../../wire/deque.ts";
import { readMessage } from "../../wire/messages.ts";
import type { Clock } from "./clock.ts";
import type { Process } from "./process.ts";

/** Who is at one end of a connection. */
export interface End {
  readonly process: Process;
  /** A message has come. */
  deliver(frames: Uint8Array[]): void;
  /** The connection has broken. */
  broke(): void;
}

/** What all connections have in common. */
export interface Medium {
  readonly clock: Clock;
  readonly chance: () => number;
  /**
   * Messages of a connection that the system keeps while nobody takes them; what is more waits at
   * whoever sends it, and goes on when that process is served. Undefined where all are kept, as by
   * libzmq, which has a thread for them.
   */
  readonly room: number | undefined;
  /** Called with each message that leaves. */
  sent(from: string, to: string, frames: Uint8Array[]): void;
}

/** Milliseconds until libzmq tells of a connection that broke, at most. */
const NOTICED_WITHIN = 10;
/** Milliseconds until a connection is tried again that could not be made. */
const RETRY = 20;

/** What becomes of messages over a connection that garbles them: how often, and milliseconds. */
const GARBLED = 0.15;
const LATE = 20;

/** How often some of what waits for a connection is lost all the same. */
const LOST_WAITING = 0.2;

/** Messages of one way, in order. */
interface Way {
  readonly from: End;
  readonly to: End;
  arrivesAt: number;
  /** Messages that have left, and were not taken. */
  untaken: number;
  /** Those for which there is no room. */
  readonly held: Deque<Uint8Array[]>;
}

function way(from: End, to: End): Way {
  return { from, to, arrivesAt: 0, untaken: 0, held: new Deque() };
}

/** See the module's text. */
export class Connection {
  #up = true;
  #over = false;
  #garblesUntil = -1;
  /** Counted up when it breaks: what was sent before does not arrive. */
  #epoch = 0;
  /** Said by the connecting side while nobody was there. */
  #waiting: Uint8Array[][] = [];
  readonly #towardsServer: Way;
  readonly #towardsClient: Way;
  /** The last announcement, while nobody has looked at it. */
  #announced: Uint8Array[] | undefined;

  /** @param latency milliseconds of one message, drawn for each */
  constructor(
    private readonly medium: Medium,
    readonly client: End,
    readonly server: End,
    private readonly latency: () => number,
  ) {
    this.#towardsServer = way(client, server);
    this.#towardsClient = way(server, client);
  }

  /** Whether somebody is at the other end. */
  get stands(): boolean {
    return this.#up && !this.#over;
  }

  /** Whether one of its processes has ended. */
  get isOver(): boolean {
    return this.#over;
  }

  /** The connecting side says something. */
  toServer(frames: Uint8Array[]): void {
    this.client.process.depart(() => {
      if (this.#up) this.#leave(this.#towardsServer, frames);
      else this.#waiting.push(frames);
    });
  }

  /** The listening side says something. */
  toClient(frames: Uint8Array[]): void {
    this.server.process.depart(() => {
      if (this.#up) this.#leave(this.#towardsClient, frames);
    });
  }

  /** A message leaves, if there is room for it and none is before it. */
  #leave(way: Way, frames: Uint8Array[]): void {
    const { room = Infinity } = this.medium;
    if (way.untaken < room && way.held.length === 0) return this.#travel(way, frames);
    way.held.push(frames);
    way.from.process.held++;
  }

  /** A message was taken: there is room for another, if its process is served. */
  #taken(way: Way): void {
    way.untaken--;
    if (way.held.length > 0) way.from.process.post(() => this.#leaveHeld(way));
  }

  #leaveHeld(way: Way, room = this.medium.room ?? Infinity): void {
    while (way.held.length > 0 && way.untaken < room) {
      way.from.process.held--;
      this.#travel(way, way.held.shift()!);
    }
  }

  /** What was held is with the process again, or lost with it. */
  #takeHeld(way: Way): Uint8Array[][] {
    const held = [...way.held];
    way.held.filter(() => false);
    way.from.process.held -= held.length;
    return held;
  }

  #travel(way: Way, frames: Uint8Array[]): void {
    if (this.#over) return;
    this.medium.sent(way.from.process.name, way.to.process.name, frames);
    const { clock, chance } = this.medium;
    const at = Math.max(way.arrivesAt, clock.now + this.latency());
    // What tells where a session stands is true only in its order, which any one connection keeps.
    if (clock.now < this.#garblesUntil && readMessage(frames).number > 0) {
      const fate = chance();
      if (fate < GARBLED) return;
      if (fate < 3 * GARBLED) this.#arrive(way, frames, at + LATE * chance());
      if (fate < 2 * GARBLED) return;
    }
    way.arrivesAt = at;
    this.#arrive(way, frames, at);
  }

  #arrive(way: Way, frames: Uint8Array[], at: number): void {
    const epoch = this.#epoch;
    way.untaken++;
    this.medium.clock.at(at, () => {
      if (epoch !== this.#epoch) return;
      way.to.process.post(() => {
        if (epoch === this.#epoch) this.#taken(way);
        way.to.deliver(frames);
      });
    });
  }

  /** For so many milliseconds some messages of the sessions are lost, come twice, or are overtaken by others. */
  garble(milliseconds: number): void {
    this.#garblesUntil = Math.max(this.#garblesUntil, this.medium.clock.now + milliseconds);
  }

  /** The listening side publishes something: of several that wait to be read, only the last counts. */
  announce(frames: Uint8Array[]): void {
    if (!this.stands) return;
    const { clock } = this.medium;
    const { client } = this;
    clock.after(this.latency(), () => {
      if (!this.stands) return;
      const unread = this.#announced !== undefined;
      this.#announced = frames;
      if (unread) return;
      client.process.post(() => {
        const last = this.#announced!;
        this.#announced = undefined;
        client.deliver(last);
      });
    });
  }

  /**
   * It breaks, and is made again after so many milliseconds.
   *
   * @param silently nobody is told, as by some builds of zeromq
   */
  break(downFor: number, silently = false): void {
    if (!this.stands) return;
    const { clock, chance } = this.medium;
    this.#up = false;
    this.#epoch++;
    // What has not left waits for the next connection, or has nowhere to go.
    this.#waiting.push(...this.#takeHeld(this.#towardsServer));
    this.#takeHeld(this.#towardsClient);
    this.#towardsServer.untaken = this.#towardsClient.untaken = 0;
    const within = Math.min(NOTICED_WITHIN, downFor);
    for (const end of silently ? [] : [this.client, this.server]) {
      clock.after(chance() * within, () => end.process.post(() => end.broke()));
    }
    clock.after(downFor, () => this.#mend());
  }

  #mend(): void {
    if (this.#over) return;
    // Nobody connects, or accepts, for a process that is stopped.
    if (this.client.process.stopped || this.server.process.stopped) {
      return this.medium.clock.after(RETRY, () => this.#mend());
    }
    this.#up = true;
    const waiting = this.#waiting.splice(0);
    // Some of it may have been in the kernel's hands.
    if (this.medium.chance() < LOST_WAITING) waiting.splice(0, Math.ceil(waiting.length / 2));
    for (const frames of waiting) this.#leave(this.#towardsServer, frames);
  }

  /** The process of the connecting side has ended, or wants it no more: what it sent arrives. */
  clientEnds(): void {
    this.#ends(this.#towardsServer);
  }

  /** The process of the listening side has ended. */
  serverEnds(): void {
    this.#ends(this.#towardsClient);
  }

  #ends(way: Way): void {
    if (this.#over) return;
    // One that says goodbye sends all; one that is killed has nobody who would.
    if (way.from.process.alive) this.#leaveHeld(way, Infinity);
    this.#takeHeld(this.#towardsServer);
    this.#takeHeld(this.#towardsClient);
    this.#over = true;
    const { clock, chance } = this.medium;
    const at = Math.max(clock.now + chance() * NOTICED_WITHIN, way.arrivesAt);
    clock.at(at, () => way.to.process.post(() => way.to.broke()));
  }
}
