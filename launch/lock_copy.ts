/**
 * A copy of the program's lock file, so that workers get the very packages the origin gets. Deno
 * would write into the file itself what only the workers load, which is none of the program's.
 *
 * @module
 */

import { temporaryPrefix } from "../wire/temporary.ts";
import { findLock } from "./program.ts";
import type { Program } from "./program.ts";

/** How the names of such copies begin; whatever removes one looks at this. */
export const LOCK_PREFIX = "scoop-lock-";

/**
 * For a process that may not write: makes the copy, says where it is, and removes it when its input
 * ends, which is with this process, however that ends.
 */
const SCRIPT = `
trap '' HUP INT QUIT TERM PIPE
copy=$(mktemp "\${TMPDIR:-/tmp}/$2XXXXXXXX") || exit 1
if cat -- "$1" >"$copy"; then echo "$copy"; cat >/dev/null; fi
rm -f -- "$copy"
`;

/** A copy that is there. */
export interface LockCopy {
  readonly path: string;
  /** Removes it; otherwise it is there as long as this process. */
  remove(): Promise<void>;
}

/**
 * Copies the lock file of a program.
 *
 * @param config the program's deno.json, as a path or URL
 * @returns undefined when there is no lock file, or no way to copy it
 */
export async function copyLock(
  config: string | undefined,
  program: Program,
): Promise<LockCopy | undefined> {
  if (config === undefined || /^(https?|data):/.test(config) || program.importHost) {
    return undefined;
  }
  const lock = findLock(config);
  if (lock === undefined) return undefined;
  // A shell takes 35 ms for it, and nothing can be asked or started before.
  return copyHere(lock) ?? await copyByShell(lock);
}

async function copyByShell(lock: string): Promise<LockCopy | undefined> {
  if (Deno.build.os === "windows") return undefined;
  // A question in the terminal would be no answer.
  const run = await Deno.permissions.query({ name: "run", command: "sh" });
  if (run.state !== "granted") return undefined;
  try {
    const child = new Deno.Command("sh", {
      args: ["-c", SCRIPT, "scoop-lock", lock, temporaryPrefix("lock")],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
      // In a session of its own: what kills this process's group must not kill it too.
      detached: true,
    }).spawn();
    child.unref();
    const writer = child.stdin.getWriter();
    const reader = child.stdout.getReader();
    let text = "";
    while (!text.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += new TextDecoder().decode(value);
    }
    await reader.cancel();
    const remove = async () => {
      await writer.close().catch(() => {});
      await child.status;
    };
    return { path: text.trimEnd(), remove };
  } catch {
    return undefined;
  }
}

function copyHere(lock: string): LockCopy | undefined {
  if (Deno.permissions.querySync({ name: "write" }).state !== "granted") return undefined;
  let path: string | undefined;
  const remove = () => {
    removeEventListener("unload", remove);
    try {
      if (path !== undefined) Deno.removeSync(path);
    } catch {
      // Somebody has cleaned up.
    }
  };
  try {
    path = Deno.makeTempFileSync({ prefix: temporaryPrefix("lock") });
    addEventListener("unload", remove);
    Deno.copyFileSync(lock, path);
  } catch {
    // No room, or no folder for such things.
    remove();
    return undefined;
  }
  return { path, remove: () => Promise.resolve(remove()) };
}
