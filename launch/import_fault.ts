/**
 * Why a worker did not join: it ended, or hung, while it imported the program.
 *
 * @module
 */

import { CANNOT_IMPORT } from "../wire/worker_lost.ts";

/** A worker that did not join. */
export interface ImportFault {
  /** The worker's name. */
  readonly name: string;
  /** How its process ended, or why it was given up: "exit code 3". */
  readonly how: string;
  /** The last that it wrote on stderr. */
  readonly words: string;
  /** The same would happen again: it has told so itself, or nobody has heard of it for long. */
  readonly final: boolean;
}

/** Takes in how a worker has ended that had not joined. */
export function importFault(
  name: string,
  how: string,
  givenUp: boolean,
  words: string,
): ImportFault {
  const final = givenUp || ownWords(words) !== undefined;
  return { name, how, words, final };
}

/**
 * What is told of it: a line that names the import as the cause.
 *
 * @param times how many workers in a row fared so in its place
 */
export function describeFault({ name, how, words }: ImportFault, times: number): string {
  const own = ownWords(words);
  const what = own === undefined
    ? `${name} ended while it imported the program (${how})`
    : `${name} ${CANNOT_IMPORT}${own.line}`;
  return times > 1 ? `${what}, as ${times - 1} before it` : what;
}

/** What else the worker wrote, as it was. */
export function furtherWords({ words }: ImportFault): string {
  return ownWords(words)?.others ?? words;
}

/** What a person can do about it. */
export const REMEDY =
  'each worker imports it: what only the program itself is to do stands under "if (import.meta.main)"';

/** What the worker has told of its import, apart from the rest of what it wrote. */
function ownWords(words: string): { line: string; others: string } | undefined {
  const lines = words.split("\n");
  // The last, since a program may print what it likes.
  const at = lines.findLastIndex((line) => OWN.test(line));
  if (at < 0) return undefined;
  const line = OWN.exec(lines[at]!)![1]!;
  return { line, others: lines.toSpliced(at, 1).join("\n") };
}

const OWN = new RegExp(`^(?:\\[\\S+\\] )?scoop: \\S+ ${CANNOT_IMPORT}(.*)$`);
