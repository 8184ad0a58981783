/** Messages as workers send them, with only what matters said. */

import { encodeEach } from "../../wire/codec.ts";
import { PROTOCOL } from "../../wire/messages.ts";
import type {
  BundleHeader,
  BundleMessage,
  Hello,
  Message,
  Peer,
  ResultMessage,
} from "../../wire/messages.ts";

/** Of a worker, or of the origin if it is called so. */
export function hello(name: string, changes: Partial<Hello> = {}): Hello {
  return {
    ...{ type: "hello", protocol: PROTOCOL, name, origin: name === "origin", key: "" },
    ...{ pid: 1, host: "here", session: `session of ${name}`, received: 0 },
    ...changes,
  };
}

/** Of a broker that would borrow. */
export function peer(name: string, changes: Partial<Peer> = {}): Peer {
  const session = `session of ${name}`;
  return { type: "peer", protocol: PROTOCOL, name, key: "", session, received: 0, ...changes };
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
    parent: "",
    ...changes,
  };
  const args = Array.from({ length: header.count }, (_, i) => [id * 100 + header.base + i]);
  return { type: "bundle", bundle: header, payload: encodeEach(args) };
}

/** Of tasks `base` to `base + count - 1` of a bundle; task i of bundle n has the outcome 100 n + i. */
export function result(id: number, base = 0, count = 1, owner = "origin"): ResultMessage {
  const values = Array.from({ length: count }, (_, i) => id * 100 + base + i);
  return {
    type: "result",
    result: { owner, id, base, count, elapsed: 1, failed: [] },
    payload: encodeEach(values),
  };
}

export const credit = (bundles: number, idle = true, ahead = 0): Message => ({
  type: "credit",
  bundles,
  ahead,
  idle,
});

export const started = (id: number, base = 0, owner = "origin", count = 1): Message => ({
  type: "started",
  owner,
  id,
  base,
  count,
});

export const cancel = (id: number, index = 0, owner = "origin"): Message => ({
  type: "cancel",
  owner,
  id,
  index,
});

export const giveBack = (id: number, base = 0, count = 1, owner = "origin"): Message => ({
  type: "giveBack",
  owner,
  id,
  base,
  count,
});
