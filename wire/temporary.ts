/**
 * How files and folders for the time of a run are named: their names say whose they are. So what a
 * process could not remove, because it was killed, can be told from what is in use.
 *
 * @module
 */

/**
 * What the name of something temporary of this process begins with: `scoop-`, the kind, the
 * process's number, when it was started, and where such numbers mean something. Folders for
 * temporary files may be shared by containers, even by hosts.
 *
 * Self-contained: it is sent to other hosts as its text.
 *
 * @param kind what it is, in lower case letters
 */
export function temporaryPrefix(kind: string): string {
  const attempt = (read: () => string) => {
    try {
      return read();
    } catch {
      // Not on this system, or not permitted.
      return "";
    }
  };
  const may = (what: Deno.PermissionDescriptor) =>
    Deno.permissions.querySync(what).state === "granted";
  const reads = may({ name: "read" });
  // The fields after the name, which may have any characters in it; when it was started is the 22nd.
  const stat = reads ? attempt(() => Deno.readTextFileSync("/proc/self/stat")) : "";
  const started = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? 0);
  const host = may({ name: "sys", kind: "hostname" }) ? attempt(() => Deno.hostname()) : "";
  const space = reads ? attempt(() => Deno.readLinkSync("/proc/self/ns/pid")) : "";
  let hash = 0;
  for (const letter of `${host} ${space}`) {
    hash = (Math.imul(hash, 31) + letter.codePointAt(0)!) >>> 0;
  }
  // Of hosts that cannot be told apart nothing is removed: no number is that of a process.
  const pid = host === "" ? 0 : Deno.pid;
  // Short, since a socket's path must be.
  return `scoop-${[kind, ...[pid, started, hash].map((n) => n.toString(36))].join("-")}-`;
}

/**
 * Removes what processes of ours have left in a folder for temporary files that were killed:
 * whatever has a name by {@link temporaryPrefix}. What cannot be removed is left.
 *
 * Self-contained, as {@link temporaryPrefix}, which it is given.
 */
export async function removeForsakenFrom(
  folder: string,
  prefixOf: (kind: string) => string,
): Promise<void> {
  // The process's number, when that was started, and where that means something.
  const pattern = /^scoop-[a-z]+-([0-9a-z]+)-([0-9a-z]+)-([0-9a-z]+)-/;
  const [, , , here] = pattern.exec(prefixOf("own"))!;

  /** When it was started is in the system's own unit; 0 when it is not known. */
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

  function isForsaken(name: string): boolean {
    const [, pid, started, where] = pattern.exec(name) ?? [];
    if (pid === undefined || pid === "0" || where !== here) return false;
    return !isRunning(Number.parseInt(pid, 36), Number.parseInt(started!, 36));
  }

  try {
    for await (const { name, isSymlink } of Deno.readDir(folder)) {
      if (isSymlink || !isForsaken(name)) continue;
      await Deno.remove(`${folder}/${name}`, { recursive: true }).catch(() => {
        // Another user's, or somebody else was quicker.
      });
    }
  } catch {
    // It cannot be listed; then it is somebody else's business.
  }
}
