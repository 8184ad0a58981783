/**
 * Where brokers listen.
 *
 * @module
 */

/** The address of a broker that was not given another. */
export const DEFAULT_ADDRESS = "tcp://127.0.0.1:5555";

/**
 * The address with the next port: where a broker's meta socket is unless somebody says otherwise.
 * A port left open (`*`) stays open.
 *
 * @throws {Error} when the address has no port, or the last there is.
 */
export function nextPort(address: string): string {
  const [, host, port] = /^(tcp:\/\/.+):(\d+|\*)$/.exec(address) ?? [];
  if (port === "*") return address;
  const next = Number(port) + 1;
  // Written so that a missing port, which makes it no number, is refused as well.
  if (!(next <= 65535)) {
    throw new Error(`"${address}" is no address such as ${DEFAULT_ADDRESS}, with a port after it`);
  }
  return `${host}:${next}`;
}

/** Whether an address can be reached from its own host only. */
export function isLoopback(address: string): boolean {
  if (/^(ipc|inproc):/.test(address)) return true;
  const host = /^tcp:\/\/(.*):[^:]*$/.exec(address)?.[1]?.toLowerCase() ?? "";
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}
