/**
 * Who has the processor: the states of all turns of a process, and who moves them.
 *
 * ```text
 *             begin            suspend                  look (twice without a sign)
 *   (new) ──────────▶ running ─────────▶ suspended ─────────────────────────────────▶ idle
 *                        │  ▲               │  ▲  ◀───────────────────────────────────┘ │
 *                  block │  │ unblock block │  │ unblock          touch (it calls us)   │ block
 *                        ▼  │               ▼  │                                        │
 *                        waiting ◀──────────────────────────────────────────────────────┘
 *   any ──▶ over, by end
 * ```
 *
 * One that overlaps others (`futures/overlap.ts`) is idle where another would be suspended.
 *
 * `running` and `suspended` hold the processor: a new task begins only while nobody does. A task that
 * awaits something of its own (a file, a timer) stays `suspended`, so tasks do not pile up. But one
 * that waits for what it spawned in a way that cannot be seen (a callback, `done()` polled, a promise
 * of its own) would wait for ever on one worker: the processor it holds is what its tasks need. So
 * whoever holds it without doing anything, while things it spawned are open, becomes `idle`. So does
 * one while something lies here that was left by a turn that has ended, which may be what it waits
 * for: the mark in a file that a grandchild makes, for example.
 *
 * No wake-up is lost: every transition out of holding calls `freed`, and whoever is freed looks for
 * work. A state machine without I/O or clock.
 *
 * @module
 */

import { SuspendedTurns } from "./suspended_turns.ts";
import type { Turn } from "./turn.ts";

/** What turns tell. */
export interface TurnEvents {
  /** Nobody holds the processor any more: there may be something to begin. */
  freed(): void;
  /** The program begins or ceases to wait for us, by awaiting or by being idle. */
  programWaits?(how: "waiting" | "idle" | "running"): void;
  /** Somebody holds the processor who may be waiting for us unseen: a look is wanted soon. */
  lookWanted?(): void;
  /** Whether work of others waits here for the processor. */
  workWaits?(): boolean;
  /** How many quiet looks make a turn idle; 1 by default. */
  patience?(): number;
}

/** See the module's text. */
export class Turns {
  /** The turn of the user's program. */
  program: Turn | undefined;
  #active = 0;
  /** Tasks that have begun and not ended. */
  #begun = 0;
  readonly #suspended = new SuspendedTurns();
  /** What turns that have ended left unbegun. */
  #orphaned = new Set<NonNullable<Turn["group"]>>();
  /** Looks in a row in which none of those that hold the processor gave a sign. */
  #quietLooks = 0;
  readonly #on: TurnEvents;

  constructor(events: TurnEvents) {
    this.#on = events;
  }

  /** How many hold the processor. */
  get active(): number {
    return this.#active;
  }

  /** How many tasks have begun and not ended. */
  get begun(): number {
    return this.#begun;
  }

  /** How many looks in a row found that who holds the processor does nothing with it. */
  get quietLooks(): number {
    return this.#active === 0 ? 0 : this.#quietLooks;
  }

  /** Whether a turn holds the processor. */
  holds({ state }: Turn): boolean {
    return state === "running" || state === "suspended";
  }

  /** The user's program begins: it holds the processor until it awaits something of ours. */
  beginProgram(turn: Turn): void {
    this.program = turn;
    this.#active++;
    this.suspend(turn);
  }

  /** A task begins. */
  begin(turn: Turn): void {
    this.#quietLooks = 0;
    turn.state = "running";
    this.#begun++;
    this.#active++;
  }

  /** The turn's task has returned a promise. */
  suspend(turn: Turn): void {
    turn.promised = true;
    if (turn.state !== "running") return;
    if (turn.overlaps) return this.#letGo(turn);
    turn.state = "suspended";
    turn.touched = true;
    this.#suspended.add(turn);
    this.#wantLook(turn);
  }

  /** The turn, whose task has returned a promise, is to hold the processor no longer. */
  overlap(turn: Turn): void {
    turn.overlaps = true;
    if (turn.state !== "suspended") return;
    this.#suspended.delete(turn);
    this.#letGo(turn);
  }

  #letGo(turn: Turn): void {
    turn.state = "idle";
    if (--this.#active === 0) this.#on.freed();
  }

