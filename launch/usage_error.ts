/**
 * What the user did wrong.
 *
 * @module
 */

import { UserFacingError } from "../wire/user_stack.ts";

/** The user's input cannot be worked with; the message says why in one line. */
export class UsageError extends UserFacingError {
  override name = "UsageError";
  /** A second line that says where to look, or nothing. */
  readonly hint: string;

  constructor(message: string, hint = "") {
    super(message);
    this.hint = hint;
  }
}
