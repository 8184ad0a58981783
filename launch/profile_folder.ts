/**
 * The folder of `--profile`, where a run's trace and its report are written at its end.
 *
 * @module
 */

/** The files of the command's own in it. */
export function profileFiles(folder: string): [trace: string, report: string] {
  return [`${folder}/trace.json`, `${folder}/report.html`];
}

/** Where Deno writes what its profiler has seen of a process, in the folder. */
export function processorProfile(name: string): string {
  return `${name}.cpuprofile`;
}

const PROCESSOR_PROFILE = /^(?:origin|worker-\d+)(?:\.\d+)?\.cpuprofile$/;

/**
 * Makes the folder, and sees to it that the files can be written: better known before a run than
 * after it. What an earlier run had of processes that this one may not have goes, as its report does.
 *
 * @throws {Error} of Deno's when they cannot
 */
export function prepareProfile(folder: string): void {
  Deno.mkdirSync(folder, { recursive: true });
  for (const file of profileFiles(folder)) tryToWrite(file);
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    if (isFile && PROCESSOR_PROFILE.test(name)) Deno.removeSync(`${folder}/${name}`);
  }
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
