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
/** Milliseconds to wait for another process that writes, where nothing else waits for this one. */
const PATIENCE = 5_000;
/** The same while the program runs, which can do nothing meanwhile. */
const SHORT_PATIENCE = 100;
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

/** A function of the run, as the file knows it. */
interface Entry {
  readonly fn: KeptFunction;
  /** Its number there; undefined as long as it has none. */
  row: number | undefined;
  /** Whether it had no results when it was first asked for. */
  fresh: boolean;
}

/** See the module's text. */
export class ResultFile implements ResultStore {
  readonly #db: DatabaseSync;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #selectFunction: StatementSync;
  readonly #insertFunction: StatementSync;
  readonly #hasResults: StatementSync;
  readonly #otherCode: StatementSync;
  readonly #numbers = new Map<string, number>();
  readonly #entries: Entry[] = [];
  #waiting: [entry: Entry, call: Uint8Array, value: Uint8Array][] = [];
  #waitingBytes = 0;
  #flushing = false;
  /** Not to be tried before, by `performance.now()`. */
  #retryAt = 0;
  /** Since when attempts to write have failed, and whether somebody was told. */
  #failure: { readonly since: number; readonly told: boolean } | undefined;
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
    this.#waitFor(SHORT_PATIENCE);
    this.#select = this.#db.prepare("SELECT value FROM results WHERE function = ? AND call = ?");
    this.#insert = this.#db.prepare("INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?)");
    this.#selectFunction = this.#db.prepare("SELECT id FROM functions WHERE key = ? AND code = ?");
    this.#insertFunction = this.#db.prepare(
      "INSERT INTO functions (key, name, code) VALUES (?, ?, ?) RETURNING id",
    );
    this.#hasResults = this.#db.prepare("SELECT 1 FROM results WHERE function = ? LIMIT 1");
    this.#otherCode = this.#db.prepare(OTHER_CODE);
  }

  functionOf(fn: KeptFunction, onChanged: (results: number) => void): number {
    const text = `${fn.code.toHex()} ${fn.key}`;
    let number = this.#numbers.get(text);
    if (number === undefined) {
      const entry: Entry = { fn, row: undefined, fresh: true };
      this.#numbers.set(text, number = this.#entries.push(entry) - 1);
      const others = this.#reading(() => this.#learn(entry)) ?? 0;
      if (others > 0) onChanged(others);
    }
    return number;
  }

  /**
   * Finds out what the file has of a function.
   *
   * @returns how many results there are of other code under the same key, or the same name, if there
   * are none of this; what this run uses is no such code
   */
  #learn(entry: Entry): number {
    const { key, name } = entry.fn;
    entry.row = this.#rowOf(entry.fn);
    entry.fresh = entry.row === undefined || this.#hasResults.get(entry.row) === undefined;
    if (!entry.fresh) return 0;
    const used = new Set(this.#entries.map(({ row }) => row));
    return this.#otherCode.all(key, entry.row ?? -1, name)
      .filter(({ id }) => !used.has(Number(id)))
      .reduce((sum, { results }) => sum + Number(results), 0);
  }

  #rowOf({ key, code }: KeptFunction): number | undefined {
    const row = this.#selectFunction.get(key, code);
    return row && Number(row.id);
  }

  /** Its row, which is added if it is not there; within a transaction. */
  #rowFor(entry: Entry): number {
    const { key, name, code } = entry.fn;
    return this.#rowOf(entry.fn) ?? Number(this.#insertFunction.get(key, name, code)!.id);
  }

  lookup(fn: number, call: Uint8Array): Encoded | undefined {
    const { row: id, fresh } = this.#entries[fn]!;
    if (id === undefined || fresh || !this.#db.isOpen) return undefined;
    const row = this.#reading(() => this.#select.get(id, call));
    if (row === undefined) return undefined;
    const [body, ...frames] = decodeHeader(row.value as Uint8Array) as Uint8Array[];
    // A frame belongs to the value that is made of it.
    return { body: body!, frames: frames.map((frame) => frame.slice()) };
  }

  /** What cannot be read is not there. */
  #reading<T>(read: () => T): T | undefined {
    if (this.#broken || !this.#db.isOpen) return undefined;
    try {
      return read();
    } catch (error) {
      if (isLocked(error)) return undefined;
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
    this.#waiting.push([this.#entries[fn]!, call, value]);
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
      const rows = new Map<Entry, number>();
      for (const [entry, call, value] of this.#waiting) {
        let row = entry.row ?? rows.get(entry);
        if (row === undefined) rows.set(entry, row = this.#rowFor(entry));
        this.#insert.run(row, call, value, now);
      }
      this.#db.exec("COMMIT");
      for (const [entry, row] of rows) entry.row = row;
      this.#waiting = [];
      this.#waitingBytes = 0;
      this.#failure = undefined;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      this.#failed(error);
    }
  }

  /** It is tried again; that another process is writing is told when it goes on for long. */
  #failed(error: unknown): void {
    const now = performance.now();
    this.#retryAt = now + RETRY;
    const { since = now, told = false } = this.#failure ?? {};
    const tells = !told && (!isLocked(error) || now - since >= PATIENCE);
    this.#failure = { since, told: told || tells };
    const text = describe(this.path, error);
    if (tells) this.report(`${text}; results are kept again when that is over`);
  }

  /** Writes what is left to be written, and says how much cannot be. */
  close(): void {
    if (!this.#db.isOpen) return;
    this.#retryAt = 0;
    this.#waitFor(PATIENCE);
    this.flush();
    const lost = this.#givenUp + this.#waiting.length;
    const them = lost === 1 ? "1 result was" : `${lost} results were`;
    if (lost > 0) this.report(`${them} not kept in ${this.path}`);
    this.#db.close();
  }

  /** Milliseconds for another process to end what it writes. */
  #waitFor(milliseconds: number): void {
    this.#db.exec(`PRAGMA busy_timeout = ${milliseconds}`);
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
    // The functions stay: a run that uses the file knows them by their numbers.
    const results =
      `DELETE FROM results WHERE function IN (SELECT id FROM functions WHERE ${which})`;
    this.#waitFor(PATIENCE);
    const { changes } = this.#db.prepare(results).run(...named);
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

/** Another process is writing, and is soon done. */
function isLocked(error: unknown): boolean {
  return /\blocked\b|\bbusy\b/.test(String(error));
}

/** Tries again while another process is at the same; that pragma does not wait by itself. */
function patiently(action: () => void): void {
  for (const until = performance.now() + PATIENCE;;) {
    try {
      return action();
    } catch (error) {
      if (!isLocked(error) || performance.now() > until) throw error;
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
