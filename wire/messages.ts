/**
 * What brokers and workers say to each other.
 *
 * A message is one header frame (a MessagePack array: its type, its number within its session, then
 * its fields in the order of {@link FIELDS}) and, for the types that carry values, the frames of one
 * payload. The header is all that a broker reads; payloads pass through it unopened.
 *
 * A task has one address wherever it goes: its owner, the owner's number for its bundle, and its
 * index in that bundle. Parts of a bundle that travel, are reported or are lost by themselves are
 * stretches of indices (`base`, `count`); nothing is ever renumbered.
 *
 * Everything from a socket goes through {@link readMessage}, which checks types field by field and
 * throws on anything else, so the code behind it can trust what it is given.
 *
 * @module
 */

import { decodeHeader, encodeHeader } from "./codec.ts";
import type { Encoded } from "./codec.ts";
import type { Message } from "./message_types.ts";
import { readQuickly, writeQuickly } from "./quick_messages.ts";
import type { Call } from "./quick_messages.ts";
import { Recurring } from "./recurring.ts";
import { arrayLength } from "./split.ts";

/** Raised whenever a message changes its meaning; both ends must agree. */
export const PROTOCOL = 10;

/**
 * Whether a constant is a scattered value: whoever asks for one has been told its name after it was
 * set, so one that is not there is gone.
 */
export function isScattered(name: string): boolean {
  return name.startsWith("@scoop/scattered ");
}

export type * from "./message_types.ts";

type Kind = "text" | "count" | "number" | "flag" | "texts" | "counts" | "map" | "call";

/** Fields that the bundles of one call have alike: they travel together, in one field. */
const CALL = {
  owner: "text",
  fn: "map",
  label: "text",
  retries: "count",
  priority: "number",
  timeout: "number",
} as const satisfies Record<string, Kind>;

const BUNDLE = {
  call: "call",
  id: "count",
  base: "count",
  count: "count",
  attempt: "count",
  estimate: "number",
  needs: "texts",
  parent: "text",
} as const;

/** The fields of each header, in the order they travel. */
const FIELDS = {
  hello: {
    protocol: "count",
    name: "text",
    origin: "flag",
    key: "text",
    pid: "count",
    host: "text",
    session: "text",
    received: "count",
  },
  peer: {
    protocol: "count",
    name: "text",
    key: "text",
    session: "text",
    received: "count",
  },
  peerWelcome: { received: "count" },
  welcome: {
    broker: "text",
    instance: "text",
    received: "count",
    size: "count",
    demand: "count",
    program: "text",
    modules: "texts",
    tallyMs: "count",
    watched: "flag",
  },
  refuse: { reason: "text", instance: "text", session: "text" },
  noneLeft: { session: "text" },
  credit: { bundles: "count", ahead: "count", idle: "flag" },
  bundle: BUNDLE,
  moved: { ...BUNDLE, begun: "counts" },
  hold: { owner: "text", id: "count", base: "count", count: "count" },
  result: {
    owner: "text",
    id: "count",
    base: "count",
    count: "count",
    elapsed: "number",
    failed: "counts",
  },
  started: { owner: "text", id: "count", base: "count", count: "count" },
  busy: { label: "text", timeout: "number" },
  giveBack: { owner: "text", id: "count", base: "count", count: "count" },
  cancel: { owner: "text", id: "count", index: "number" },
  forget: { owner: "text", id: "count" },
  stop: { owner: "text", id: "count", index: "number", grace: "number" },
  retire: { reason: "text" },
  lost: { owner: "text", id: "count", index: "count", reason: "text" },
  constant: { name: "text" },
  restored: { name: "text" },
  setConstants: { names: "texts", frames: "counts" },
  constantSet: { name: "text", taken: "flag" },
  noConstant: { name: "text" },
  dropConstant: { name: "text" },
  getConstant: { name: "text" },
  shutdown: { reason: "text" },
  goodbye: {},
  sync: { received: "count", sent: "count" },
  tally: {},
  askStats: {},
  stats: {},
  probe: { number: "count" },
  echo: { number: "count" },
  load: {
    broker: "text",
    queued: "count",
    demand: "count",
    size: "count",
    free: "count",
    idle: "count",
    idleHere: "count",
    workers: "count",
    far: "count",
    home: "flag",
  },
} as const satisfies Record<Message["type"], Record<string, Kind>>;

