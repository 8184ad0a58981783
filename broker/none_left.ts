/**
 * Stands where a broker was when no other is left, and says so to whoever introduces itself.
 *
 * Without it the origin would try one address after the other for seconds, since one at which nobody
 * listens is not told apart from one that is slow: programs heard of it after 13 to 18 s.
 *
 * @module
 */

import type { RunKeys } from "../wire/keys.ts";
import { readMessage, writeMessage } from "../wire/messages.ts";
import type { Numbered } from "../wire/messages.ts";
import { loadSockets, RouterSocket } from "../wire/socket.ts";
import { getLogger } from "../telemetry/logging.ts";
import { admit } from "./admit.ts";

/**
 * Listens at the lost broker's address.
 *
 * @param address its task address
 * @param keys the run's, if it has any
 * @returns ends it
 * @throws {Error} when the address cannot be bound
 */
export async function tellNoneLeft(
  address: string,
  keys: RunKeys | undefined,
): Promise<() => Promise<void>> {
  await loadSockets();
  const admission = keys && await admit(keys, getLogger("broker"));
  const router = new RouterSocket({
    ...admission?.options,
    onMessage(identity, frames) {
      const answer = answerTo(frames);
      if (answer !== undefined) router.send(identity, answer);
    },
  });
  const end = async () => {
    await router.close();
    await admission?.end();
  };
  try {
    await router.bind(address);
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}

/** What somebody is told who says this; nothing but to a hello, of which there is one for a session. */
function answerTo(frames: Uint8Array[]): Uint8Array[] | undefined {
  let numbered: Numbered;
  try {
    numbered = readMessage(frames);
  } catch {
    return undefined;
  }
  if (numbered.message.type !== "hello") return undefined;
  return writeMessage({ type: "noneLeft", session: numbered.message.session });
}
