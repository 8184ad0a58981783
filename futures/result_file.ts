/**
 * Results in a file of SQLite: what was kept is there after whatever ends the process, at any
 * moment. A write-ahead log makes each batch of results whole or absent; the power may fail as well,
 * which can cost the last batches and nothing else. Processes that write to one file at the same
 * time wait for each other, so two runs may have the same.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { decodeHeader, encodeHeader } from "../wire/codec.ts";
import type { Encoded } from "../wire/codec.ts";
import type { KeptFunction, ResultStore } from "./result_store.ts";

/** The file cannot be used; the message says which and why, in one line. */
export class ResultFileError extends Error {
  /** See `Error`. */
  override name = "ResultFileError";
}

/** What a file holds of one function. */
export interface KeptResults {
  /** What the user calls it; "" without. */
  readonly key: string;
  readonly name: string;
  readonly results: number;
  /** Of all its results together. */
  readonly bytes: number;
  /** When the last one was kept, in milliseconds since 1970. */
  readonly lastAt: number;
  /** True when there are later results of the same name, of other code. */
  readonly outdated: boolean;
}

/** "SCOP", by which a file is known to be one of these. */
const APPLICATION = 0x53434f50;
/** Raised when the tables change. */
const FORMAT = 1;
/** Milliseconds to wait for another process that writes. */
const PATIENCE = 5_000;
/** Milliseconds from a failure to write to the next attempt. */
const RETRY = 1_000;
/** Bytes that wait to be written while they cannot be; more than that are given up. */
const MOST_WAITING = 16 << 20;
/** A file up to this many bytes is looked through when it is opened; 10 MB take 50 ms. */
const MOST_CHECKED = 32 << 20;
/** SQLite takes no larger values than 10^9 bytes. */
const LARGEST = 900_000_000;

const TABLES = `
  CREATE TABLE IF NOT EXISTS functions (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, name TEXT NOT NULL, code BLOB NOT NULL,
    UNIQUE (key, code)
  );
  CREATE TABLE IF NOT EXISTS results (
    function INTEGER NOT NULL, call BLOB NOT NULL, value BLOB NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (function, call)
  ) WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${FORMAT};
`;

/**
 * Results come in no order of their keys, so every batch changes pages all over the file: with these
 * sizes (64 MB, 32 MB) they are kept twice as fast as with SQLite's own.
 */
const SPEED = "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; " +
  "PRAGMA wal_autocheckpoint = 8192";

const OTHER_CODE = `
  SELECT id, (SELECT count(*) FROM results WHERE function = id) AS results FROM functions
  WHERE key = ? AND id <> ? AND (key <> '' OR name = ?)
`;

const LIST = `
  SELECT key, name, count(*) AS results, sum(length(value)) AS bytes, max(at) AS lastAt,
    max(max(at)) OVER (PARTITION BY key, name) > max(at) AS outdated
  FROM functions JOIN results ON function = id GROUP BY id ORDER BY key, name, lastAt
`;

/** See the module's text. */
export class ResultFile implements ResultStore {
  readonly #db: DatabaseSync;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #numbers = new Map<string, number>();
  readonly #used = new Set<number>();
  /** Those that had no results when they were first asked for. */
  readonly #fresh = new Set<number>();
  #waiting: [fn: number, call: Uint8Array, value: Uint8Array][] = [];
  #waitingBytes = 0;
  #flushing = false;
  /** Not to be tried before, by `performance.now()`. */
  #retryAt = 0;
  /** Why the last attempt to write failed. */
  #failure: string | undefined;
  #givenUp = 0;
  /** It cannot be read: it is as if there were nothing, and nothing is kept. */
  #broken = false;

  /**
   * Opens a file, and makes it if there is none.
   *
   * @param report is given a line for people when the file cannot be read or written later
   * @throws {ResultFileError} when it cannot be used
   */
  constructor(readonly path: string, private readonly report: (text: string) => void) {
    this.#db = open(path);
    this.#select = this.#db.prepare("SELECT value FROM results WHERE function = ? AND call = ?");
    this.#insert = this.#db.prepare("INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?)");
  }

  functionOf(fn: KeptFunction, onChanged: (results: number) => void): number {
    const text = `${fn.code.toHex()} ${fn.key}`;
    let id = this.#numbers.get(text);
    if (id === undefined) {
      this.#numbers.set(text, id = this.#reading(() => this.#number(fn)) ?? 0);
      this.#used.add(id);
      const others = this.#reading(() => this.#otherCode(id!, fn)) ?? 0;
      if (others > 0) onChanged(others);
    }
    return id;
  }

