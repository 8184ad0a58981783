/** Messages of every type, for tests that say whatever can be said. */

import { encodeEach } from "../../wire/codec.ts";
import type { Encoded } from "../../wire/codec.ts";
import { isNumbered, writeMessage } from "../../wire/messages.ts";
import type { Message, Numbered } from "../../wire/messages.ts";
import fc from "../fast_check.ts";

/** `fc.record`, of plain objects. */
export const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(fields, { noNullPrototype: true });

const bytes = fc.uint8Array({ maxLength: 50 });

/** A list of so many elements, as those of tasks and outcomes. */
export const list = (length: number): Encoded =>
  encodeEach(Array.from({ length }, (_, i) => [i, "x"]));

/** Of what the fields of messages are. */
export interface Values {
  readonly text: fc.Arbitrary<string>;
  /** Numbers from 0, without a fraction. */
  readonly count: fc.Arbitrary<number>;
  readonly index: fc.Arbitrary<number>;
  readonly number: fc.Arbitrary<number>;
  /** How many tasks or outcomes there are in one message, 1 or more. */
  readonly tasks: fc.Arbitrary<number>;
  readonly fn: fc.Arbitrary<Record<string, string>>;
}

const text = fc.string({ unit: "grapheme", maxLength: 20 });

/** Whatever can travel. */
export const ANYTHING: Values = {
  text,
  count: fc.maxSafeNat(),
  index: fc.integer(),
  /** -0 becomes 0 on the way, which is all the same in a header. */
  number: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  tasks: fc.integer({ min: 1, max: 40 }),
  fn: fc.dictionary(text.filter((name) => name !== "__proto__"), text, {
    maxKeys: 4,
    noNullPrototype: true,
  }),
};

/**
 * Mostly what makes sense to somebody, so that it is not refused at the door.
 *
 * @param names of those that take part, and of what there may be
 */
export function likely(names: readonly string[], fn: Values["fn"]): Values {
  const mostly = <T>(sensible: fc.Arbitrary<T>, any: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 9, arbitrary: sensible }, { weight: 1, arbitrary: any });
  return {
    text: mostly(fc.constantFrom(...names), ANYTHING.text),
    count: mostly(fc.nat(4), ANYTHING.count),
    index: mostly(fc.integer({ min: -1, max: 4 }), ANYTHING.number),
    number: fc.oneof(fc.nat(300), ANYTHING.number),
    tasks: fc.integer({ min: 1, max: 4 }),
    fn,
  };
}

type Fields = Record<string, fc.Arbitrary<unknown>>;

/** The counts of a load, each the same: an arbitrary, or a number. */
export function loadCounts<T>(count: T) {
  return {
    ...{ queued: count, demand: count, size: count, free: count, idle: count, idleHere: count },
    ...{ workers: count, far: count },
  };
}

