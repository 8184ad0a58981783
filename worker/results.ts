/**
 * The file of results of the process that runs a program.
 *
 * @module
 */

import { ResultFile } from "../futures/result_file.ts";

/**
 * Opens a file of results until this process ends. One that cannot be used ends it, in one line.
 *
 * @param path undefined for none
 */
export function openResultsOrExit(path: string | undefined): ResultFile | undefined {
  try {
    return path === undefined ? undefined : openResults(path);
  } catch (error) {
    console.error(`scoop: ${(error as Error).message}`);
    Deno.exit(2);
  }
}

/**
 * Opens a file of results until this process ends.
 *
 * @throws {ResultFileError} when it cannot be used
 */
export function openResults(path: string): ResultFile {
  const file = new ResultFile(path, (text) => console.error(`scoop: ${text}`));
  addEventListener("unload", () => file.close());
  return file;
}
