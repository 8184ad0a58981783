/**
 * The errors a program can meet. They live at the bottom of the house because the codec has to
 * rebuild them, class and all, on the other side of a socket.
 *
 * @module
 */

import { UserFacingError } from "./user_stack.ts";

/**
 * The future was cancelled before its task ran.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { CancelledError } from "@scoop/futures";
 * const error = new CancelledError("square(3) was cancelled");
 * assert(error.name === "CancelledError");
 * ```
 */
export class CancelledError extends UserFacingError {
  /** The name of its class. */
  override name = "CancelledError";
}

/** A wait, or a task with a `timeout`, took longer than it was given. */
export class TimeoutError extends UserFacingError {
  /** The name of its class. */
  override name = "TimeoutError";
}

/** The worker that ran a task was lost, and with it the task's last attempt. */
export class WorkerLostError extends UserFacingError {
  /** The name of its class. */
  override name = "WorkerLostError";
}

/** The broker stopped answering; no result can arrive any more. */
export class BrokerLostError extends UserFacingError {
  /** The name of its class. */
  override name = "BrokerLostError";
}

/** A value cannot travel to another process. The message names where it sits. */
export class SerializationError extends UserFacingError {
  /** The name of its class. */
  override name = "SerializationError";
}

/** A function cannot be found on the worker, or cannot be sent there. */
export class UnknownFunctionError extends UserFacingError {
  /** The name of its class. */
  override name = "UnknownFunctionError";
}

/** Two copies of this library that do not speak the same protocol met in one run. */
export class ProtocolError extends UserFacingError {
  /** The name of its class. */
  override name = "ProtocolError";
}
