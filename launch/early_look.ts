/**
 * A look at the program that begins before the command's own modules are loaded: on the way from the
 * command to the program's first line nothing takes longer than those two, and neither needs the
 * other. With arguments that load less, 331 ms of a whole run became 294 on two processors.
 *
 * What the arguments mean is decided later, by who reads them all. A look at something else is
 * dropped then; so only arguments of which none says how Deno finds modules are looked at here.
 *
 * @module
 */

import { namesOf, NO_DENO_FLAGS } from "./deno_flags.ts";
import { importFlags } from "./finding.ts";
import { beginLook, subjectOf } from "./look.ts";
import type { Look, LookOptions, Subject } from "./look.ts";
import { isSelfMade } from "./self_command.ts";
import { rowOf, splitAtProgram } from "./split_arguments.ts";
import type { SplitArguments } from "./split_arguments.ts";

/** Options that have nothing to do with the finding of modules, nor with whether it is wanted. */
const INDIFFERENT: ReadonlySet<string> = new Set([
  "workers",
  "brokers",
  "verbose",
  "quiet",
  "debug",
  "progress",
  "dashboard",
  "allow-all",
]);

interface EarlyLook {
  readonly subject: Subject;
  readonly look: Promise<Look>;
}

let early: EarlyLook | undefined;

/** Begins to look at the program, if the arguments are plain. */
export function lookEarly(args: readonly string[]): void {
  // Those may have no Deno to ask.
  if (isSelfMade()) return;
  try {
    const split = splitAtProgram(args);
    if (split.program === undefined || !isPlain(split)) return;
    const subject = subjectOf(plainOptions(split.program));
    const look = beginLook(subject);
    look.catch(() => {});
    early = { subject, look };
  } catch {
    // Whoever reads all arguments says what is wrong.
  }
}

/** The look that has begun, if it is at this; any other is dropped. */
export async function takeEarlyLook(subject: Subject): Promise<Look | undefined> {
  if (early === undefined || !isSame(early.subject, subject)) {
    await dropEarlyLook();
    return undefined;
  }
  const { look } = early;
  early = undefined;
  return await look;
}

/** Nobody wants to know what it would find. */
export async function dropEarlyLook(): Promise<void> {
  const dropped = early;
  early = undefined;
  // What has failed has nothing to be removed.
  await dropped?.look.then((look) => look.release(), () => {});
}

function isPlain({ own, unstable }: SplitArguments): boolean {
  const names = own.filter((word) => word.startsWith("--"));
  return unstable.length === 0 && names.every((name) => INDIFFERENT.has(rowOf(name)?.long ?? ""));
}

/** What is the case when the user says nothing. */
function plainOptions(program: string): LookOptions {
  return {
    program,
    config: undefined,
    importMap: undefined,
    denoExecutable: undefined,
    permissions: new Map(),
    denoFlags: NO_DENO_FLAGS,
  };
}

/** Whether looks at both would find the same. */
function isSame(one: Subject, other: Subject): boolean {
  return key(one) === key(other);
}

/** What an early look begins with has no flags, so their names tell it from any that has. */
function key(subject: Subject): string {
  const { program, deno, config, importMap, options: { denoFlags } } = subject;
  const flags = [...namesOf(denoFlags), ...importFlags(subject)];
  return JSON.stringify([program, deno, config, importMap, flags]);
}
