/**
 * A connection of this process with itself, by which it breathes (`wire/breath.ts`): a byte is
 * written, and read by an operation of Deno's. That one always goes to sleep, since only the system
 * tells that there is something to read, and is woken at once, in the same thread. Beside slices of
 * 5 ms such a breath takes 0.02 ms, where an operation in another thread takes 0.1 to 0.3; beside
 * two foreign processes that compute, 0.05 ms and in a tenth of all cases 0.15, where the other
 * takes 0.15 and in a tenth of all cases 4, since who sleeps for longer loses its processor.
 *
 * Deno reads from connections, not from whatever the system calls a file, so it is one: to a port of
 * this host that the system chooses. It takes the permission to listen at such a port, which gives
 * no access to any other.
 *
 * @module
 */

import { breatheBy } from "./breath.ts";

/** What it takes of the C library. */
export interface LoopbackCalls {
  socket(domain: number, type: number, protocol: number): number;
  connect(descriptor: number, address: Uint8Array<ArrayBuffer>, length: number): number;
  getsockname(
    descriptor: number,
    address: Uint8Array<ArrayBuffer>,
    length: Int32Array<ArrayBuffer>,
  ): number;
  write(descriptor: number, data: Uint8Array<ArrayBuffer>, length: bigint): bigint | number;
  close(descriptor: number): number;
}

/** The permission it takes, as a value of `--allow-net`. */
export const LOOPBACK_PERMISSION = "127.0.0.1:0";

/** Linux's numbers: IPv4, a stream, that no process started from here inherits. */
const INTERNET = 2, STREAM = 1, CLOSED_BY_EXEC = 0x80000;
/** Size of a `sockaddr_in`, and where its port is. */
const ADDRESS_BYTES = 16, PORT = 2;

/**
 * From now on this process breathes like this, if it may; until the connection stands, and where it
 * cannot be, by `sleep`. It is opened at once: a process whose first task computes for seconds would
 * come to its first breath without, and one by `sleep` does not always let in what has come.
 */
export function breatheByLoopback(calls: LoopbackCalls, sleep: () => Promise<unknown>): void {
  breatheBy(sleep);
  void (async () => {
    const breath = await openLoopback(calls);
    if (breath !== undefined) breatheBy(() => breath().catch(() => breatheBy(sleep)));
  })();
}

/** A breath, once the connection stands; undefined where it cannot be, or may not. */
export async function openLoopback(
  calls: LoopbackCalls,
): Promise<(() => Promise<void>) | undefined> {
  let descriptor = -1;
  try {
    if (Deno.build.os !== "linux" || !await mayListen()) return undefined;
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    descriptor = calls.socket(INTERNET, STREAM | CLOSED_BY_EXEC, 0);
    const address = addressOf(listener.addr.port);
    if (descriptor < 0 || calls.connect(descriptor, address, ADDRESS_BYTES) !== 0) {
      throw new Error("no connection");
    }
    const connection = await listener.accept();
    if (connection.remoteAddr.port !== portOf(calls, descriptor)) {
      connection.close();
      throw new Error("somebody else has connected");
    }
    return breathBy(connection, () => calls.write(descriptor, ONE_BYTE, 1n));
  } catch {
    if (descriptor >= 0) calls.close(descriptor);
    return undefined;
  }
}

/** Never asks a person. */
async function mayListen(): Promise<boolean> {
  const { state } = await Deno.permissions.query({ name: "net", host: LOOPBACK_PERMISSION });
  return state === "granted";
}

const ONE_BYTE = new Uint8Array(1);

/** Those who breathe at the same time do so together. */
function breathBy(connection: Deno.Conn, write: () => bigint | number): () => Promise<void> {
  // Larger than what comes, so that Deno asks the system anew next time.
  const bytes = new Uint8Array(16);
  let now: Promise<void> | undefined;
  const breath = async () => {
    try {
      if (Number(write()) !== 1 || await connection.read(bytes) === null) {
        throw new Error("the connection is broken");
      }
    } finally {
      now = undefined;
    }
  };
  return () => now ??= breath();
}

function addressOf(port: number): Uint8Array<ArrayBuffer> {
  const address = new Uint8Array(ADDRESS_BYTES);
  const view = new DataView(address.buffer);
  view.setUint16(0, INTERNET, true);
  view.setUint16(PORT, port);
  address.set([127, 0, 0, 1], PORT + 2);
  return address;
}

/** The port at this end of a connection. */
function portOf(calls: LoopbackCalls, descriptor: number): number {
  const address = new Uint8Array(ADDRESS_BYTES);
  const length = new Int32Array([ADDRESS_BYTES]);
  if (calls.getsockname(descriptor, address, length) !== 0) return -1;
  return new DataView(address.buffer).getUint16(PORT);
}
