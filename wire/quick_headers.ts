/**
 * The headers that nearly all messages have, written and read without a detour: a run sends millions
 * of them. By way of the MessagePack library, which makes an array of the fields first, and by names
 * that are looked up one by one, they took a third of a broker's time, the garbage they left
 * included.
 *
 * It is the same MessagePack, byte for byte. What is not as such headers nearly always are, a text
 * with other letters than those of ASCII for example, is left to who can do everything: then the
 * answer is undefined, and nothing is said of whether it is right.
 *
 * @module
 */

import { Sheet } from "./sheet.ts";

/** The largest header, and what of it may be of any length. */
const MOST_BYTES = 4 * 1024, MOST_BLOB_BYTES = 2 * 1024;
const MOST_TEXT_BYTES = 255, MOST_TEXTS = 4, MOST_COUNTS = 15;

/** Writes a header, field by field; once something is not as usual, nothing more. */
export class QuickWriter {
  readonly #sheet = new Sheet();
  #bytes = this.#sheet.bytes;
  #view = new DataView(this.#bytes.buffer);
  #from = 0;
  #at = 0;
  #usual = true;

  /** Begins a header of so many fields, 15 at most. Who keeps one for long should copy it. */
  begin(fields: number): void {
    this.#at = this.#from = this.#sheet.begin(MOST_BYTES);
    if (this.#bytes !== this.#sheet.bytes) {
      this.#bytes = this.#sheet.bytes;
      this.#view = new DataView(this.#bytes.buffer);
    }
    this.#usual = true;
    this.#bytes[this.#at++] = 0x90 | fields;
  }

  /** The header; undefined when something in it is not as usual. */
  end(): Uint8Array | undefined {
    return this.#usual ? this.#sheet.end(this.#at) : undefined;
  }