  /** The turn begins to wait for one more future; true when it was not waiting before. */
  block(turn: Turn): boolean {
    if (turn.waiting++ > 0 || turn.state === "over") return false;
    const held = this.holds(turn);
    this.#suspended.delete(turn);
    turn.state = "waiting";
    if (held) this.#active--;
    if (turn === this.program) this.#on.programWaits?.("waiting");
    if (held && this.#active === 0) this.#on.freed();
    return held || turn.overlaps;
  }

  /** One of the futures it waited for is there; true when it waits for no other. */
  unblock(turn: Turn): boolean {
    if (--turn.waiting > 0 || turn.state === "over") return false;
    this.#hold(turn);
    return true;
  }

  /** The turn calls us: whatever it seemed to be, it is not idle. */
  touch(turn: Turn): void {
    this.#quietLooks = 0;
    turn.touched = true;
    if (turn.overlaps) return;
    if (turn.state === "idle") this.#hold(turn);
    else if (turn.state === "suspended") this.#on.lookWanted?.();
  }

  /** The turn has ended. */
  end(turn: Turn): void {
    if (turn.state === "over") return;
    if (this.holds(turn)) this.#active--;
    if (turn !== this.program) this.#begun--;
    this.#suspended.delete(turn);
    turn.state = "over";
    turn.ended?.();
    const { group } = turn;
    if (group === undefined || !group.waits) return;
    this.#orphaned.add(group);
    if (this.#suspended.size > 0) this.#on.lookWanted?.();
  }

  /** Whether it may be waiting, unseen, for what could run if it gave way. */
  #mayWait({ open, orphan }: Turn): boolean {
    // One that was left over itself does not give way to others like it: they go one by one.
    return open > 0 || (!orphan && this.#orphaned.size > 0);
  }

  #wantLook(turn: Turn): void {
    if (this.#mayWait(turn) || this.#on.workWaits?.()) this.#on.lookWanted?.();
  }

  /**
   * To be called when the event loop has served everybody: whoever has shown no sign of life since
   * the look before, while something that it spawned is open, is idle.
   *
   * @returns true when another look is wanted
   */
  look(): boolean {
    let again = false;
    let freed = false;
    for (const group of this.#orphaned) if (!group.waits) this.#orphaned.delete(group);
    this.#quietLooks++;
    const patience = this.#on.patience?.() ?? 1;
    for (const turn of this.#suspended.all()) {
      if (turn.touched) {
        turn.touched = false;
        this.#quietLooks = 0;
        again ||= this.#mayWait(turn);
        continue;
      }
      if (!this.#mayWait(turn)) continue;
      if (this.#quietLooks < patience) {
        again = true;
        continue;
      }
      this.#suspended.delete(turn);
      turn.state = "idle";
      this.#active--;
      freed = true;
      if (turn === this.program) this.#on.programWaits?.("idle");
    }
    if (freed && this.#active === 0) this.#on.freed();
    return again;
  }

  #hold(turn: Turn): void {
    this.#quietLooks = 0;
    if (turn.overlaps) return void (turn.state = "idle");
    this.#active++;
    turn.state = turn.promised ? "suspended" : "running";
    if (turn.promised) {
      turn.touched = true;
      this.#suspended.add(turn);
      this.#wantLook(turn);
    }
    if (turn === this.program) this.#on.programWaits?.("running");
  }

  /**
   * @param turns all that have begun and not ended
   * @throws {Error} when an invariant is broken
   */
  check(turns: Iterable<Turn>): void {
    let holding = 0;
    for (const turn of turns) {
      if (this.holds(turn)) holding++;
      if (turn.state === "over") throw new Error(`${turn.label} is over and still counted`);
      if ((turn.state === "waiting") !== turn.waiting > 0) {
        throw new Error(`${turn.label} is ${turn.state} with ${turn.waiting} futures`);
      }
      if ((turn.state === "suspended") !== this.#suspended.has(turn)) {
        throw new Error(`${turn.label} is ${turn.state}, which the suspended do not agree with`);
      }
    }
    this.#suspended.check();
    if (holding !== this.#active) {
      throw new Error(`${holding} turns hold the processor, ${this.#active} are counted`);
    }
  }
}
