/**
 * Who may come in: the answers to what libzmq asks (by its ZAP protocol) whenever a peer with a
 * CURVE key connects to a socket of this process.
 *
 * @module
 */

import { type Frames, RouterSocket } from "./socket.ts";

/** Where libzmq asks; one place for all sockets of a process. */
const ADDRESS = "inproc://zeromq.zap.01";

/**
 * Says whether a peer may come in: by its public key (40 characters of Z85), and by the address of
 * its host.
 */
export type Rule = (publicKey: string, host: string) => boolean;

const rules = new Map<string, Rule>();
let desk: Promise<RouterSocket> | undefined;

/**
 * From now on, the sockets of this process that were made with `zapDomain: domain` let in the peers
 * that `admits` says yes to. Without a rule for their domain they let nobody in. As long as there is any rule, neither do sockets with keys but no domain.
 *
 * @returns a function that takes the rule back; until then the process is kept alive
 * @throws {Error} when there is a rule for this domain already
 */
export async function admitPeers(domain: string, admits: Rule): Promise<() => Promise<void>> {
  if (rules.has(domain)) throw new Error(`there is an admission rule for "${domain}" already`);
  rules.set(domain, admits);
  await (desk ??= openDesk());
  return async () => {
    if (rules.get(domain) !== admits) return;
    rules.delete(domain);
    if (rules.size > 0) return;
    const unused = await desk;
    desk = undefined;
    await unused?.close();
  };
}

async function openDesk(): Promise<RouterSocket> {
  const socket = new RouterSocket({
    onMessage: (asker, frames) => socket.send(asker, answer(frames)),
  });
  await socket.bind(ADDRESS);
  return socket;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The answer to a request; libzmq made both ends of the form, so only the rule can fail. */
function answer(request: Frames): Frames {
  const [delimiter, version, number, domain, address, _identity, mechanism, key] = request;
  let admitted = false;
  try {
    admitted = decoder.decode(mechanism) === "CURVE" && key?.length === 32 &&
      rules.get(decoder.decode(domain))?.(toZ85(key), decoder.decode(address)) === true;
  } catch {
    // A rule that throws has not said yes.
  }
  const [status, reason] = admitted ? ["200", "OK"] : ["400", "not admitted"];
  const empty = new Uint8Array(0);
  return [
    delimiter!,
    version!,
    number!,
    encoder.encode(status),
    encoder.encode(reason),
    empty,
    empty,
  ];
}

const DIGITS =
  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** Z85: every 4 bytes are 5 digits of base 85. */
function toZ85(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let result = "";
  for (let at = 0; at < bytes.length; at += 4) {
    const value = view.getUint32(at);
    for (let power = 85 ** 4; power >= 1; power /= 85) {
      result += DIGITS[Math.floor(value / power) % 85];
    }
  }
  return result;
}
