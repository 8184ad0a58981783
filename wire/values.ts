/**
 * The walk that makes rich values fit for MessagePack (restore.ts makes them rich again).
 *
 * Most values need neither: {@link isPlain} looks them over once and the encoder takes them as they
 * are. A value with anything special inside is copied: each container becomes an array or object
 * that MessagePack has, headed by a mark where it means something else (see extensions.ts).
 *
 * Identity and depth have one answer between them. An object that is met twice moves into a table
 * beside the value, and references stand in its places; the first place is changed when the second
 * is met. An object that lies too deep for a recursive encoder moves there at once, and is filled
 * when the recursion has come back. So cycles, shared objects and lists of a million links all
 * travel, and no walk is ever deeper than {@link MAX_DEPTH}.
 *
 * @module
 */

import { errorParts, isError } from "./error_values.ts";
import { SerializationError } from "./errors.ts";
import {
  binaryKind,
  type Extension,
  INVALID_DATE,
  isOddText,
  isPlainBytes,
  MarkKind,
  NEGATIVE_ZERO,
  UNDEFINED,
  writeBigint,
  writeBinary,
  writeMark,
  writeReference,
  writeText,
} from "./extensions.ts";
import { Scattered } from "./scattered.ts";
import { describe, pathOf, type Step } from "./value_path.ts";

/** Levels of arrays and objects that are encoded in place; what lies deeper goes into the table. */
export const MAX_DEPTH = 200;
/** An array may not have more holes, for each of them takes memory once it travels. */
const MAX_HOLES = 2 ** 22;

const ARRAY = Array.prototype;
const OBJECT = Object.prototype;

// ---------------------------------------------------------------- looking

/** Remembers objects; a short list first, since most values hold few and a Set costs more. */
interface Seen {
  few: object[];
  many: Set<object> | undefined;
}

function isFirstVisit(seen: Seen, value: object): boolean {
  const { few } = seen;
  if (seen.many === undefined) {
    if (few.includes(value)) return false;
    if (few.length < 12) {
      few.push(value);
      return true;
    }
    seen.many = new Set(few);
  }
  const before = seen.many.size;
  seen.many.add(value);
  return seen.many.size !== before;
}

/** True when `value` can be encoded as it is and will be the same on the other side. */
export function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isPlainPrimitive(value);
  return isPlainObject(value, 0, undefined);
}

function isPlainPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case "number":
      return value !== 0 || 1 / value > 0;
    case "string":
      return !isOddText(value);
    case "boolean":
      return true;
    default:
      return value === null;
  }
}

function isPlainObject(value: object, depth: number, seen: Seen | undefined): boolean {
  if (depth >= MAX_DEPTH) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === ARRAY) return isPlainArray(value as unknown[], depth, seen);
  if (prototype === OBJECT || prototype === null) return isPlainRecord(value, depth, seen);
  if (prototype === Date.prototype) return !Number.isNaN((value as Date).getTime());
  return isPlainBytes(value);
}

function isPlainArray(list: unknown[], depth: number, seen: Seen | undefined): boolean {
  if (!Array.isArray(list)) return false;
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (typeof item === "number") {
      if (item === 0 && 1 / item < 0) return false;
    } else if (typeof item === "object" && item !== null) {
      seen ??= { few: [list], many: undefined };
      if (!isFirstVisit(seen, item) || !isPlainObject(item, depth + 1, seen)) return false;
    } else if (!isPlainPrimitive(item)) return false;
  }
  return true;
}

function isPlainRecord(record: object, depth: number, seen: Seen | undefined): boolean {
  // Quicker than Object.keys. It may add keys of a changed Object.prototype, which does no harm.
  for (const key in record) {
    if (isOddKey(key)) return false;
    const item = (record as Record<string, unknown>)[key];
    if (typeof item === "object" && item !== null) {
      seen ??= { few: [record], many: undefined };
      if (!isFirstVisit(seen, item) || !isPlainObject(item, depth + 1, seen)) return false;
    } else if (!isPlainPrimitive(item)) return false;
  }
  return true;
}

/** Keys that a decoder refuses, or that UTF-8 would change. */
function isOddKey(key: string): boolean {
  return key === "__proto__" || isOddText(key);
}

// ---------------------------------------------------------------- preparing

/** An object that was met, and its place in what will be encoded. */
interface Slot extends Step {
  /** What is encoded in its stead. */
  copy: unknown;
  parent: Slot | undefined;
  /** Its index in the table, -1 while it is not there. */
  index: number;
}

interface Work {
  slots: Map<object, Slot>;
  table: unknown[];
  /** Objects in the table that are not filled yet. */
  deep: Slot[];
  frames: Uint8Array[];
  handles: Set<string>;
  rootName: () => string;
}

/**
 * What the encoder is to encode for `value`. Big binaries are copied into new elements of `frames`,
 * names of scattered values are added to `handles`.
 *
 * @throws {SerializationError} when something inside cannot travel.
 */
export function prepare(
  value: unknown,
  frames: Uint8Array[],
  handles: Set<string>,
  rootName: () => string,
): unknown {
  if (value === undefined) return UNDEFINED; // what most tasks without a result return
  const work: Work = { slots: new Map(), table: [], deep: [], frames, handles, rootName };
  let root = convert(work, value, undefined, 0, 0);
  for (let slot = work.deep.pop(); slot !== undefined; slot = work.deep.pop()) fill(work, slot, 0);
  if (work.table.length === 0) return root;
  const slot = work.slots.get(value as object)!;
  if (slot.index >= 0) root = writeReference(slot.index);
  const graph: unknown[] = [writeMark(MarkKind.graph), root];
  for (const copy of work.table) graph.push(copy);
  return graph;
}

