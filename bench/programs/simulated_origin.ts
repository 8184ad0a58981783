/**
 * An origin that is nothing but a connection, and sends bundles of one no-op each.
 *
 * @module
 */

import { decodeEach, encodeEach } from "../../wire/codec.ts";
import type { ResultMessage } from "../../wire/messages.ts";
import { bundleMessage, type Client, connect } from "./simulated.ts";

/** Sends so many bundles, and waits for all results. */
export type SendAll = (bundles: number) => Promise<{ right: boolean; seconds: number }>;

/**
 * An origin, and what makes it send.
 *
 * @param underWay bundles that it has under way
 */
export function connectOrigin(
  address: string,
  underWay: number,
): { client: Client; sendAll: SendAll } {
  let onResult: (message: ResultMessage) => void = () => {};
  const client = connect(address, "origin", true, (message) => {
    if (message.type === "result") onResult(message);
  });
  const sendAll: SendAll = (bundles) => {
    const start = performance.now();
    const { promise, resolve } = Promise.withResolvers<{ right: boolean; seconds: number }>();
    const seen = new Uint8Array(bundles);
    let sent = 0;
    let back = 0;
    let right = true;
    const send = () => {
      client.say(bundleMessage("origin", sent, 1, encodeEach([[sent]])));
      sent++;
    };
    onResult = ({ result: { id }, payload }) => {
      const [[value]] = decodeEach(payload.body) as [[number]];
      right &&= value === id && seen[id]!++ === 0;
      if (sent < bundles) send();
      if (++back === bundles) resolve({ right, seconds: (performance.now() - start) / 1000 });
    };
    while (sent < Math.min(underWay, bundles)) send();
    return promise;
  };
  return { client, sendAll };
}
