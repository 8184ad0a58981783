/**
 * What a broker would be if it only passed bundles on: in turn to each worker, and their results
 * to the origin. It takes the broker's arguments.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { writeMessage } from "../../wire/messages.ts";
import { listen, openRouter, type Parts } from "./zeromq_socket.ts";

const WELCOME = writeMessage({
  type: "welcome",
  broker: "relay",
  size: 1,
  demand: 0,
  program: "",
  modules: [],
});

if (import.meta.main) {
  const { values } = parseArgs({
    options: { address: { type: "string" }, "meta-address": { type: "string" } },
  });
  const router = await openRouter(values.address!);
  const decoder = new TextDecoder();
  const workers = new Map<string, Uint8Array>();
  let turns: Uint8Array[] = [];
  let origin: Uint8Array | undefined;
  let next = 0;
  await listen(router, ([sender, header, ...payload]: Parts) => {
    const name = decoder.decode(sender);
    const isOrigin = name === "origin";
    if (payload.length > 0) {
      const to = isOrigin ? turns[next++ % turns.length]! : origin!;
      router.send([to, header!, ...payload]);
    } else if (isOrigin ? origin === undefined : !workers.has(name)) {
      if (isOrigin) origin = sender;
      else turns = [...workers.set(name, sender!).values()];
      router.send([sender!, ...WELCOME]);
    } else if (isOrigin) {
      // It has said hello before, so this is its goodbye. All else is credit.
      Deno.exit(0);
    }
  });
}
