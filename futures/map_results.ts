/**
 * The results of a `map` that nobody has taken yet.
 *
 * @module
 */

import { Deque } from "../wire/deque.ts";
import type { Failure } from "./outcome.ts";

const PENDING = Symbol("pending");

/** Where results wait to be taken. */
export interface Results {
  /** Whether they come in the order of their indices. */
  readonly inOrder: boolean;
  add(index: number, slot: unknown): void;
  /** True when there is something to take. */
  readonly ready: boolean;
  take(): unknown;
  /** All that was not taken. */
  rest(): unknown[];
}

/** Results in the order of the inputs. */
export class InOrder implements Results {
  readonly inOrder = true;
  #slots: unknown[] = [];
  #offset = 0;
  #head = 0;

  add(index: number, slot: unknown): void {
    const place = index - this.#offset;
    while (this.#slots.length < place) this.#slots.push(PENDING);
    this.#slots[place] = slot;
  }

  get ready(): boolean {
    return this.#head < this.#slots.length && this.#slots[this.#head] !== PENDING;
  }

  take(): unknown {
    const slot = this.#slots[this.#head];
    this.#slots[this.#head++] = undefined;
    if (this.#head === this.#slots.length || this.#head > 4096) {
      this.#slots.splice(0, this.#head);
      this.#offset += this.#head;
      this.#head = 0;
    }
    return slot;
  }

  rest(): unknown[] {
    return this.#slots.slice(this.#head);
  }
}

/** Results in the order of their arrival. */
export class AsCompleted implements Results {
  readonly inOrder = false;
  #slots = new Deque<unknown>();

  add(_index: number, slot: unknown): void {
    this.#slots.push(slot);
  }

  get ready(): boolean {
    return this.#slots.length > 0;
  }

  take(): unknown {
    return this.#slots.shift();
  }

  rest(): unknown[] {
    return [...this.#slots];
  }
}

/** A failure in the place of a value. */
export class Failed implements Failure {
  constructor(readonly label: string, readonly error: unknown) {}
}
