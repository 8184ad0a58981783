/** Messages as workers send them, with only what matters said. */

import { encodeEach } from "../../wire/codec.ts";
import { PROTOCOL } from "../../wire/messages.ts";
import type { BundleHeader, BundleMessage, Message, ResultMessage } from "../../wire/messages.ts";

/** Of a worker, or of the origin if it is called so. */
export function hello(name: string, key = ""): Message {
  const origin = name === "origin";
  return { type: "hello", protocol: PROTOCOL, name, origin, key, pid: 1, host: "here" };
}

/** The origin's, of one task unless told otherwise; task i of bundle n has the argument 100 n + i. */
export function bundle(id: number, changes: Partial<BundleHeader> = {}): BundleMessage {
  const header: BundleHeader = {
    owner: "origin",
    id,
    base: 0,
    count: 1,
    fn: { kind: "builtin", name: "Math.sqrt" },
    label: "Math.sqrt",
    attempt: 0,
    retries: 2,
    priority: 0,
    timeout: 0,
    estimate: 0,
    needs: [],
    ...changes,
  };
  const args = Array.from({ length: header.count }, (_, i) => [id * 100 + i]);
  return { type: "bundle", bundle: header, payload: encodeEach(args) };
}

/** Of tasks `base` to `base + count - 1` of a bundle. */
export function result(id: number, base = 0, count = 1, owner = "origin"): ResultMessage {
  return {
    type: "result",
    result: { owner, id, base, count, elapsed: 1, failed: [] },
    payload: encodeEach(new Array(count).fill(id)),
  };
}

export const credit = (bundles: number, idle = true): Message => ({
  type: "credit",
  bundles,
  idle,
});
