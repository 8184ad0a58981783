/**
 * What brokers and workers say to each other.
 *
 * A message is one header frame (a MessagePack array: its type, then its fields in the order of
 * {@link FIELDS}) and, for the types that carry values, the frames of one payload. The header is
 * all that a broker reads; payloads pass through it unopened.
 *
 * Everything from a socket goes through {@link readMessage}, which checks types field by field and
 * throws on anything else, so the code behind it can trust what it is given.
 *
 * @module
 */

import { decodeHeader, encodeHeader } from "./codec.ts";
import type { Encoded } from "./codec.ts";

/** Raised whenever a message changes its meaning; both ends must agree. */
export const PROTOCOL = 2;

/**
 * Whether a constant is a scattered value: whoever asks for one has been told its name after it was
 * set, so one that is not there is gone.
 */
export function isScattered(name: string): boolean {
  return name.startsWith("scattered ");
}

/** Where a function is found, as `futures/function_ref.ts` describes it; opaque to the broker. */
export type FunctionAddress = Readonly<Record<string, string>>;

/**
 * One or more calls of the same function that travel and are dispatched together. A bundle is
 * named by its owner (the worker that spawned it), the owner's number for it, and `base`: a part
 * that was split off keeps owner and id and starts at a later base.
 */
export interface BundleHeader {
  /** The worker that waits for the results. */
  owner: string;
  /** The owner's number for the bundle. */
  id: number;
  /** Index, within the owner's bundle, of the first task in this part. */
  base: number;
  /** Number of tasks in this part, at least 1. */
  count: number;
  /** Where the function is found. */
  fn: FunctionAddress;
  /** The function's name for people. */
  label: string;
  /** How many times this part was lost together with a worker. */
  attempt: number;
  /** How many times it may be run again after a loss. */
  retries: number;
  /** Higher goes first; 0 is the default. */
  priority: number;
  /** Milliseconds one task may run, 0 for no limit. */
  timeout: number;
  /** Expected milliseconds for one task, 0 when nothing is known. */
  estimate: number;
  /** Names of the scattered values among the arguments. */
  needs: string[];
}

/** The outcomes of the tasks `base` … `base + count - 1` of a bundle. */
export interface ResultHeader {
  owner: string;
  id: number;
  base: number;
  count: number;
  /** Milliseconds the tasks took, together; 0 when nothing was measured. */
  elapsed: number;
  /** Indices (from 0 within this part) whose payload element is an error instead of a value. */
  failed: number[];
}

/** A worker introduces itself. */
export interface Hello {
  type: "hello";
  protocol: number;
  name: string;
  origin: boolean;
  /** The run's secret, empty when the run has none. */
  key: string;
  pid: number;
  host: string;
}
/** A broker introduces itself to another, whose tasks it would take. */
export interface Peer {
  type: "peer";
  protocol: number;
  name: string;
  key: string;
}
/** The broker takes a worker in. */
export interface Welcome {
  type: "welcome";
  broker: string;
  /** Workers in the run, the origin among them, as far as the broker knows. */
  size: number;
  /** Bundles that other workers would take at once. */
  demand: number;
  /** URL of the program's main module, empty when the broker was not told. */
  program: string;
  /** URLs of the other local modules of the program. */
  modules: string[];
}
/** The broker does not take a worker in. */
export interface Refuse {
  type: "refuse";
  reason: string;
}
/**
 * A worker says how many bundles it would take. The number counts from its hello, so that it means
 * the same whatever is under way in the other direction.
 */
export interface Credit {
  type: "credit";
  bundles: number;
  /** True when no task holds the worker's processor: what it has begun waits for others. */
  idle: boolean;
}
/** A bundle on its way to a broker, or to the worker that will run it. */
export interface BundleMessage {
  type: "bundle";
  bundle: BundleHeader;
  payload: Encoded;
}
/** Outcomes on their way to the owner. */
export interface ResultMessage {
  type: "result";
  result: ResultHeader;
  payload: Encoded;
}
/** A long task has begun. */
export interface Started {
  type: "started";
  owner: string;
  id: number;
  base: number;
  index: number;
}
/** The owner does not want a part of a bundle any more. */
export interface Cancel {
  type: "cancel";
  owner: string;
  id: number;
  /** Index within the owner's bundle, or -1 for all of it. */
  index: number;
}
/** A task ended its process where the process itself must live on (the origin). */
export interface Lost {
  type: "lost";
  owner: string;
  id: number;
  base: number;
  reason: string;
}
/** A shared constant is set, or on its way to a worker that asked for it. */
export interface Constant {
  type: "constant";
  name: string;
  payload: Encoded;
}
/** A shared constant was set, or its name was taken already. */
export interface ConstantSet {
  type: "constantSet";
  name: string;
  taken: boolean;
}
/** There is no constant of a name, and there will be none. */
export interface NoConstant {
  type: "noConstant";
  name: string;
}
/** A constant is not needed any more. */
export interface DropConstant {
  type: "dropConstant";
  name: string;
}
/** A worker asks for a shared constant; the answer comes when there is one. */
export interface GetConstant {
  type: "getConstant";
  name: string;
}
/** The run is over. */
export interface Shutdown {
  type: "shutdown";
  reason: string;
}
/** A worker, or the origin, leaves in good order. */
export interface Goodbye {
  type: "goodbye";
}
/** Asks for an answer, whatever else is going on. */
export interface Ping {
  type: "ping";
}
/** The answer to a ping, and the broker's sign of life. */
export interface Pong {
  type: "pong";
}
/**
 * How much work there is, and how many workers share it (on the meta socket). Workers look at
 * `demand` and `size`, other brokers at the rest.
 */
