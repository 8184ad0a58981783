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
