/**
 * Several constants in one message, so that they are set together.
 *
 * @module
 */

import type { Encoded } from "./codec.ts";
import type { SetConstants } from "./message_types.ts";
import { joinArray, splitArray } from "./split.ts";

/** Names and values of constants. */
export type NamedPayloads = readonly (readonly [name: string, payload: Encoded])[];

/** The message that sets all of these, or none. */
export function groupConstants(constants: NamedPayloads): SetConstants {
  return {
    type: "setConstants",
    names: constants.map(([name]) => name),
    frames: constants.map(([, { frames }]) => frames.length),
    payload: {
      body: joinArray(constants.map(([, { body }]) => body)),
      frames: constants.flatMap(([, { frames }]) => frames),
    },
  };
}

/** The constants in a message. */
export function constantsOf({ names, frames, payload }: SetConstants): NamedPayloads {
  const bodies = splitArray(payload.body);
  let at = 0;
  return names.map((name, i) => {
    const own = payload.frames.slice(at, at += frames[i]!);
    return [name, { body: bodies[i]!, frames: own }];
  });
}