  text(text: unknown): void {
    if (typeof text !== "string" || text.length > MOST_TEXT_BYTES) return this.#give();
    const { length } = text;
    const bytes = this.#bytes;
    let at = this.#at;
    if (length < 32) bytes[at++] = 0xa0 | length;
    else {
      bytes[at++] = 0xd9;
      bytes[at++] = length;
    }
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return this.#give();
      bytes[at++] = code;
    }
    this.#at = at;
  }

  number(value: unknown): void {
    if (typeof value !== "number") return this.#give();
    const bytes = this.#bytes;
    const at = this.#at;
    if (value >= 0 && value < 0x80 && Number.isInteger(value)) {
      bytes[at] = value;
      this.#at += 1;
    } else if (!Number.isSafeInteger(value)) {
      bytes[at] = 0xcb;
      this.#view.setFloat64(at + 1, value);
      this.#at += 9;
    } else if (value >= 0 && value < 0x100) {
      bytes[at] = 0xcc;
      bytes[at + 1] = value;
      this.#at += 2;
    } else if (value >= 0 && value < 0x10000) {
      bytes[at] = 0xcd;
      this.#view.setUint16(at + 1, value);
      this.#at += 3;
    } else if (value >= 0 && value < 0x100000000) {
      bytes[at] = 0xce;
      this.#view.setUint32(at + 1, value);
      this.#at += 5;
    } else this.#give();
  }

  flag(value: unknown): void {
    if (typeof value !== "boolean") return this.#give();
    this.#bytes[this.#at++] = value ? 0xc3 : 0xc2;
  }

  /** Bytes that are MessagePack of their own. */
  blob(blob: Uint8Array): void {
    const { length } = blob;
    if (length > MOST_BLOB_BYTES) return this.#give();
    const bytes = this.#bytes;
    if (length < 0x100) {
      bytes[this.#at++] = 0xc4;
      bytes[this.#at++] = length;
    } else {
      bytes[this.#at++] = 0xc5;
      bytes[this.#at++] = length >> 8;
      bytes[this.#at++] = length & 255;
    }
    bytes.set(blob, this.#at);
    this.#at += length;
  }

  texts(texts: unknown): void {
    if (!Array.isArray(texts) || texts.length > MOST_TEXTS) return this.#give();
    this.#bytes[this.#at++] = 0x90 | texts.length;
    for (let i = 0; i < texts.length; i++) this.text(texts[i]);
  }

  counts(counts: unknown): void {
    if (!Array.isArray(counts) || counts.length > MOST_COUNTS) return this.#give();
    this.#bytes[this.#at++] = 0x90 | counts.length;
    for (let i = 0; i < counts.length; i++) this.number(counts[i]);
  }

  #give(): void {
    this.#usual = false;
    // There is room for the rest, which is of no use.
    this.#at = this.#from;
  }
}

/** Reads a header, field by field; what it returns counts only if {@link QuickReader.isUsual} then. */
export class QuickReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #usual = true;
  readonly #texts = new KnownTexts();

  /** Begins with the bytes of a header, and returns how many fields it has. */
  begin(bytes: Uint8Array): number {
    this.#bytes = bytes;
    this.#at = 1;
    this.#usual = true;
    const first = bytes[0] ?? 0;
    return first >= 0x90 && first <= 0x9f ? first & 15 : -1;
  }

  /** Whether all was as usual, and nothing is left. */
  get isUsual(): boolean {
    return this.#usual && this.#at === this.#bytes.length;
  }

  text(): string {
    const bytes = this.#bytes;
    const first = bytes[this.#at++] ?? 0;
    let length = first & 31;
    if (first === 0xd9) length = bytes[this.#at++] ?? 0;
    else if (first >> 5 !== 5) return this.#give("");
    const at = this.#at;
    if (at + length > bytes.length) return this.#give("");
    this.#at += length;
    return this.#texts.read(bytes, at, length) ?? this.#give("");
  }

  /** An integer from 0. */
  count(): number {
    const bytes = this.#bytes;
    const at = this.#at;
    const first = bytes[at]!;
    if (first < 0x80) {
      this.#at = at + 1;
      return first;
    }
    const length = first === 0xcc ? 1 : first === 0xcd ? 2 : first === 0xce ? 4 : 0;
    if (length === 0 || at + length >= bytes.length) return this.#give(0);
    this.#at = at + 1 + length;
    let value = bytes[at + 1]!;
    for (let i = 2; i <= length; i++) value = value * 256 + bytes[at + i]!;
    return value;
  }

  /** Any finite number. */
  number(): number {
    const bytes = this.#bytes;
    const at = this.#at;
    if (bytes[at] !== 0xcb) return this.count();
    if (at + 8 >= bytes.length) return this.#give(0);
    this.#at = at + 9;
    if (this.#view.buffer !== bytes.buffer) this.#view = new DataView(bytes.buffer);
    const value = this.#view.getFloat64(bytes.byteOffset + at + 1);
    return Number.isFinite(value) ? value : this.#give(0);
  }

  flag(): boolean {
    const byte = this.#bytes[this.#at++];
    return byte === 0xc3 || (byte === 0xc2 ? false : this.#give(false));
  }

  /** Passes over bytes, and returns where they begin; they end at {@link QuickReader.at} then. */
  blob(): number {
    const bytes = this.#bytes;
    const first = bytes[this.#at++];
    let length = bytes[this.#at++] ?? 0;
    if (first === 0xc5) length = length * 256 + (bytes[this.#at++] ?? 0);
    else if (first !== 0xc4) return this.#give(0);
    const from = this.#at;
    if (from + length > bytes.length) return this.#give(0);
    this.#at = from + length;
    return from;
  }

  /** Where the next field begins. */
  get at(): number {
    return this.#at;
  }

  texts(): string[] {
    const texts: string[] = [];
    for (let left = this.#length(); left > 0; left--) texts.push(this.text());
    return texts;
  }

  counts(): number[] {
    const counts: number[] = [];
    for (let left = this.#length(); left > 0; left--) counts.push(this.count());
    return counts;
  }

  #length(): number {
    const first = this.#bytes[this.#at++] ?? 0;
    return first >> 4 === 9 ? first & 15 : this.#give(0);
  }

  #give<T>(value: T): T {
    this.#usual = false;
    // Nothing more is read.
    this.#at = this.#bytes.length + 1;
    return value;
  }
}

/** The texts of headers are nearly always the same few. */
class KnownTexts {
  static readonly #places = 128;
  /** What is longer is not kept, and read as it comes. */
  static readonly #mostBytes = 48;
  readonly #bytes = Array<Uint8Array | undefined>(KnownTexts.#places).fill(undefined);
  readonly #texts = Array<string>(KnownTexts.#places).fill("");

  /** Undefined when it has other letters than those of ASCII. */
  read(bytes: Uint8Array, at: number, length: number): string | undefined {
    if (length === 0) return "";
    const end = at + length;
    const last = bytes[end - 1]! + 5 * (length > 1 ? bytes[end - 2]! : 0);
    const place = (last + 11 * length + bytes[at]!) % KnownTexts.#places;
    const known = this.#bytes[place];
    if (known !== undefined && isThere(known, bytes, at, length)) return this.#texts[place];
    let text = "";
    for (let i = at; i < end; i++) {
      if (bytes[i]! > 0x7f) return undefined;
      text += String.fromCharCode(bytes[i]!);
    }
    if (length > KnownTexts.#mostBytes) return text;
    this.#bytes[place] = bytes.slice(at, end);
    return this.#texts[place] = text;
  }
}

function isThere(known: Uint8Array, bytes: Uint8Array, at: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known[i] !== bytes[at + i]) return false;
  return true;
}
