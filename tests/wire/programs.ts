/**
 * Programs with sockets, for tests that need processes of their own.
 *
 * @module
 */

import assert from "node:assert/strict";

const IMPORT = `import * as wire from ${
  JSON.stringify(import.meta.resolve("../../wire/socket.ts"))
};
const address = Deno.args[0];
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
`;

/** Starts a program that is given as text; its sockets are in `wire`, its argument is `address`. */
export async function start(
  source: string,
  address: string,
  flags = ["-A"],
): Promise<Deno.ChildProcess> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-config", "--quiet", ...flags, "-", address],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(IMPORT + source));
  await writer.close();
  return process;
}

/** Resolves when the condition holds; fails after ten seconds. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    assert.ok(performance.now() < end, `waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Resolves after so long. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** An address that nothing listens on, for each way to reach a process of this host. */
export async function freeAddresses(): Promise<{ tcp: string; ipc: string }> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const folder = await Deno.makeTempDir({ prefix: "scoop-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  return { tcp: `tcp://127.0.0.1:${port}`, ipc: `ipc://${folder}/task` };
}