export interface Load {
  type: "load";
  broker: string;
  /** Bundles queued in the broker that another may have. */
  queued: number;
  /** Bundles that workers would take at once, those of other brokers among them. */
  demand: number;
  /** Workers in the run. */
  size: number;
  /** Bundles that the broker's own workers would take at once. */
  free: number;
  /** Workers of this broker. */
  workers: number;
  /** Whether the origin is one of them. */
  home: boolean;
}

/** Everything that may be said. */
export type Message =
  | Hello
  | Peer
  | Welcome
  | Refuse
  | Credit
  | BundleMessage
  | ResultMessage
  | Started
  | Cancel
  | Lost
  | Constant
  | ConstantSet
  | NoConstant
  | DropConstant
  | GetConstant
  | Shutdown
  | Goodbye
  | Ping
  | Pong
  | Load;

type Kind = "text" | "count" | "number" | "flag" | "texts" | "counts" | "map";

/** The fields of each header, in the order they travel. */
const FIELDS = {
  hello: {
    protocol: "count",
    name: "text",
    origin: "flag",
    key: "text",
    pid: "count",
    host: "text",
  },
  peer: { protocol: "count", name: "text", key: "text" },
  welcome: { broker: "text", size: "count", demand: "count", program: "text", modules: "texts" },
  refuse: { reason: "text" },
  credit: { bundles: "count", idle: "flag" },
  bundle: {
    owner: "text",
    id: "count",
    base: "count",
    count: "count",
    fn: "map",
    label: "text",
    attempt: "count",
    retries: "count",
    priority: "number",
    timeout: "number",
    estimate: "number",
    needs: "texts",
  },
  result: {
    owner: "text",
    id: "count",
    base: "count",
    count: "count",
    elapsed: "number",
    failed: "counts",
  },
  started: { owner: "text", id: "count", base: "count", index: "count" },
  cancel: { owner: "text", id: "count", index: "number" },
  lost: { owner: "text", id: "count", base: "count", reason: "text" },
  constant: { name: "text" },
  constantSet: { name: "text", taken: "flag" },
  noConstant: { name: "text" },
  dropConstant: { name: "text" },
  getConstant: { name: "text" },
  shutdown: { reason: "text" },
  goodbye: {},
  ping: {},
  pong: {},
  load: {
    broker: "text",
    queued: "count",
    demand: "count",
    size: "count",
    free: "count",
    workers: "count",
    home: "flag",
  },
} as const satisfies Record<Message["type"], Record<string, Kind>>;

/** Types whose header stands under a name of its own beside the payload. */
const NESTED: Readonly<Record<string, string>> = { bundle: "bundle", result: "result" };
const WITH_PAYLOAD = new Set(["bundle", "result", "constant"]);

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
};

type Fields = [name: string, kind: Kind][];
const LAYOUT = new Map<string, Fields>(
  Object.entries(FIELDS).map(([type, fields]) => [type, Object.entries(fields) as Fields]),
);

/** The frames of a message, ready for a socket. */
export function writeMessage(message: Message): Uint8Array[] {
  const fields = LAYOUT.get(message.type)!;
  const source = fieldsOf(message);
  const header: unknown[] = new Array(fields.length + 1);
  header[0] = message.type;
  for (let i = 0; i < fields.length; i++) header[i + 1] = source[fields[i]![0]];
  const first = encodeHeader(header);
  if (!WITH_PAYLOAD.has(message.type)) return [first];
  const { body, frames } = (message as { payload: Encoded }).payload;
  return [first, body, ...frames];
}

/**
 * The message in `frames`.
 *
 * @throws {Error} when the frames are not a message of this protocol; the text says why.
 */
export function readMessage(frames: readonly Uint8Array[]): Message {
  const header = frames[0] === undefined ? undefined : decodeHeader(frames[0]);
  if (!Array.isArray(header)) throw new Error("a message must begin with an array");
  const type = header[0];
  const fields = typeof type === "string" ? LAYOUT.get(type) : undefined;
  if (fields === undefined) throw new Error(`no message is called ${shorten(type)}`);
  if (header.length !== fields.length + 1) throw new Error(`${type}: wrong number of fields`);
  const content: Record<string, unknown> = {};
  for (let i = 0; i < fields.length; i++) {
    const [name, kind] = fields[i]!;
    const value = header[i + 1];
    if (!CHECKS[kind](value)) throw new Error(`${type}.${name} is no ${kind}`);
    content[name] = value;
  }
  if (type === "bundle" && content.count === 0) throw new Error("bundle.count is 0");
  const nested = NESTED[type];
  const message: Record<string, unknown> = nested === undefined ? content : { [nested]: content };
  message.type = type;
  if (WITH_PAYLOAD.has(type)) {
    if (frames.length < 2) throw new Error(`${type}: the payload is missing`);
    message.payload = { body: frames[1], frames: frames.slice(2) };
  } else if (frames.length !== 1) throw new Error(`${type}: frames that do not belong to it`);
  return message as unknown as Message;
}

function fieldsOf(message: Message): Record<string, unknown> {
  const nested = NESTED[message.type];
  const source = message as unknown as Record<string, unknown>;
  return nested === undefined ? source : source[nested] as Record<string, unknown>;
}

function shorten(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 40));
}
