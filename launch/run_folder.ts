/**
 * A run's own folder, in which its brokers listen: whoever may not enter it cannot reach them.
 *
 * It is removed by the launcher; by the reaper when the launcher is killed; and, should both have
 * been killed, by the next launcher.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";

/** How the names of such folders begin; whatever removes one looks at this. */
export const FOLDER_PREFIX = "scoop-run-";
/** The file in it that says whose it is. */
const OWNER = "owner";
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
    path = Deno.makeTempDirSync({ prefix: FOLDER_PREFIX });
    // Whatever the umask and the system's habits are.
    Deno.chmodSync(path, 0o700);
    Deno.writeTextFileSync(join(path, OWNER), ownerText());
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
 * Removes the folders of runs whose launchers have died together with their reapers.
 *
 * @param beside a run's folder, among which they are
 */
export async function removeForsaken(beside: RunFolder): Promise<void> {
  const parent = dirname(beside.path);
  try {
    for await (const { name, isDirectory } of Deno.readDir(parent)) {
      if (!isDirectory || !name.startsWith(FOLDER_PREFIX)) continue;
      const path = join(parent, name);
      if (path !== beside.path && isForsaken(path)) removeFolder(path);
    }
  } catch {
    // It cannot be listed; then it is somebody else's business.
  }
}

/** Whose folder it is: the process, and where its number means something. */
function ownerText(): string {
  return `${Deno.pid} ${whereabouts()}`;
}

/**
 * Folders for temporary files may be shared by containers, even by hosts, and another one's
 * processes cannot be seen here.
 */
function whereabouts(): string {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  if (state !== "granted") return `unknown-${crypto.randomUUID()}`;
  try {
    return `${Deno.hostname()} ${Deno.readLinkSync("/proc/self/ns/pid")}`;
  } catch {
    return Deno.hostname();
  }
}

function isForsaken(path: string): boolean {
  try {
    const [, pid, where] = /^(\d+) (.+)$/.exec(Deno.readTextFileSync(join(path, OWNER))) ?? [];
    return pid !== undefined && where === whereabouts() && !isRunning(Number(pid));
  } catch {
    // Another user's, or not finished.
    return false;
  }
}

function isRunning(pid: number): boolean {
  if (Deno.build.os === "linux") {
    try {
      Deno.statSync(`/proc/${pid}`);
      return true;
    } catch (error) {
      return !(error instanceof Deno.errors.NotFound);
    }
  }
  const args = ["-0", String(pid)];
  return new Deno.Command("kill", { args, stderr: "null" }).outputSync().success;
}
