/**
 * The folder of `--profile`, where a run's trace and its report are written at its end.
 *
 * @module
 */

/** The files of the command's own in it. */
export function profileFiles(folder: string): [trace: string, report: string] {
  return [`${folder}/trace.json`, `${folder}/report.html`];
}

/**
 * Makes the folder, and sees to it that the files can be written: better known before a run than
 * after it.
 *
 * @throws {Error} of Deno's when they cannot
 */
export function prepareProfile(folder: string): void {
  Deno.mkdirSync(folder, { recursive: true });
  for (const file of profileFiles(folder)) tryToWrite(file);
}

/** Leaves everything as it was. */
function tryToWrite(file: string): void {
  try {
    Deno.openSync(file, { write: true, createNew: true }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return Deno.openSync(file, { append: true }).close();
  }
  Deno.removeSync(file);
}
