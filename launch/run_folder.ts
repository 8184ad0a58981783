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

/** Where the system keeps files in memory, if it does. */
const IN_MEMORY = "/dev/shm";

/** See the module's text. */
export interface RunFolder {
  readonly path: string;
  /** What else is removed with it, if it was made: the folder of the memory that processes share. */
  readonly shared: string | undefined;
  /** Removes it with all that is in it. */
  remove(): void;
}

/**
 * What the folder would be called in which the processes of a run share memory; undefined where
 * there is no such thing.
 */
export function sharedFolderName(): string | undefined {
  if (!mayMake()) return undefined;
  try {
    if (!Deno.statSync(IN_MEMORY).isDirectory) return undefined;
  } catch {
    return undefined;
  }
  // As that of the run is called, so that it is known for one.
  return `${IN_MEMORY}/${temporaryPrefix("run")}${crypto.randomUUID().slice(0, 8)}`;
}

/**
 * Makes a folder for a run; undefined where there is no such thing, or this process may not.
 *
 * @param shared what the folder for shared memory is to be called
 */
export function makeRunFolder(shared?: string): RunFolder | undefined {
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
  const [made, beside] = [path, makeFolder(shared)];
  return {
    path: made,
    shared: beside,
    remove() {
      removeFolder(made);
      if (beside !== undefined) removeFolder(beside);
    },
  };
}

/** Makes a folder that nobody else may enter, if that is possible. */
function makeFolder(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
    return path;
  } catch {
    return undefined;
  }
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
 * @param beside a run's folder, beside which it is
 */
export async function removeForsaken({ path, shared }: RunFolder): Promise<void> {
  await removeForsakenIn(dirname(path));
  if (shared !== undefined) await removeForsakenIn(dirname(shared));
}

/** The same in a folder for temporary files. */
export async function removeForsakenIn(folder: string): Promise<void> {
  await removeForsakenFrom(folder, temporaryPrefix);
}