/** Fields of each type of message. */
function fieldsOf(values: Values): Record<Message["type"], Fields> {
  const { text, count, index, number, tasks, fn } = values;
  const flag = fc.boolean();
  const texts = fc.array(text, { maxLength: 5 });
  const payload = record({ body: bytes, frames: fc.array(bytes, { maxLength: 3 }) });
  const header = {
    ...{ owner: text, id: count, base: count, count: tasks, fn, label: text },
    ...{ attempt: count, retries: count, priority: number, timeout: number, estimate: number },
    needs: texts,
    parent: text,
  };
  const bundle = record(header);
  const moved = record({ ...header, begun: fc.array(count, { maxLength: 4 }) });
  const result = tasks.chain((length) =>
    record({
      ...{ owner: text, id: count, base: count, count: fc.constant(length) },
      elapsed: number,
      failed: fc.uniqueArray(fc.nat(length - 1), { maxLength: 5 }),
    })
  );
  return {
    hello: {
      ...{ protocol: count, name: text, origin: flag, key: text, pid: count, host: text },
      ...{ session: text, received: count },
    },
    peer: { protocol: count, name: text, key: text, session: text, received: count },
    peerWelcome: { received: count },
    welcome: {
      ...{ broker: text, instance: text, received: count, size: count, demand: count },
      program: text,
      modules: texts,
      tallyMs: count,
      watched: flag,
    },
    refuse: { reason: text, instance: text, session: text },
    noneLeft: { session: text },
    credit: { bundles: count, ahead: count, idle: flag },
    bundle: { bundle },
    moved: { bundle: moved },
    hold: { owner: text, id: count, base: count, count: count.filter((n) => n > 0) },
    result: { result },
    started: { owner: text, id: count, base: count, count },
    busy: { label: text, timeout: number },
    giveBack: { owner: text, id: count, base: count, count: count.filter((n) => n > 0) },
    forget: { owner: text, id: count },
    cancel: { owner: text, id: count, index },
    stop: { owner: text, id: count, index, grace: number },
    retire: { reason: text },
    lost: { owner: text, id: count, index: count, reason: text },
    constant: { name: text, payload },
    restored: { name: text, payload },
    setConstants: {
      names: fc.array(text, { minLength: 1, maxLength: 5 }),
      frames: fc.constant([]),
    },
    constantSet: { name: text, taken: flag },
    noConstant: { name: text },
    dropConstant: { name: text },
    getConstant: { name: text },
    shutdown: { reason: text },
    goodbye: {},
    sync: { received: count, sent: count },
    tally: {},
    askStats: {},
    stats: {},
    probe: { number: count },
    echo: { number: count },
    load: {
      broker: text,
      ...loadCounts(count),
      home: flag,
    },
  };
}

/** Numbers that a message may have within its session. */
const ANY_NUMBER = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

/** Messages of a type, with numbers that they may have. */
function ofType([type, fields]: [string, Fields]): fc.Arbitrary<Numbered> {
  return fc.tuple(record({ type: fc.constant(type), ...fields }), ANY_NUMBER).map(
    ([content, number]): Numbered => {
      const message = content as unknown as Message;
      // As many elements as there are tasks.
      if (message.type === "bundle" || message.type === "moved") {
        message.payload = list(message.bundle.count);
      }
      if (message.type === "result") message.payload = list(message.result.count);
      if (message.type === "tally" || message.type === "stats") message.payload = list(1);
      if (message.type === "setConstants") {
        message.frames = message.names.map((_, i) => i % 2);
        const frames = message.frames.flatMap((one) => one === 0 ? [] : [new Uint8Array([1])]);
        message.payload = { ...list(message.names.length), frames };
      }
      return { message, number: isNumbered(message) ? number : 0 };
    },
  );
}

/** An arbitrary for each type of message, with fields of such values. */
export function messagesOf(values: Values): fc.Arbitrary<Numbered>[] {
  return Object.entries(fieldsOf(values)).map(ofType);
}

/** The same for whatever can travel. */
export const messages = messagesOf(ANYTHING);

/** Any of them. */
export const anyMessage: fc.Arbitrary<Numbered> = fc.oneof(...messages);

const change = record({ at: fc.nat(300), to: fc.nat(255), cut: fc.boolean() });

/** The frames of such messages, some bytes of whose header were changed or cut off on their way. */
export function changed(messages: fc.Arbitrary<Numbered>): fc.Arbitrary<Uint8Array[]> {
  const written = messages.map(({ message, number }) => writeMessage(message, number));
  const changes = fc.array(change, { minLength: 1, maxLength: 4 });
  return fc.tuple(written, changes).map(([written, changes]) => {
    const frames = written.map((frame) => frame.slice());
    for (const { at, to, cut } of changes) {
      const first = frames[0]!;
      if (cut) frames[0] = first.slice(0, at % (first.length + 1));
      else if (first.length > 0) first[at % first.length] = to;
    }
    return frames;
  });
}
