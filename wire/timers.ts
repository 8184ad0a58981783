/**
 * Timers for this project's own use.
 *
 * In the program's process those of the global scope are replaced by ones that ask whose timer it is:
 * what a task has set does not keep the process alive once the task is over. Code of ours runs in
 * the context of the task that came before it, so a timer of ours would be taken for the task's, and
 * the program would end in the middle of its work (one in ten of short programs beside a busy one).
 *
 * This module is loaded before anything is replaced, which a module that only a run needs is not.
 *
 * @module
 */

/** Calls a function once, after so many milliseconds. */
export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout;
/** Calls a function again and again, every so many milliseconds. */
export const setInterval: typeof globalThis.setInterval = globalThis.setInterval;
