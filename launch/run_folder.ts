/**
 * A run's own folder, in which its brokers listen: whoever may not enter it cannot reach them.
 *
 * It is removed by the launcher; by the reaper when the launcher is killed; and, should both have
 * been killed, by the next launcher, as everything temporary is that has lost its process.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import { removeForsakenFrom, temporaryPrefix } from "../wire/temporary.ts";

/** How the names of such folders begin; whatever removes one looks at this. */
export const FOLDER_PREFIX = "scoop-run-";
/** The same for a shipment's. */
export const SHIPMENT_PREFIX = "scoop-ship-";
/** The file in it that names the run's processes, for the reaper. */
export const PROCESSES = "processes";

/** See the module's text. */
export interface RunFolder {
  readonly path: string;
  /** Removes it with all that is in it. */
  remove(): void;
}

/** Makes a folder for a run; undefined where there is no such thing, or this process may not. */
export function makeRunFolder(): RunFolder | undefined {
  if (!mayMake()) return undefined;
  let path: string | undefined;
  try {
    path = Deno.makeTempDirSync({ prefix: temporaryPrefix("run") });
    // Whatever the umask and the system's habits are.
    Deno.chmodSync(path, 0o700);
  } catch {
    // No room, or no folder for such things.
    if (path !== undefined) removeFolder(path);
    return undefined;
  }
  const made = path;
  return { path: made, remove: () => removeFolder(made) };
}

/** A question in the terminal would be no answer. */
function mayMake(): boolean {
  if (Deno.build.os === "windows") return false;
  return (["read", "write"] as const).every((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );
}

function removeFolder(path: string): void {
  if (!basename(path).startsWith(FOLDER_PREFIX)) return;
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    // Somebody else was quicker.
  }
}

/**
 * Removes what processes of ours have left that were killed: the folders of runs, and whatever else
 * has a name by {@link temporaryPrefix}.
 *
 * @param beside something temporary, beside which it is
 */
export async function removeForsaken(beside: string): Promise<void> {
  await removeForsakenIn(dirname(beside));
}

/** The same in a folder for temporary files. */
export async function removeForsakenIn(folder: string): Promise<void> {
  await removeForsakenFrom(folder, temporaryPrefix);
}
