/**
 * The walk that makes rich values fit for MessagePack (restore.ts makes them rich again).
 *
 * Most values need neither: plain_values.ts looks them over once and the encoder takes them as they
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
  MarkKind,
  NEGATIVE_ZERO,
  UNDEFINED,
  writeBigint,
  writeBinary,
  writeMark,
  writeReference,
  writeText,
} from "./extensions.ts";
import {
  hiddenProperties,
  isElement,
  type OwnProperties,
  ownPropertiesOf,
  symbolKeyOf,
} from "./own_properties.ts";
import { isOddKey, MAX_DEPTH } from "./plain_values.ts";
import { Scattered } from "./scattered.ts";
import { Withdrawn } from "./withdrawn.ts";
import {
  describe,
  describeSymbolKey,
  EXTRA_START,
  pathOf,
  startOf,
  type Step,
} from "./value_path.ts";

const ARRAY = Array.prototype;
const OBJECT = Object.prototype;

/** An object that was met, and its place in what will be encoded. */
interface Slot extends Step {
  /** What is encoded in its stead. */
  copy: unknown;
  parent: Slot | undefined;
  /** Its index in the table, -1 while it is not there. */
  index: number;
  /** What it has beside its form. */
  extra: OwnProperties | undefined;
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
  const slot: Slot = { source, copy: undefined, parent, position, index: -1, extra: undefined };
  try {
    slot.copy = open(work, source);
    if (slot.copy === undefined) throw refusal(work, parent, position, describe(source));
    const symbol = symbolKeyOf(source);
    if (symbol !== undefined) throw refusal(work, parent, position, describeSymbolKey(symbol));
    slot.extra = ownPropertiesOf(source);
    if (slot.extra !== undefined) slot.copy = extend(slot.extra, slot.copy);
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
      return Array.isArray(source) ? openArray(source) : undefined;
    case OBJECT:
      return isOddRecord(source) ? [writeMark(MarkKind.record)] : {};
    case null:
      return [writeMark(MarkKind.bare)];
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
    case Withdrawn.prototype:
      return [writeMark(MarkKind.withdrawn), (source as Withdrawn).begun];
    case Scattered.prototype:
      work.handles.add((source as Scattered<unknown>).id);
      return [writeMark(MarkKind.scattered), (source as Scattered<unknown>).id];
  }
  if (isError(source)) return openError(source);
  const kind = binaryKind(source);
  return kind === undefined ? undefined : writeBinary(source as ArrayBuffer, kind, work.frames);
}

function openArray(source: unknown[]): unknown[] {
  return hasHole(source) ? [writeMark(MarkKind.sparse), source.length] : [];
}

function hasHole(list: readonly unknown[]): boolean {
  for (let i = 0; i < list.length; i++) if (list[i] === undefined && !(i in list)) return true;
  return false;
}

/** Whether a plain object has keys, or properties, that a MessagePack map may not carry. */
function isOddRecord(record: object): boolean {
  const keys = Object.keys(record);
  return keys.some(isOddKey) || hiddenProperties(record, keys).length > 0;
}

/** The copy of an object with places for further properties in front. */
function extend({ keys, hidden }: OwnProperties, copy: unknown): unknown[] {
  // What a Date or binary data becomes is no array, and nothing is filled in behind it.
  const isLeaf = !Array.isArray(copy);
  const head = [writeMark(isLeaf ? MarkKind.extendedLeaf : MarkKind.extended), keys.length, hidden];
  const places = new Array(2 * keys.length).fill(null); // until they are filled
  return isLeaf ? [...head, ...places, copy] : [...head, ...places, ...copy];
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
  const { source, extra } = slot;
  const copy = slot.copy as Record<number | string, unknown>;
  const put = (position: number | string, value: unknown) => {
    copy[position] = convert(work, value, slot, position, depth + 1);
  };
  if (extra !== undefined) fillPairs(source, extra.keys, EXTRA_START, put);
  const start = startOf(extra);
  if (Array.isArray(source)) fillArray(source, copy as unknown as unknown[], start, put);
  else if (isError(source)) fillPairs(source, errorParts(source).keys, 5, put);
  else if (isOf(source, Map)) {
    let at = start + 1;
    for (const [key, value] of source as Map<unknown, unknown>) {
      put(at++, key);
      put(at++, value);
    }
  } else if (isOf(source, Set)) {
    let at = start + 1;
    for (const value of source as Set<unknown>) put(at++, value);
  } else if (isOf(source, Object) || Object.getPrototypeOf(source) === null) {
    const keys = Object.keys(source);
    if (Array.isArray(copy)) fillPairs(source, keys, start + 1, put);
    else for (const key of keys) put(key, (source as Record<string, unknown>)[key]);
  }
}

type Put = (position: number | string, value: unknown) => void;

function fillArray(source: unknown[], copy: unknown[], start: number, put: Put) {
  if (copy.length === start) {
    for (let i = 0; i < source.length; i++) put(start + i, source[i]);
    return;
  }
  let at = start + 2;
  for (const key of Object.getOwnPropertyNames(source)) {
    if (!isElement(key)) break;
    put(at++, Number(key));
    put(at++, source[key as unknown as number]);
  }
}

function fillPairs(source: object, keys: readonly string[], start: number, put: Put) {
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
