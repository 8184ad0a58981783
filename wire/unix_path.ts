/**
 * Addresses at which processes of one host connect by Deno's own means (`wire/unix_socket.ts`), and
 * what it takes.
 *
 * @module
 */

/** The path of an address that these sockets can have; undefined for all others. */
export function unixPath(address: string): string | undefined {
  return /^ipc:\/\/(\/[^*]*)$/.exec(address)?.[1];
}

/** Whether this process may use a socket with this path; never asks a person. */
export function mayUse(path: string): boolean {
  if (Deno.build.os === "windows") return false;
  const needed: Deno.PermissionDescriptor[] = [
    { name: "read", path },
    { name: "write", path },
    { name: "net", host: permissionOf(path) },
  ];
  return needed.every((one) => Deno.permissions.querySync(one).state === "granted");
}

/** The permission that a socket with this path takes, as a value of `--allow-net`. */
export function permissionOf(path: string): string {
  return `unix:${path}`;
}
