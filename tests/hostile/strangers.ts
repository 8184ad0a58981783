/** Who speaks no ZeroMQ, or has no keys: any bytes, and all that begins as it should and goes wrong. */

import fc from "../fast_check.ts";

/** Milliseconds that a stranger waits for an answer before it leaves. */
const PATIENCE = 20;

/** A greeting of ZMTP 3, for a mechanism of security. */
function greeting(mechanism: string): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3]);
  bytes.set(new TextEncoder().encode(mechanism), 12);
  return bytes;
}

/** A command of ZMTP, of a name and any rest. */
function command(name: string, rest: Uint8Array): Uint8Array {
  const length = 1 + name.length + rest.length;
  return new Uint8Array([4, length, name.length, ...new TextEncoder().encode(name), ...rest]);
}

const bytes = fc.uint8Array({ maxLength: 120 });

const handshake = fc.tuple(
  fc.constantFrom("NULL", "CURVE", "PLAIN", "GSSAPI", ""),
  fc.array(
    fc.tuple(fc.constantFrom("READY", "HELLO", "INITIATE", "ERROR", "PING", "SUBSCRIBE"), bytes),
    { maxLength: 3 },
  ),
  bytes,
).map(([mechanism, commands, rest]) => [
  greeting(mechanism),
  ...commands.map(([name, body]) => command(name, body)),
  rest,
]);

/** A frame that claims a length, up to 4 exbibytes, and does not have it. */
const claims = fc.tuple(fc.constantFrom(0, 1, 2, 3, 6), bytes).map(([flags, rest]) => [
  greeting("NULL"),
  command("READY", new Uint8Array()),
  new Uint8Array([flags, 0x40, 0, 0, 0, 0, 0, 0, 0]),
  rest,
]);

const http = fc.constant([
  new TextEncoder().encode("GET / HTTP/1.1\r\nHost: broker\r\n\r\n".repeat(4)),
]);

/** What a stranger sends, piece by piece. */
const speech = fc.oneof(
  { weight: 3, arbitrary: fc.array(bytes, { maxLength: 4 }) },
  { weight: 6, arbitrary: handshake },
  { weight: 2, arbitrary: claims },
  { weight: 1, arbitrary: http },
);

async function connect(address: string): Promise<Deno.Conn> {
  const path = /^ipc:\/\/(.*)$/.exec(address)?.[1];
  if (path !== undefined) return await Deno.connect({ transport: "unix", path });
  const [, hostname, port] = /\/\/(.*):(\d+)$/.exec(address)!;
  return await Deno.connect({ hostname: hostname!, port: Number(port) });
}

/** Whoever listens may hang up at any time. */
async function speak(connection: Deno.Conn, pieces: readonly Uint8Array[]): Promise<void> {
  try {
    for (const piece of pieces) await connection.write(piece);
    const answer = connection.read(new Uint8Array(4096)).catch(() => null);
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([answer, new Promise((resolve) => timer = setTimeout(resolve, PATIENCE))]);
    clearTimeout(timer);
  } catch {
    // It has hung up.
  } finally {
    connection.close();
  }
}

/** `count` strangers come to an address, one after the other, the same for the same seed. */
export async function strangers(address: string, count: number, seed: number): Promise<void> {
  for (const pieces of fc.sample(speech, { numRuns: count, seed })) {
    await speak(await connect(address), pieces);
  }
}
