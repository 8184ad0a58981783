/**
 * What was given of the command's options. How words become options is told in
 * `launch/split_arguments.ts`; here they are looked up in the table.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { OPTIONS } from "./option_table.ts";
import type { OptionRow } from "./option_table.ts";
import { similarOnes } from "./similar.ts";
import { rowOf, TRY_HELP, withoutValue } from "./split_arguments.ts";
import { UsageError } from "./usage_error.ts";

/** The values of the options that were given, by their long names; "" for an option alone. */
export class OptionValues {
  readonly #given = new Map<string, string[]>();

  /** The option was given once more. */
  add(name: string, value: string): void {
    const before = this.#given.get(name);
    if (before === undefined) this.#given.set(name, [value]);
    else before.push(value);
  }

  /** How often it was given. */
  count(name: string): number {
    return this.all(name).length;
  }

  /** Whether it was given. */
  has(name: string): boolean {
    return this.#given.has(name);
  }

  /** The value that counts of an option that is taken once: the last. */
  of(name: string): string | undefined {
    return this.#given.get(name)?.at(-1);
  }

  /** The same as a number. */
  numberOf(name: string): number | undefined {
    const value = this.of(name);
    return value === undefined ? undefined : Number(value);
  }

  /** All values, in the order they were given in. */
  all(name: string): readonly string[] {
    return this.#given.get(name) ?? [];
  }
}

/** For Node's reading of them: which take a value. */
const KINDS = Object.fromEntries(
  OPTIONS.flatMap(({ long, alias, value }) => {
    const type = value === undefined ? "boolean" as const : "string" as const;
    return [long, ...(alias ? [alias] : [])].map((name) => [name, { type }]);
  }),
);

/**
 * Reads the values of options.
 *
 * @param own the options, spelled out
 * @throws {UsageError} when there is no such option, or its value makes no sense
 */
export function readValues(own: readonly string[]): OptionValues {
  const values = new OptionValues();
  const { tokens } = parseArgs({ args: [...own], options: KINDS, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const { rawName, value } = token;
    const row = rowOf(rawName);
    if (row === undefined) throw unknown(rawName);
    values.add(row.long, valueOf(row, rawName, value));
  }
  return values;
}

function valueOf(row: OptionRow, given: string, value: string | undefined): string {
  const name = row.short ? `-${row.short}` : given;
  if (row.value === undefined) {
    if (value !== undefined) throw new UsageError(`${given} takes no value`);
    return "";
  }
  if (value === undefined) throw withoutValue(row, given);
  if (value === "" && row.optional) return value;
  if (value === "") throw new UsageError(`${name} has an empty value`);
  const expected = row.check?.(value);
  if (expected) throw new UsageError(`${name} must be ${expected}, not "${value}"`);
  return value;
}

function unknown(name: string): UsageError {
  const shown = OPTIONS.filter(({ hidden }) => !hidden).map(({ long }) => long);
  const meant = similarOnes(name.slice("--".length), shown).map((each) => `"--${each}"`);
  const question = meant.length > 0 ? ` (did you mean ${meant.join(" or ")}?)` : "";
  return new UsageError(`unknown option "${name}"${question}`, TRY_HELP);
}
