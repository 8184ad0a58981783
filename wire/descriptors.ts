/**
 * The numbers by which the system knows Deno's connections to sockets with paths, which Deno does not
 * tell, and sending by them. A call of the C library sends at once; what Deno does about a message is
 * over only when JavaScript lets go, and a task that is about to begin may never do so.
 *
 * They are found by looking: the system says of each open number what it is connected to. That takes
 * 1 µs for each.
 *
 * @module
 */

/** What it takes of the C library. */
export interface DescriptorCalls {
  getsockname: Ask;
  getpeername: Ask;
  send(descriptor: number, data: Uint8Array<ArrayBuffer>, length: bigint, flags: number): Sent;
}

type Ask = (
  descriptor: number,
  address: Uint8Array<ArrayBuffer>,
  length: Int32Array<ArrayBuffer>,
) => number;
type Sent = number | bigint;

/** Linux's numbers: sockets with paths; not to wait, and no signal when the other side is gone. */
const UNIX = 1, DONT_WAIT = 0x40, NO_SIGNAL = 0x4000;
/** Size of a `sockaddr_un`, and where its path begins. */
const ADDRESS_BYTES = 110, PATH = 2;
/** The first that is not one of the three streams, and how many that are none end the looking. */
const FIRST = 3, MOST_MISSES = 256;

const address = new Uint8Array(ADDRESS_BYTES);
const length = new Int32Array(1);
const decoder = new TextDecoder();

/** Those of one process. */
export class Descriptors {
  readonly #calls: DescriptorCalls;
  /** Of connections that are known already. */
  readonly #known = new Set<number>();

  constructor(calls: DescriptorCalls) {
    this.#calls = calls;
  }

  /**
   * That of the connection that has just come about; undefined where it cannot be found, and on
   * systems whose numbers are not known here.
   *
   * @param end whether this process connected to the path, or listens there
   */
  take(path: string, end: "connected" | "accepted"): number | undefined {
    if (Deno.build.os !== "linux") return undefined;
    const { getpeername, getsockname } = this.#calls;
    for (let one = FIRST, misses = 0; misses < MOST_MISSES; one++) {
      const peer = pathBy(getpeername, one);
      misses = peer === undefined ? misses + 1 : 0;
      if (peer === undefined || this.#known.has(one)) continue;
      if ((end === "connected" ? peer : pathBy(getsockname, one)) !== path) continue;
      this.#known.add(one);
      return one;
    }
    return undefined;
  }

  /** A connection is about to be closed: its number may soon be that of another. */
  release(descriptor: number): void {
    this.#known.delete(descriptor);
  }

  /**
   * Sends as much as there is room for.
   *
   * @returns how many bytes; 0 also when it cannot be sent at all
   */
  send(descriptor: number, bytes: Uint8Array): number {
    const data = bytes as Uint8Array<ArrayBuffer>;
    const sent = this.#calls.send(descriptor, data, BigInt(data.length), DONT_WAIT | NO_SIGNAL);
    return Math.max(0, Number(sent));
  }
}

/** The path at an end of a connection, empty where that end has none; undefined for what is none. */
function pathBy(ask: Ask, descriptor: number): string | undefined {
  length[0] = ADDRESS_BYTES;
  if (ask(descriptor, address, length) !== 0) return undefined;
  if ((address[0]! | address[1]! << 8) !== UNIX) return undefined;
  const path = address.subarray(PATH, Math.max(PATH, length[0]!));
  const end = path.indexOf(0);
  return decoder.decode(end < 0 ? path : path.subarray(0, end));
}
