/**
 * What many messages say alike, such as the function of their tasks. It travels as bytes of its own,
 * which are known again when they come again: to read and to write them anew for each bundle took a
 * fifth of a broker's time.
 *
 * @module
 */

/** As many different ones are known at a time. */
const KNOWN = 16;
/** What is larger is not kept: whoever reaches the port may send anything. */
const MOST_BYTES = 16 * 1024;

/** One that is known. */
interface Known<T> {
  readonly bytes: Uint8Array;
  readonly content: T;
}

/** See the module's text. `T` has nothing but the fields that recur; whoever reads it shares it. */
export class Recurring<T extends object> {
  /** Those known, the last one that was met first. Who reads does not trust what was written. */
  readonly #written: Known<T>[] = [];
  readonly #read: Known<T>[] = [];

  /**
   * @param pick what `source` has of it, and nothing else
   * @param isSame whether two have the same of it
   * @param encode the bytes of a content
   * @param decode throws when they are no content
   */
  constructor(
    private readonly pick: (source: T) => T,
    private readonly isSame: (one: T, other: T) => boolean,
    private readonly encode: (content: T) => Uint8Array,
    private readonly decode: (bytes: Uint8Array) => T,
  ) {}

  /** The bytes of what `source` has of it. They must not be changed. */
  write(source: T): Uint8Array {
    const known = this.#written;
    for (let i = 0; i < known.length; i++) {
      if (this.isSame(known[i]!.content, source)) return toFront(known, i).bytes;
    }
    const content = this.pick(source);
    const bytes = this.encode(content);
    note(known, { bytes, content });
    return bytes;
  }

  /** The content of the bytes `from` to `to`, of which nothing is kept. It must not be changed. */
  read(bytes: Uint8Array, from = 0, to = bytes.length): T {
    const known = this.#read;
    for (let i = 0; i < known.length; i++) {
      if (areSame(known[i]!.bytes, bytes, from, to)) return toFront(known, i).content;
    }
    const own = bytes.slice(from, to);
    const content = this.decode(own);
    note(known, { bytes: own, content });
    return content;
  }
}

function toFront<T>(all: Known<T>[], at: number): Known<T> {
  if (at > 0) all.unshift(...all.splice(at, 1));
  return all[0]!;
}

function note<T>(all: Known<T>[], one: Known<T>): void {
  if (one.bytes.length > MOST_BYTES) return;
  all.unshift(one);
  if (all.length > KNOWN) all.pop();
}

function areSame(one: Uint8Array, other: Uint8Array, from: number, to: number): boolean {
  if (one.length !== to - from) return false;
  // From the end: what differs between functions of one module is there.
  for (let i = one.length - 1; i >= 0; i--) if (one[i] !== other[from + i]) return false;
  return true;
}
