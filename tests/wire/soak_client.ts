/**
 * The clients of the soak test: this process runs some, one after the other. Each opens a task
 * socket and a meta socket, sends messages of many sizes and awaits their echoes, checks that no
 * number is missing on the meta socket, closes both, and prints what it saw as one line of JSON.
 *
 * Arguments: task address, meta address, name of this process, number of clients, messages of each.
 *
 * @module
 */

import { DealerSocket, MetaSubscriber } from "../../wire/socket.ts";

/** What one client saw. */
export interface ClientReport {
  identity: string;
  sent: number;
  /** Messages that came back, and came back as they were sent. */
  echoed: number;
  /** The longest that an echo took, in milliseconds. */
  worstEcho: number;
  /** Numbers that arrived on the meta socket, and how often the next was not the expected one. */
  numbers: number;
  gaps: number;
  /** Milliseconds until both sockets were closed. */
  closing: number;
}

/** Messages under way at any time. */
const WINDOW = 4;

/** A client that waits this long (ms) for an echo reports what it has and goes. */
const GIVE_UP = 20_000;

async function runClient(
  taskAddress: string,
  metaAddress: string,
  identity: string,
  messages: number,
): Promise<ClientReport> {
  const { promise: done, resolve: finish } = Promise.withResolvers<void>();
  const sentAt = new Map<number, { time: number; size: number }>();
  const seen = { sent: 0, echoed: 0, worstEcho: 0, numbers: 0, gaps: 0 };
  let last: number | undefined;

  const meta = new MetaSubscriber({
    topics: ["number"],
    onMessage(_topic, [frame]) {
      const number = view(frame!).getUint32(0);
      if (last !== undefined && number !== last + 1) seen.gaps++;
      last = number;
      seen.numbers++;
    },
  });
  meta.connect(metaAddress);

  const task = new DealerSocket({
    identity,
    onMessage([head, payload]) {
      const number = view(head!).getUint32(0);
      const { time, size } = sentAt.get(number) ?? { time: 0, size: -1 };
      sentAt.delete(number);
      if (payload!.length === size && payload![0] === (number & 255)) seen.echoed++;
      seen.worstEcho = Math.max(seen.worstEcho, performance.now() - time);
      if (seen.sent < messages) send();
      else if (sentAt.size === 0) finish();
    },
  });
  task.connect(taskAddress);

  function send(): void {
    const number = seen.sent++;
    const payload = new Uint8Array(randomSize()).fill(number & 255);
    sentAt.set(number, { time: performance.now(), size: payload.length });
    task.send([numberFrame(number), payload]);
  }

  for (let i = 0; i < Math.min(WINDOW, messages); i++) send();
  const timer = setTimeout(finish, GIVE_UP);
  await done;
  clearTimeout(timer);
  task.send([numberFrame(seen.sent)]);
  const closing = performance.now();
  await Promise.all([task.close(), meta.close()]);
  return { identity, ...seen, closing: performance.now() - closing };
}

/** Mostly small, some of tens of kilobytes, a few up to a megabyte. */
function randomSize(): number {
  const [from, to] = Math.random() < 0.75
    ? [10, 300]
    : Math.random() < 0.9
    ? [1000, 60_000]
    : [100_000, 1_000_000];
  return Math.floor(from! + Math.random() * (to! - from!));
}

function numberFrame(number: number): Uint8Array {
  const frame = new Uint8Array(4);
  view(frame).setUint32(0, number);
  return frame;
}

function view(frame: Uint8Array): DataView {
  return new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
}

if (import.meta.main) {
  const [taskAddress, metaAddress, name, clients, messages] = Deno.args;
  for (let i = 0; i < Number(clients); i++) {
    const report = await runClient(taskAddress!, metaAddress!, `${name}/${i}`, Number(messages));
    console.log(JSON.stringify(report));
  }
  Deno.exit(0);
}