function convert(
  work: Work,
  value: unknown,
  parent: Slot | undefined,
  position: number | string,
  depth: number,
): unknown {
  switch (typeof value) {
    case "number":
      return Object.is(value, -0) ? NEGATIVE_ZERO : value;
    case "string":
      return writeText(value);
    case "boolean":
      return value;
    case "undefined":
      return UNDEFINED;
    case "bigint":
      return writeBigint(value);
    case "object":
      if (value === null) return null;
      return convertObject(work, value, parent, position, depth);
    default:
      throw refusal(work, parent, position, describe(value));
  }
}

function convertObject(
  work: Work,
  source: object,
  parent: Slot | undefined,
  position: number | string,
  depth: number,
): unknown {
  const known = work.slots.get(source);
  if (known !== undefined) return refer(work, known);
  const slot: Slot = { source, copy: undefined, parent, position, index: -1 };
  try {
    slot.copy = open(work, source);
    if (slot.copy === undefined) throw refusal(work, parent, position, describe(source));
    work.slots.set(source, slot);
    if (depth >= MAX_DEPTH) {
      work.deep.push(slot);
      return refer(work, slot);
    }
    fill(work, slot, depth);
  } catch (error) {
    if (error instanceof SerializationError) throw error;
    // A getter, a proxy, or the stack gave out, or memory cannot be read.
    const why = error instanceof Error ? error.message : String(error);
    throw refusal(work, parent, position, `reading it failed: ${why}`, error);
  }
  return slot.index < 0 ? slot.copy : writeReference(slot.index);
}

/** A reference to an object, which is moved into the table unless it is there already. */
function refer(work: Work, slot: Slot): Extension {
  if (slot.index < 0) {
    slot.index = work.table.push(slot.copy) - 1;
    const holder = slot.parent?.copy as Record<number | string, unknown> | undefined;
    if (holder !== undefined) holder[slot.position] = writeReference(slot.index);
  }
  return writeReference(slot.index);
}

/** The empty copy of a container, or the whole copy of anything else; undefined if there is none. */
function open(work: Work, source: object): unknown {
  switch (Object.getPrototypeOf(source)) {
    case ARRAY:
      return Array.isArray(source) ? [] : undefined;
    case OBJECT:
    case null:
      return Object.keys(source).some(isOddKey) ? [writeMark(MarkKind.record)] : {};
    case Map.prototype:
      return [writeMark(MarkKind.map)];
    case Set.prototype:
      return [writeMark(MarkKind.set)];
    case RegExp.prototype:
      return openRegExp(source as RegExp);
    case URL.prototype:
      return [writeMark(MarkKind.url), (source as URL).href];
    case Date.prototype:
      return Number.isNaN((source as Date).getTime()) ? INVALID_DATE : source;
    case Scattered.prototype:
      work.handles.add((source as Scattered<unknown>).id);
      return [writeMark(MarkKind.scattered), (source as Scattered<unknown>).id];
  }
  if (isError(source)) return openError(source);
  const kind = binaryKind(source);
  return kind === undefined ? undefined : writeBinary(source as ArrayBuffer, kind, work.frames);
}

function isOf(source: object, known: { prototype: object }): boolean {
  return Object.getPrototypeOf(source) === known.prototype;
}

function openRegExp(source: RegExp): unknown[] {
  return [writeMark(MarkKind.regexp), writeText(source.source), source.flags];
}

function openError(error: Error): unknown[] {
  const { className, name, message, hidden } = errorParts(error);
  return [
    writeMark(MarkKind.error),
    className,
    name === null ? null : writeText(name),
    message === null ? null : writeText(message),
    hidden,
  ];
}

/** Converts what a container holds into its copy. */
function fill(work: Work, slot: Slot, depth: number) {
  const { source } = slot;
  const copy = slot.copy as Record<number | string, unknown>;
  const put = (position: number | string, value: unknown) => {
    copy[position] = convert(work, value, slot, position, depth + 1);
  };
  if (Array.isArray(source)) fillArray(work, slot, source, put);
  else if (isError(source)) fillPairs(source, errorParts(source).keys, 5, put);
  else if (isOf(source, Map)) {
    let at = 1;
    for (const [key, value] of source as Map<unknown, unknown>) {
      put(at++, key);
      put(at++, value);
    }
  } else if (isOf(source, Set)) {
    let at = 1;
    for (const value of source as Set<unknown>) put(at++, value);
  } else if (isOf(source, Object) || Object.getPrototypeOf(source) === null) {
    const keys = Object.keys(source);
    if (Array.isArray(copy)) fillPairs(source, keys, 1, put);
    else for (const key of keys) put(key, (source as Record<string, unknown>)[key]);
  }
}

type Put = (position: number | string, value: unknown) => void;

function fillArray(work: Work, slot: Slot, source: unknown[], put: Put) {
  let holes = 0;
  for (let i = 0; i < source.length; i++) {
    const item = source[i];
    if (item === undefined && !(i in source) && ++holes > MAX_HOLES) {
      throw refusal(work, slot.parent, slot.position, `it has more than ${MAX_HOLES} holes`);
    }
    put(i, item);
  }
}

function fillPairs(source: object, keys: string[], start: number, put: Put) {
  let at = start;
  for (const key of keys) {
    put(at++, key);
    put(at++, (source as Record<string, unknown>)[key]);
  }
}

function refusal(
  work: Work,
  parent: Slot | undefined,
  position: number | string,
  reason: string,
  cause?: unknown,
): SerializationError {
  const path = pathOf(work.rootName(), parent, position);
  const options = cause === undefined ? undefined : { cause };
  return new SerializationError(`cannot send ${path}: ${reason}`, options);
}
