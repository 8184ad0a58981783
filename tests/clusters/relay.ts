/**
 * `deno run -A relay.ts MS ONE OTHER`: makes two network devices, and carries every frame from one
 * to the other, and back, after so many milliseconds. Says "ready" when they are there; they are
 * gone when its standard input ends. Linux, root.
 *
 * @module
 */

const libc = Deno.dlopen("libc.so.6", {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize", nonblocking: true },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
}).symbols;

const READ_AND_WRITE = 2;
const TUNSETIFF = 0x400454can;
/** Frames as they are on the wire, and nothing before them. */
const FLAGS = 0x0002 | 0x1000;
const LONGEST = 65_536;

/** The descriptor of a new device. */
function makeDevice(name: string): number {
  const text = new TextEncoder();
  const fd = libc.open(text.encode("/dev/net/tun\0"), READ_AND_WRITE);
  const request = new Uint8Array(40);
  request.set(text.encode(name));
  new DataView(request.buffer).setUint16(16, FLAGS, true);
  if (fd < 0 || libc.ioctl(fd, TUNSETIFF, request) < 0) throw new Error(`no device ${name}`);
  return fd;
}

/** Carries frames one way, in order, each held for so long. */
async function carry(from: number, to: number, holdMs: number): Promise<void> {
  const held: { readonly at: number; readonly frame: Uint8Array<ArrayBuffer> }[] = [];
  const release = () => {
    const now = performance.now();
    while (held.length > 0 && held[0]!.at <= now) {
      const { frame } = held.shift()!;
      // What the other side does not take is lost, as on any wire.
      libc.write(to, frame, BigInt(frame.length));
    }
    if (held.length > 0) setTimeout(release, held[0]!.at - now);
  };
  const buffer = new Uint8Array(LONGEST);
  for (;;) {
    const length = Number(await libc.read(from, buffer, BigInt(LONGEST)));
    // The device is not up yet.
    if (length < 0) await new Promise((resolve) => setTimeout(resolve, 5));
    else {
      held.push({ at: performance.now() + holdMs, frame: buffer.slice(0, length) });
      if (held.length === 1) setTimeout(release, holdMs);
    }
  }
}

const [holdMs, one, other] = Deno.args;
const [a, b] = [makeDevice(one!), makeDevice(other!)];
void carry(a, b, Number(holdMs));
void carry(b, a, Number(holdMs));
console.log("ready");
for await (const _ of Deno.stdin.readable);
Deno.exit();
