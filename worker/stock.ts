/**
 * How much of what a worker has spawned its broker should have in stock, for others to take.
 *
 * Whoever is asked for work answers as soon as the code that runs here has let go. While that is a
 * task after the other, of which it is known how long they take, the answer comes at once, and what
 * stays here needs no message to be run here: of a program's own tasks half came back to it by way
 * of the broker before, which took 1 to 2 % of two processors with tasks of 10 and of 1 ms, and 4 %
 * with tasks of 0.1 ms. Whoever may keep the processor for longer leaves others what they need until
 * then; so does who knows of workers that are far, and have much in advance.
 *
 * A state machine without a clock.
 *
 * @module
 */

/** Milliseconds of work for each worker that are enough, whatever runs here. */
const STOCK_TIME = 1_000;
/** The same while short tasks run here: three of the longest bundles. */
const LEAST_STOCK_TIME = 100;
/** So many times the longest pause between two answers lately is enough, in between. */
const PAUSES = 4;
/**
 * It is filled up when it has come down to this part: what leaves at once leaves in one message.
 */
const REFILLED_AT = 0.5;
/** A pause is forgotten after so many times its length. */
const REMEMBERED = 50;
/** As many tasks for each worker are not too many: one may take much longer than the others. */
const TASKS = 10;
/** Bundles for each worker that are enough, whatever they take. */
const STOCK_MOST = 256;
/** Bundles for each worker that are not too many, whatever they take. */
const STOCK_LEAST = 4;

/** See the module's text. */
export class Stock {
  /** Bundles that are with the broker or other workers, and the milliseconds they should take. */
  #away = 0;
  #awayTime = 0;
  /** When something was kept here last; Infinity when nothing was. */
  #keptAt = Infinity;
  #longestPause = 0;
  /** Whether it is being filled. */
  #fills = true;

  /** A bundle that should take so many milliseconds has left. */
  left(expected: number): void {
    this.#away++;
    this.#awayTime += expected;
  }

  /** It has come to its end. */
  cameBack(expected: number): void {
    this.#away--;
    this.#awayTime -= expected;
  }

  /** This worker looks what others should have. */
  looks(now: number): void {
    const pause = Math.max(0, now - this.#keptAt);
    this.#longestPause = Math.max(pause, this.#longestPause - pause / REMEMBERED);
  }

  /** It has done so, and keeps something, or not. */
  looked(keeps: boolean, now: number): void {
    this.#keptAt = keeps ? now : Infinity;
  }

  /**
   * Whether no more has to leave unless somebody asks for it; once that is so, it is until the stock
   * has come down far enough to be filled up again.
   *
   * @param workers in the run
   * @param each milliseconds that a task takes on average
   * @param late whether others may have to wait for what they ask for: somebody has the processor
   *   and may keep it for good, or they are far
   */
  isFull(workers: number, each: number, late: boolean): boolean {
    const enough = Math.max(LEAST_STOCK_TIME, TASKS * each, PAUSES * this.#longestPause);
    const time = late ? STOCK_TIME : Math.min(enough, STOCK_TIME);
    const part = (late || this.#fills ? 1 : REFILLED_AT) * workers;
    const isFull = this.#away >= part * STOCK_LEAST &&
      (this.#awayTime >= part * time || this.#away >= part * STOCK_MOST);
    this.#fills = !isFull;
    return isFull;
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    if (this.#away < 0) throw new Error("more bundles came back than were given away");
    if (this.#away === 0 && Math.abs(this.#awayTime) > 1e-3 * STOCK_TIME) {
      throw new Error(`nothing is away, and ${this.#awayTime} ms of work`);
    }
    if (this.#longestPause < 0) throw new Error("a pause of less than no time");
  }
}
