/**
 * The file in which a program's results are kept, as far as the command has to do with it: whether
 * it can be used, what it holds. It is loaded when there is one.
 *
 * @module
 */

import { ResultFile, ResultFileError } from "../futures/result_file.ts";
import type { KeptResults } from "../futures/result_file.ts";
import { say } from "./outputs.ts";
import type { ResumeRequest } from "./resume_options.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Looks whether results can be kept in a file, which is made if there is none.
 *
 * @throws {UsageError} when they cannot
 */
export function checkResultFile(path: string): void {
  openFile(path).close();
}

/**
 * Does what `scoop resume` was asked to.
 *
 * @returns what to print
 * @throws {UsageError} when there is no such file, or nothing of that key in it
 */
export function resume({ file, action, key }: ResumeRequest): string {
  checkThere(file);
  const results = openFile(file);
  try {
    if (action === "list") return table(results.list());
    const forgotten = results.forget(key);
    if (forgotten === 0 && key !== undefined) {
      throw new UsageError(
        `${file} has no results of "${key}"`,
        `see: scoop resume ${file} --list`,
      );
    }
    return `${count(forgotten)} forgotten\n`;
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${file}: ${messageOf(error)}`);
  } finally {
    results.close();
  }
}

function checkThere(file: string): void {
  try {
    Deno.statSync(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(`no such file: ${file}`);
  }
}

function openFile(path: string): ResultFile {
  try {
    return new ResultFile(path, say);
  } catch (error) {
    throw error instanceof ResultFileError ? new UsageError(error.message) : error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function count(results: number): string {
  return results === 1 ? "1 result" : `${results} results`;
}

/** A line for each function. */
function table(kept: readonly KeptResults[]): string {
  if (kept.length === 0) return "no results\n";
  const rows = kept.map(({ key, name, results, bytes, lastAt, outdated }) => [
    key === "" ? name : `${key} (${name})`,
    count(results),
    `${bytes} bytes`,
    `last ${new Date(lastAt).toISOString().slice(0, 19).replace("T", " ")} UTC` +
    (outdated ? ", of earlier code" : ""),
  ]);
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i]!.length)));
  const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  "));
  return `${lines.join("\n")}\n`;
}