  #number({ key, name, code }: KeptFunction): number {
    const known = this.#db.prepare("SELECT id FROM functions WHERE key = ? AND code = ?");
    const row = known.get(key, code) ?? this.#addFunction(key, name, code) ?? known.get(key, code);
    return Number(row!.id);
  }

  /** Undefined when another process has just added it. */
  #addFunction(key: string, name: string, code: Uint8Array) {
    return this.#db.prepare(
      "INSERT OR IGNORE INTO functions (key, name, code) VALUES (?, ?, ?) RETURNING id",
    ).get(key, name, code);
  }

  /** Results of other code under the same key, or the same name; what this run uses is no such. */
  #otherCode(id: number, { key, name }: KeptFunction): number {
    const own = this.#db.prepare("SELECT 1 FROM results WHERE function = ? LIMIT 1").get(id);
    if (own !== undefined) return 0;
    this.#fresh.add(id);
    return this.#db.prepare(OTHER_CODE).all(key, id, name)
      .filter((row) => !this.#used.has(Number(row.id)))
      .reduce((sum, { results }) => sum + Number(results), 0);
  }

  lookup(fn: number, call: Uint8Array): Encoded | undefined {
    if (this.#fresh.has(fn) || !this.#db.isOpen) return undefined;
    const row = this.#reading(() => this.#select.get(fn, call));
    if (row === undefined) return undefined;
    const [body, ...frames] = decodeHeader(row.value as Uint8Array) as Uint8Array[];
    // A frame belongs to the value that is made of it.
    return { body: body!, frames: frames.map((frame) => frame.slice()) };
  }

  /** What cannot be read is not there. */
  #reading<T>(read: () => T): T | undefined {
    if (this.#broken) return undefined;
    try {
      return read();
    } catch (error) {
      this.#broken = true;
      this.#waiting = [];
      this.report(`${describe(this.path, error)}; the run goes on without it`);
      return undefined;
    }
  }

  keep(fn: number, call: Uint8Array, { body, frames }: Encoded): void {
    if (this.#broken || !this.#db.isOpen) return;
    const value = encodeHeader([body, ...frames]).slice();
    if (value.length > LARGEST || this.#waitingBytes > MOST_WAITING && this.#failure) {
      this.#givenUp++;
      return;
    }
    this.#waiting.push([fn, call, value]);
    this.#waitingBytes += value.length;
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.flush();
    });
  }

  flush(): void {
    if (this.#waiting.length === 0 || !this.#db.isOpen || performance.now() < this.#retryAt) return;
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      const now = Date.now();
      for (const [fn, call, value] of this.#waiting) this.#insert.run(fn, call, value, now);
      this.#db.exec("COMMIT");
      this.#waiting = [];
      this.#waitingBytes = 0;
      this.#failure = undefined;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      this.#retryAt = performance.now() + RETRY;
      const told = this.#failure !== undefined;
      this.#failure = describe(this.path, error);
      if (!told) this.report(`${this.#failure}; results are kept again when that is over`);
    }
  }

  /** Writes what is left to be written, and says how much cannot be. */
  close(): void {
    if (!this.#db.isOpen) return;
    this.#retryAt = 0;
    this.flush();
    const lost = this.#givenUp + this.#waiting.length;
    const them = lost === 1 ? "1 result was" : `${lost} results were`;
    if (lost > 0) this.report(`${them} not kept in ${this.path}`);
    this.#db.close();
  }

  /** What it holds, by key and name. */
  list(): KeptResults[] {
    return this.#db.prepare(LIST).all().map((row) => ({
      key: String(row.key),
      name: String(row.name),
      results: Number(row.results),
      bytes: Number(row.bytes),
      lastAt: Number(row.lastAt),
      outdated: Number(row.outdated) === 1,
    }));
  }

  /**
   * Forgets results.
   *
   * @param key of those, or the name of a function whose results have none; all if undefined
   * @returns how many there were
   */
  forget(key?: string): number {
    const which = key === undefined ? "1" : "key = ?1 OR (key = '' AND name = ?1)";
    const named = key === undefined ? [] : [key];
    const results =
      `DELETE FROM results WHERE function IN (SELECT id FROM functions WHERE ${which})`;
    this.#db.exec("BEGIN IMMEDIATE");
    const { changes } = this.#db.prepare(results).run(...named);
    this.#db.prepare(`DELETE FROM functions WHERE ${which}`).run(...named);
    this.#db.exec("COMMIT");
    this.#db.exec("VACUUM");
    return Number(changes);
  }
}

/** Deno has it, and loads Node's part of it when it is first used. */
declare const process: {
  getBuiltinModule(name: "node:sqlite"): typeof import("node:sqlite");
};

function open(path: string): DatabaseSync {
  // Loading it takes some milliseconds, which only those spend who keep results.
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    db.exec(`PRAGMA busy_timeout = ${PATIENCE}`);
    check(db, path);
    db.exec(SPEED);
    patiently(() => db!.exec("PRAGMA journal_mode = WAL"));
    db.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT;`);
    return db;
  } catch (error) {
    db?.close();
    throw error instanceof ResultFileError ? error : new ResultFileError(describe(path, error));
  }
}

/** Nothing of a file that is another's is changed. */
function check(db: DatabaseSync, path: string): void {
  const number = (pragma: string) => Number(Object.values(db.prepare(pragma).get()!)[0]);
  const isOurs = number("PRAGMA application_id") === APPLICATION;
  const tables = number("SELECT count(*) FROM sqlite_schema");
  if (!isOurs && tables > 0) throw new Error(FOREIGN);
  if (number("PRAGMA user_version") > FORMAT) {
    throw new ResultFileError(`${path} was written by a newer version of SCOOP`);
  }
  if (number("PRAGMA page_count") * number("PRAGMA page_size") > MOST_CHECKED) return;
  const [found] = Object.values(db.prepare("PRAGMA quick_check(1)").get()!);
  if (found !== "ok") throw new Error(MALFORMED);
}

/** Tries again while another process is at the same; that pragma does not wait by itself. */
function patiently(action: () => void): void {
  for (const until = performance.now() + PATIENCE;;) {
    try {
      return action();
    } catch (error) {
      if (!/locked/.test(String(error)) || performance.now() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

const FOREIGN = "file is not a database";
const MALFORMED = "database disk image is malformed";

/** What SQLite, or Deno, says of a file, and what to do about it. */
function describe(path: string, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (text.includes(FOREIGN)) return `${path} is no file of results: name another`;
  if (text.includes(MALFORMED)) {
    return `${path} is damaged: remove it, and what it held is computed again`;
  }
  if (text.includes("unable to open")) {
    return `cannot open ${path} for results: is its folder there, and may it be written to?`;
  }
  if (text.includes("is full")) return `cannot keep results in ${path}: the disk is full`;
  return `cannot keep results in ${path}: ${text.split("\n")[0]}`;
}
