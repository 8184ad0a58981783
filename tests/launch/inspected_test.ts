import assert from "node:assert/strict";
import { inspectFlags, readInspected } from "../../launch/deno_flags.ts";
import type { DenoFlags } from "../../launch/deno_flags.ts";
import { checkInspected } from "../../launch/inspected.ts";

const PROCESSES = [
  { name: "origin", host: "a" },
  { name: "worker-1", host: "a" },
  { name: "worker-2", host: "b" },
];

function check(...texts: string[]): void {
  const inspected = texts.map((text) => readInspected("inspect", text)!);
  checkInspected(inspected, PROCESSES, () => false);
}

Deno.test("inspect: what the run has can be inspected, each once and at its own address", () => {
  check("", "worker-1", "worker-2");
  // On two hosts, or wherever there is a port.
  check(":9000", "worker-2@:9000");
  check(":0", "worker-1@:0");
  assert.throws(() => check("worker-3"), /no worker-3 in this run .*only origin to worker-2/);
  assert.throws(() => check("", ":9300"), /origin is named twice/);
  assert.throws(
    () => check(":9000", "worker-1@:9000"),
    /origin and worker-1 cannot both .*--inspect=worker-1@127\.0\.0\.1:9001$/,
  );
});

Deno.test("inspect: an address that is taken is told", () => {
  using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = server.addr as Deno.NetAddr;
  assert.throws(
    () => checkInspected([readInspected("inspect-brk", `:${port}`)!], PROCESSES, () => true),
    { name: "UsageError", message: /^origin cannot listen at .*--inspect-brk=origin@127\.0/ },
  );
});

Deno.test("inspect: only the named process gets the flag, and who takes its place", () => {
  const inspect = [readInspected("inspect", "worker-1")!, readInspected("inspect-brk", "")!];
  const flags = (name: string) => inspectFlags({ inspect } as unknown as DenoFlags, name);
  assert.deepEqual(flags("worker-1"), ["--inspect=127.0.0.1:9230"]);
  assert.deepEqual(flags("worker-1.3"), ["--inspect=127.0.0.1:9230"]);
  assert.deepEqual(flags("origin"), ["--inspect-brk=127.0.0.1:9229"]);
  assert.deepEqual([...flags("worker-11"), ...flags("broker")], []);
});
