/**
 * A bell by which a process ends its own wait: two sockets of libzmq's within the process.
 *
 * @module
 */

import type { NativeSocket, Settings, SocketKind } from "./native_socket.ts";
import type { Bell } from "./waiter.ts";

/** What a bell is made of: a socket with a descriptor, as libzmq has. */
type Open = (kind: SocketKind, settings: Settings) => NativeSocket & { descriptor: number };

/** Makes one. */
export function makeBell(open: Open): Bell {
  const address = `inproc://${crypto.randomUUID()}`;
  const ear = open("pair", { linger: 0 });
  const rope = open("pair", { linger: 0 });
  ear.bind(address);
  rope.connect(address);
  return {
    descriptor: ear.descriptor,
    ring() {
      // Fails only when a thousand rings have not been heard yet.
      Promise.try(() => rope.send([""])).catch(() => {});
    },
    async silence() {
      while (ear.readable) await ear.receive();
    },
  };
}
