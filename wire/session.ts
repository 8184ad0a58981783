/**
 * A conversation that survives its connection.
 *
 * TCP loses nothing while a connection stands, and anything that was under way when it breaks. So
 * each side numbers what it says, keeps it until the other is known to have it, and takes in only
 * what follows the last number it has. When the connection is back, both tell how far they have
 * come (`hello` and `welcome`) and send the rest again: nothing is lost, and nothing is taken in
 * twice.
 *
 * A state machine without I/O or clock; brokers and workers have one for each of their connections.
 *
 * @module
 */

import { Deque } from "./deque.ts";
import { LIMITS } from "./limits.ts";
import { isNumbered } from "./messages.ts";
import type { Message, Numbered } from "./messages.ts";

/**
 * What is to be done with a message that has come: take it in; drop it, since it has come before or
 * will come again; or drop it and agree anew on where the session stands, since others before it
 * have not come. Of all that come beyond one gap, only the first asks for that.
 */
export type Arrival = "new" | "known" | "gap";

/** One side's memory of a session. */
export class Session {
  #sent = 0;
  #received = 0;
  /** The last number the other side is known to have. */
  #acknowledged = 0;
  #unacknowledged = new Deque<Numbered>();
  /** Taken in since the other side was last told how far we have come. */
  #untold = 0;
  #untoldBytes = 0;
  /** How many had been taken in when a gap was last found. */
  #gapAfter = -1;

  /** @param id names this side's session; the same for as long as this memory lasts */
  constructor(readonly id: string) {}

  /** How many numbered messages were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** How many numbered messages were taken in. */
  get received(): number {
    return this.#received;
  }

  /** How many messages are kept because the other side may not have them. */
  get kept(): number {
    return this.#unacknowledged.length;
  }

  /** Gives a message its number, and keeps it; 0 for one that is not part of the sequence. */
  number(message: Message): number {
    if (!isNumbered(message)) return 0;
    const number = ++this.#sent;
    this.#unacknowledged.push({ message, number });
    return number;
  }

  /** Looks at a message that has come. */
  arrive({ message, number }: Numbered): Arrival {
    if (number === 0) return "new";
    if (number <= this.#received) return "known";
    if (number > this.#received + 1) {
      if (this.#gapAfter === this.#received) return "known";
      this.#gapAfter = this.#received;
      return "gap";
    }
    this.#received = number;
    this.#untold++;
    if ("payload" in message) this.#untoldBytes += message.payload.body.length;
    return "new";
  }

  /** True when so much has been taken in that the other side should hear of it now. */
  get isSyncDue(): boolean {
    return this.#untold >= LIMITS.syncMessages || this.#untoldBytes >= LIMITS.syncBytes;
  }

  /** True when something was taken in that the other side has not been told of. */
  get isSyncWorthwhile(): boolean {
    return this.#untold > 0;
  }

  /** What to tell the other side of where the session stands. */
  sync(): Message {
    this.#untold = this.#untoldBytes = 0;
    return { type: "sync", received: this.#received, sent: this.#sent };
  }

  /**
   * The other side has told how far it has come: what it has is forgotten here.
   *
   * @returns false when it claims what it cannot have, or has forgotten what it had: this is not
   * the session it means.
   */
  acknowledge(received: number): boolean {
    if (!(received <= this.#sent && received >= this.#acknowledged)) return false;
    this.#acknowledged = received;
    for (let first = this.#unacknowledged.peek(); first; first = this.#unacknowledged.peek()) {
      if (first.number > received) break;
      this.#unacknowledged.shift();
    }
    return true;
  }

  /** Whether the other side, having sent so many, has sent something that has not come. */
  misses(sent: number): boolean {
    return sent > this.#received;
  }

  /** What the other side does not have, to be sent again, in order. */
  unacknowledged(): Iterable<Numbered> {
    return this.#unacknowledged;
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    const kept = [...this.#unacknowledged];
    if (kept.length !== this.#sent - this.#acknowledged) {
      throw new Error(`a session keeps ${kept.length} of ${this.#sent - this.#acknowledged}`);
    }
    kept.forEach(({ number }, i) => {
      if (number !== this.#acknowledged + i + 1) throw new Error("a session keeps a wrong number");
    });
  }
}
