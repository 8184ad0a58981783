/**
 * What comes home in the place of an outcome, when a task was withdrawn by its owner before it had
 * one. Owners that are about to end count them; nobody else looks.
 *
 * @module
 */

/** It was queued somewhere, and has not begun. */
export const NOT_BEGUN = "scoop: not begun";

/** It was running, and its outcome is thrown away. */
export const NOT_ENDED = "scoop: not ended";
