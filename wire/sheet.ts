/**
 * Memory for many small things of a short life, one behind the other: to have memory of its own took
 * each of them longer than to be written. Who keeps one for long should copy it, since it keeps all
 * that lie beside it.
 *
 * @module
 */

const BYTES = 32 * 1024;
/** What is larger than this part of a sheet has memory of its own. */
const PART = 8;

/** See the module's text. */
export class Sheet {
  #bytes = new Uint8Array(BYTES);
  #used = 0;

  /** So many bytes, which are zero and nobody else's. */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (length > BYTES / PART) return new Uint8Array(length);
    return this.end(this.begin(length) + length);
  }

  /**
   * Where in {@link bytes} something may be written that turns out to be at most so many bytes; it is
   * kept by {@link end}. What is not kept stays as it was written, so from a sheet that is written in
   * nothing is to be taken otherwise.
   */
  begin(most: number): number {
    if (this.#used + most > BYTES) {
      this.#bytes = new Uint8Array(BYTES);
      this.#used = 0;
    }
    return this.#used;
  }

  /** What is written in; another one after some {@link begin}s. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** Keeps what was written since {@link begin}, up to there. */
  end(at: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(this.#used, this.#used = at);
  }

  /** A copy of some bytes. */
  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const copy = this.take(bytes.length);
    copy.set(bytes);
    return copy;
  }
}
