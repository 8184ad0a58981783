/** What hostile peers say over real sockets: messages of the grammar, damaged ones, and no messages. */

import { isNumbered, writeMessage } from "../../wire/messages.ts";
import type { Message, Numbered } from "../../wire/messages.ts";
import fc from "../fast_check.ts";
import { anyMessage, ANYTHING, changed, likely, messagesOf } from "../wire/any_message.ts";

/** One thing that a hostile peer says. */
export type Said =
  /** `due`: with the number that is due in its session. */
  | { readonly kind: "message"; readonly said: Numbered; readonly due: boolean }
  | { readonly kind: "frames"; readonly frames: Uint8Array[] };

/** One step of hostile peers: which of them says what. */
export interface Step {
  readonly who: number;
  readonly said: Said;
  /** It leaves without a word, and another comes in its place. */
  readonly leaves: boolean;
}

/** How many hostile peers there are at a time. */
export const PEERS = 6;

/** In the place of a name, the speaker's own. */
export const ME = "(me)";

/** A function that no worker is to be brought to call: its address is false. */
const FORBIDDEN: Record<string, string>[] = [
  { kind: "export", module: "", name: "forbidden", hash: "0".repeat(64) },
  { kind: "export", module: "./steady.ts", name: "forbidden", hash: "" },
  { kind: "task", name: "forbidden", hash: "" },
  { kind: "builtin", name: "forbidden" },
  { kind: "builtin", name: "Function" },
  { kind: "builtin", name: "constructor.constructor" },
  { kind: "source", name: "forbidden", source: "forbidden" },
  { kind: "source", name: "", source: ") => {" },
  { kind: "unknown", name: "forbidden" },
];

const VALID: Record<string, string>[] = [
  { kind: "builtin", name: "Math.abs" },
  { kind: "builtin", name: "JSON.stringify" },
];

const fn = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...FORBIDDEN) },
  { weight: 2, arbitrary: fc.constantFrom(...VALID) },
  { weight: 1, arbitrary: ANYTHING.fn },
);

const frame = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  // As a message that came in pieces begins.
  fc.uint8Array({ maxLength: 30 }).map((rest) => new Uint8Array([0xc1, ...rest])),
);

/** What is said, with these names in it. */
export function sayings(names: readonly string[]): fc.Arbitrary<Said> {
  const message = fc.record({
    kind: fc.constant("message" as const),
    said: fc.oneof(...messagesOf(likely([ME, ...names], fn))),
    due: fc.integer({ min: 0, max: 15 }).map((n) => n > 0),
  });
  const frames = fc.record({
    kind: fc.constant("frames" as const),
    frames: fc.oneof(changed(anyMessage), fc.array(frame, { minLength: 1, maxLength: 4 })),
  });
  return fc.oneof({ weight: 9, arbitrary: message }, { weight: 2, arbitrary: frames });
}

/** `count` steps that are the same for the same seed. */
export function steps(names: readonly string[], count: number, seed: number): Step[] {
  const step = fc.record({
    who: fc.nat(PEERS - 1),
    said: sayings(names),
    leaves: fc.nat(149).map((n) => n === 0),
  });
  return fc.sample(step, { numRuns: count, seed });
}

/** The frames of what is said, by somebody of this name whose next message has this number. */
export function framesOf(said: Said, me: string, number: () => number): Uint8Array[] {
  if (said.kind === "frames") return said.frames;
  const message = ofMine(said.said.message, me);
  const numbered = isNumbered(message);
  return writeMessage(message, numbered ? said.due ? number() : said.said.number : 0);
}

/** The same message, with the speaker's name where {@link ME} stands. */
function ofMine(message: Message, me: string): Message {
  const named = <T extends object>(fields: T): T =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, value === ME ? me : value]),
    ) as T;
  if (message.type === "bundle") return { ...message, bundle: named(message.bundle) };
  if (message.type === "result") return { ...message, result: named(message.result) };
  return named(message);
}
