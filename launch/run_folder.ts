/**
 * A run's own folder, in which its brokers listen: whoever may not enter it cannot reach them.
 *
 * It is removed by the launcher; by the reaper when the launcher is killed; and, should both have
 * been killed, by the next launcher, as everything temporary is that has lost its process.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { temporaryPrefix } from "../wire/temporary.ts";

/** How the names of such folders begin; whatever removes one looks at this. */
export const FOLDER_PREFIX = "scoop-run-";
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
  try {
    for await (const { name, isSymlink } of Deno.readDir(folder)) {
      if (isSymlink || !isForsaken(name)) continue;
      await Deno.remove(join(folder, name), { recursive: true }).catch(() => {
        // Another user's, or somebody else was quicker.
      });
    }
  } catch {
    // It cannot be listed; then it is somebody else's business.
  }
}

/** Of a temporary name: the process's number, when that was started, and where that means something. */
const NAME = /^scoop-[a-z]+-([0-9a-z]+)-([0-9a-z]+)-([0-9a-z]+)-/;

function isForsaken(name: string): boolean {
  const [, pid, started, where] = NAME.exec(name) ?? [];
  if (pid === undefined || pid === "0" || where !== NAME.exec(temporaryPrefix("own"))![3]) {
    return false;
  }
  return !isRunning(Number.parseInt(pid, 36), Number.parseInt(started!, 36));
}

/** @param started in the system's own unit; 0 when it is not known */
function isRunning(pid: number, started: number): boolean {
  if (Deno.build.os === "windows") return true;
  if (Deno.build.os === "linux") {
    try {
      const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      // One that has ended may wait for somebody to ask how; or another has got its number.
      return !/[ZX]/.test(fields[0]!) && (started === 0 || started === Number(fields[19]));
    } catch (error) {
      return !(error instanceof Deno.errors.NotFound);
    }
  }
  const args = ["-0", String(pid)];
  return new Deno.Command("kill", { args, stderr: "null" }).outputSync().success;
}
