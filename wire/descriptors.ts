/**
 * The numbers by which the system knows Deno's connections to sockets with paths, which Deno does not
 * tell, and sending by them. A call of the C library sends at once, and tells how much; of a write of
 * Deno's that is known only when JavaScript lets go, and a task that is about to begin may never do
 * so.
 *
 * They are found by looking: the system says of each open number what it is connected to. That takes
 * 1 µs for each. Deno closes a connection a little later than it is told to, and then its number may
 * be another's, so what is known of a number goes with the cookie of the socket that had it.
 *
 * @module
 */

/** What it takes of the C library. */
export interface DescriptorCalls {
  getsockname: Ask;
  getpeername: Ask;
  getsockopt(
    descriptor: number,
    level: number,
    option: number,
    value: BigUint64Array<ArrayBuffer>,
    length: Int32Array<ArrayBuffer>,
  ): number;
  poll(items: Uint8Array<ArrayBuffer>, count: bigint, milliseconds: number): number;
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
const SOCKET_LEVEL = 1, COOKIE = 57;
/** Size of a `pollfd`, and where its parts are; room to send. */
const ITEM_BYTES = 8, EVENTS = 4, WRITABLE = 4;
/** Size of a `sockaddr_un`, and where its path begins. */
const ADDRESS_BYTES = 110, PATH = 2;
/** The first that is not one of the three streams, and how many that are none end the looking. */
const FIRST = 3, MOST_MISSES = 256;

const address = new Uint8Array(ADDRESS_BYTES);
const length = new Int32Array(1);
const cookie = new BigUint64Array(1);
const item = new DataView(new ArrayBuffer(ITEM_BYTES));
const decoder = new TextDecoder();

/** Those of one process. */
export class Descriptors {
  readonly #calls: DescriptorCalls;
  /** Cookies of the sockets that are known, by the number that they have, or had. */
  readonly #known = new Map<number, bigint>();

  constructor(calls: DescriptorCalls) {
    this.#calls = calls;
  }

  /**
   * That of the connection that has just come about; undefined where it cannot be told from others,
   * and on systems whose numbers are not known here.
   *
   * @param end whether this process connected to the path, or listens there
   */
  take(path: string, end: "connected" | "accepted"): number | undefined {
    if (Deno.build.os !== "linux") return undefined;
    const { getpeername, getsockname } = this.#calls;
    const found: number[] = [];
    for (let one = FIRST, misses = 0; misses < MOST_MISSES; one++) {
      const peer = pathBy(getpeername, one);
      misses = peer === undefined ? misses + 1 : 0;
      if (peer === undefined) continue;
      if ((end === "connected" ? peer : pathBy(getsockname, one)) !== path) continue;
      if (this.#known.get(one) !== this.#cookieOf(one)) found.push(one);
    }
    if (found.length !== 1) return undefined;
    this.#known.set(found[0]!, this.#cookieOf(found[0]!));
    return found[0];
  }

  /** What no other socket ever has, as long as the system runs. */
  #cookieOf(descriptor: number): bigint {
    length[0] = cookie.byteLength;
    const { getsockopt } = this.#calls;
    return getsockopt(descriptor, SOCKET_LEVEL, COOKIE, cookie, length) === 0 ? cookie[0]! : 0n;
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

  /** Blocks until there is room, for so many milliseconds at most. */
  awaitRoom(descriptor: number, milliseconds: number): void {
    item.setInt32(0, descriptor, true);
    item.setInt16(EVENTS, WRITABLE, true);
    this.#calls.poll(new Uint8Array(item.buffer), 1n, Math.ceil(milliseconds));
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
