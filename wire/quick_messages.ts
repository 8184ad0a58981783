/**
 * The messages that are sent for every bundle, by `wire/quick_headers.ts`. What they are made of, and
 * all that can be wrong with them, is told in `wire/messages.ts`; here is only what is as it should be.
 *
 * @module
 */

import type { BundleHeader, Message } from "./message_types.ts";
import { QuickReader, QuickWriter } from "./quick_headers.ts";
import type { Recurring } from "./recurring.ts";

/** What bundles of one call have alike. */
export type Call = Pick<
  BundleHeader,
  "owner" | "fn" | "label" | "retries" | "priority" | "timeout"
>;

const writer = new QuickWriter();
const reader = new QuickReader();

/** The header of a message, if it is one of these and as usual. */
export function writeQuickly(
  message: Message,
  number: number,
  calls: Recurring<Call>,
): Uint8Array | undefined {
  switch (message.type) {
    case "bundle": {
      const { bundle } = message;
      begin(10, message, number);
      writer.blob(calls.write(bundle));
      writeCounts(bundle);
      writer.number(bundle.attempt);
      writer.number(bundle.estimate);
      writer.texts(bundle.needs);
      writer.text(bundle.parent);
      break;
    }
    case "result": {
      const { result } = message;
      begin(8, message, number);
      writer.text(result.owner);
      writeCounts(result);
      writer.number(result.elapsed);
      writer.counts(result.failed);
      break;
    }
    case "started":
      begin(6, message, number);
      writer.text(message.owner);
      writeCounts(message);
      break;
    case "credit":
      begin(5, message, number);
      writer.number(message.bundles);
      writer.number(message.ahead);
      writer.flag(message.idle);
      break;
    default:
      return undefined;
  }
  return writer.end();
}

function begin(fields: number, { type }: Message, number: number): void {
  writer.begin(fields);
  writer.text(type);
  writer.number(number);
}

/** Which tasks of their owner's a message is about. */
function writeCounts({ id, base, count }: { id: number; base: number; count: number }): void {
  writer.number(id);
  writer.number(base);
  writer.number(count);
}

/**
 * The message in `frames` and its number, if it is one of these and as usual. Whether its parts agree
 * with each other is still to be seen.
 */
export function readQuickly(
  frames: readonly Uint8Array[],
  calls: Recurring<Call>,
): { message: Message; number: number } | undefined {
  const [header] = frames;
  // Zeromq's package hands out Buffers, whose parts are no copies.
  if (header === undefined || header.constructor !== Uint8Array) return undefined;
  const fields = reader.begin(header);
  const type = reader.text();
  const number = reader.count();
  if (number === 0) return undefined;
  let message: Message | undefined;
  if (type === "bundle" && fields === 10) message = readBundle(frames, calls);
  else if (type === "result" && fields === 8) message = readResult(frames);
  else if (frames.length > 1) return undefined;
  else if (type === "credit" && fields === 5) message = readCredit();
  else if (type === "started" && fields === 6) message = readStarted();
  return message !== undefined && reader.isUsual ? { message, number } : undefined;
}

function readBundle(
  frames: readonly Uint8Array[],
  calls: Recurring<Call>,
): Message | undefined {
  const from = reader.blob();
  const to = reader.at;
  const id = reader.count();
  const base = reader.count();
  const count = reader.count();
  const attempt = reader.count();
  const estimate = reader.number();
  const needs = reader.texts();
  const parent = reader.text();
  const payload = payloadOf(frames);
  if (!reader.isUsual || payload === undefined) return undefined;
  const { owner, fn, label, retries, priority, timeout } = calls.read(frames[0]!, from, to);
  const bundle: BundleHeader = {
    owner,
    fn,
    label,
    retries,
    priority,
    timeout,
    id,
    base,
    count,
    attempt,
    estimate,
    needs,
    parent,
  };
  return { type: "bundle", bundle, payload };
}

function readResult(frames: readonly Uint8Array[]): Message | undefined {
  const owner = reader.text();
  const id = reader.count();
  const base = reader.count();
  const count = reader.count();
  const elapsed = reader.number();
  const failed = reader.counts();
  const payload = payloadOf(frames);
  if (payload === undefined) return undefined;
  return { type: "result", result: { owner, id, base, count, elapsed, failed }, payload };
}

function readCredit(): Message {
  const bundles = reader.count();
  const ahead = reader.count();
  const idle = reader.flag();
  return { type: "credit", bundles, ahead, idle };
}

function readStarted(): Message {
  const owner = reader.text();
  const id = reader.count();
  const base = reader.count();
  const count = reader.count();
  return { type: "started", owner, id, base, count };
}

function payloadOf(frames: readonly Uint8Array[]) {
  const body = frames[1];
  return body && { body, frames: frames.length === 2 ? [] : frames.slice(2) };
}