/** Types whose header stands under a name of its own beside the payload. */
const NESTED: Readonly<Record<string, string>> = {
  bundle: "bundle",
  moved: "bundle",
  result: "result",
};
const WITH_PAYLOAD = new Set([
  "bundle",
  "moved",
  "result",
  "constant",
  "restored",
  "setConstants",
  "tally",
  "stats",
]);

const CHECKS: Record<Kind, (value: unknown) => boolean> = {
  text: (value) => typeof value === "string",
  count: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  number: (value) => typeof value === "number" && Number.isFinite(value),
  flag: (value) => typeof value === "boolean",
  texts: (value) => Array.isArray(value) && value.every(CHECKS.text),
  counts: (value) => Array.isArray(value) && value.every(CHECKS.count),
  map: (value) =>
    typeof value === "object" && value !== null &&
    Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(CHECKS.text),
  call: (value) => value instanceof Uint8Array,
};

type Fields = [name: string, kind: Kind][];
const LAYOUT = new Map<string, Fields>(
  Object.entries(FIELDS).map(([type, fields]) => [type, Object.entries(fields) as Fields]),
);

const CALL_FIELDS = Object.entries(CALL) as [name: keyof Call, kind: Kind][];
const CALL_NAMES = CALL_FIELDS.map(([name]) => name);

const calls = new Recurring<Call>(
  ({ owner, fn, label, retries, priority, timeout }) => (
    { owner, fn, label, retries, priority, timeout }
  ),
  // Those of one call mostly share the function's address.
  (one, other) =>
    one.fn === other.fn && one.owner === other.owner && one.label === other.label &&
    one.retries === other.retries && one.priority === other.priority &&
    one.timeout === other.timeout,
  (call) => encodeHeader(CALL_NAMES.map((name) => call[name])).slice(),
  (bytes) => {
    const values = listOf(bytes);
    if (values?.length !== CALL_NAMES.length) throw new Error("call: wrong number of fields");
    CALL_FIELDS.forEach(([name, kind], i) => check("call", name, kind, values[i]));
    return Object.fromEntries(CALL_NAMES.map((name, i) => [name, values[i]])) as unknown as Call;
  },
);

