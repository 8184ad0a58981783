/**
 * What comes home in the place of an outcome, when a task was withdrawn by its owner before it had
 * one. Owners that are about to end count them; nobody else looks. Nothing that a task can return is
 * the same, so no result is mistaken for one of these.
 *
 * @module
 */

/** In the place of an outcome; there are only the two below, which stay the same when they travel. */
export class Withdrawn {
  private constructor(readonly begun: boolean) {}

  /** It was queued somewhere, and has not begun. */
  static readonly notBegun = new Withdrawn(false);

  /** It was running, and its outcome is thrown away. */
  static readonly notEnded = new Withdrawn(true);
}
