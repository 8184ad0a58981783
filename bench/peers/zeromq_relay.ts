/**
 * What a broker would be if it only passed bundles on: in turn to each worker, and their results
 * to the origin. It takes the broker's arguments.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { eachMessage } from "../../wire/batch.ts";
import { writeMessage } from "../../wire/messages.ts";
import { listen, openRouter, type Parts } from "./zeromq_socket.ts";

const WELCOME = writeMessage({
  type: "welcome",
  instance: "1",
  broker: "relay",
  received: 0,
  size: 1,
  demand: 0,
  program: "",
  modules: [],
  tallyMs: 0,
  watched: false,
});

/** Somebody who has said hello. */
interface Peer {
  readonly identity: Uint8Array;
  /** Numbered messages sent to it. */
  sent: number;
}

const decoder = new TextDecoder();

/** Where a header's number stands: after one byte of the list, and the type, a short text. */
function numberAt(header: Uint8Array): number {
  return 2 + (header[1]! & 0x1f);
}

function typeOf(header: Uint8Array): string {
  return decoder.decode(header.subarray(2, numberAt(header)));
}

/** Bytes of an unsigned integer in MessagePack that does not stand in its first one. */
const LENGTHS: Readonly<Record<number, number>> = { 0xcc: 2, 0xcd: 3, 0xce: 5, 0xcf: 9 };

/** The same header with the number that comes next at the receiver's, in four bytes. */
function numbered(header: Uint8Array, number: number): Uint8Array {
  const at = numberAt(header);
  const rest = header.subarray(at + (LENGTHS[header[at]!] ?? 1));
  const copy = new Uint8Array(at + 5 + rest.length);
  copy.set(header.subarray(0, at));
  copy[at] = 0xce;
  new DataView(copy.buffer).setUint32(at + 1, number);
  copy.set(rest, at + 5);
  return copy;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { address: { type: "string" }, "meta-address": { type: "string" } },
  });
  const router = await openRouter(values.address!);
  const peers = new Map<string, Peer>();
  let workers: Peer[] = [];
  let next = 0;
  const pass = (to: Peer, header: Uint8Array, payload: Parts) => {
    router.send([to.identity, numbered(header, ++to.sent), ...payload]);
  };
  const take = (sender: Uint8Array, [first, ...payload]: Parts) => {
    const header = first!;
    const name = decoder.decode(sender);
    switch (typeOf(header)) {
      case "bundle":
        return pass(workers[next++ % workers.length]!, header, payload);
      case "result":
        return pass(peers.get("origin")!, header, payload);
      case "hello":
        // Whoever had to wait for the first answer has said it again.
        if (peers.has(name)) return;
        peers.set(name, { identity: sender!, sent: 0 });
        workers = [...peers].filter(([name]) => name !== "origin").map(([, peer]) => peer);
        return void router.send([sender!, ...WELCOME]);
      case "goodbye":
        if (name === "origin") Deno.exit(0);
    }
    // All else is credit, and where sessions stand.
  };
  await listen(router, ([sender, ...rest]: Parts) => {
    eachMessage(rest, (message) => take(sender!, message));
  });
}