/** The list in some bytes, if that is what they are. */
function listOf(bytes: Uint8Array): unknown[] | undefined {
  try {
    const value = decodeHeader(bytes);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @throws {Error} when a field is not what it has to be */
function check(type: string, name: string, kind: Kind, value: unknown): void {
  if (!CHECKS[kind](value)) throw new Error(`${type}.${name} is no ${kind}`);
}

/** Message types that are not part of a session's sequence; all others are numbered from 1. */
const UNNUMBERED: ReadonlySet<Message["type"]> = new Set([
  "hello",
  "peer",
  "welcome",
  "peerWelcome",
  "refuse",
  "noneLeft",
  "sync",
  "probe",
  "echo",
  "load",
  "shutdown",
  "goodbye",
]);

/** Whether a message is one of those that a session numbers, and sends again when it was lost. */
export function isNumbered({ type }: Message): boolean {
  return !UNNUMBERED.has(type);
}

/**
 * The frames of a message, ready for a socket.
 *
 * @param number its number within its session, 0 for a message that has none
 */
export function writeMessage(message: Message, number = 0): Uint8Array[] {
  const first = writeQuickly(message, number, calls) ?? writeHeader(message, number);
  if (!WITH_PAYLOAD.has(message.type)) return [first];
  const { body, frames } = (message as { payload: Encoded }).payload;
  return frames.length === 0 ? [first, body] : [first, body, ...frames];
}

/** The header of any message. */
function writeHeader(message: Message, number: number): Uint8Array {
  const fields = LAYOUT.get(message.type)!;
  const source = fieldsOf(message);
  const header: unknown[] = new Array(fields.length + 2);
  header[0] = message.type;
  header[1] = number;
  for (let i = 0; i < fields.length; i++) {
    const [name, kind] = fields[i]!;
    header[i + 2] = kind === "call" ? calls.write(source as unknown as Call) : source[name];
  }
  return encodeHeader(header);
}

/** A message as it was read. */
export interface Numbered {
  readonly message: Message;
  /** Its number within its session, 0 for a message that has none. */
  readonly number: number;
}

/**
 * The message in `frames`.
 *
 * @throws {Error} when the frames are not a message of this protocol, or contradict each other; the
 * text says why.
 */
export function readMessage(frames: readonly Uint8Array[]): Numbered {
  const read = readQuickly(frames, calls) ?? readAny(frames);
  checkContent(read.message);
  return read;
}

/** Any message, field by field; whether its parts agree with each other is still to be seen. */
function readAny(frames: readonly Uint8Array[]): Numbered {
  const header = frames[0] === undefined ? undefined : decodeHeader(frames[0]);
  if (!Array.isArray(header)) throw new Error("a message must begin with an array");
  const [type, number] = header;
  const fields = typeof type === "string" ? LAYOUT.get(type) : undefined;
  if (fields === undefined) throw new Error(`no message is called ${shorten(type)}`);
  if (!CHECKS.count(number)) throw new Error(`${type}: its number is no count`);
  if (header.length !== fields.length + 2) throw new Error(`${type}: wrong number of fields`);
  const content: Record<string, unknown> = {};
  for (let i = 0; i < fields.length; i++) {
    const [name, kind] = fields[i]!;
    const value = header[i + 2];
    check(type as string, name, kind, value);
    if (kind === "call") Object.assign(content, calls.read(value as Uint8Array));
    else content[name] = value;
  }
  const nested = NESTED[type];
  const read: Record<string, unknown> = nested === undefined ? content : { [nested]: content };
  read.type = type;
  if (WITH_PAYLOAD.has(type)) {
    if (frames.length < 2) throw new Error(`${type}: the payload is missing`);
    read.payload = { body: frames[1], frames: frames.slice(2) };
  } else if (frames.length !== 1) throw new Error(`${type}: frames that do not belong to it`);
  const message = read as unknown as Message;
  if (isNumbered(message) !== number > 0) throw new Error(`${type}: number ${number}`);
  return { message, number };
}

/**
 * What a message says must agree with itself: who reads it may count on that.
 *
 * @throws {Error} when it does not.
 */
function checkContent(message: Message): void {
  switch (message.type) {
    case "bundle":
    case "moved":
      return checkCount(message.type, message.bundle.count, message.payload.body);
    case "result": {
      const { count, failed } = message.result;
      checkCount("result", count, message.payload.body);
      if (failed.length === 0) return;
      if (failed.length > count || failed.some((index) => index >= count)) {
        throw new Error("result.failed names a task that is not in it");
      }
      return;
    }
    case "tally":
    case "stats":
      return checkCount(message.type, 1, message.payload.body);
    case "setConstants": {
      const { names, frames, payload } = message;
      checkCount("setConstants", names.length, payload.body);
      const all = frames.reduce((sum, count) => sum + count, 0);
      if (frames.length !== names.length || all !== payload.frames.length) {
        throw new Error("setConstants.frames does not fit the payload");
      }
      return;
    }
    case "giveBack":
    case "hold":
      if (message.count === 0) throw new Error(`${message.type}.count is 0`);
  }
}

function checkCount(what: string, count: number, body: Uint8Array): void {
  if (count === 0) throw new Error(`${what}.count is 0`);
  const elements = arrayLength(body);
  if (elements !== count) throw new Error(`${what}: ${elements} elements for ${count} tasks`);
}

function fieldsOf(message: Message): Record<string, unknown> {
  const nested = NESTED[message.type];
  const source = message as unknown as Record<string, unknown>;
  return nested === undefined ? source : source[nested] as Record<string, unknown>;
}

function shorten(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 40));
}
