/**
 * Every example as a user runs it, at a small size, on two workers; `examples_long_test.ts` compares
 * that with other numbers of workers.
 */

import assert from "node:assert/strict";
import { countHits } from "../examples/pi_calc.ts";
import { runAlone, runProgram } from "./launch_program.ts";
import type { RunProgramOptions } from "./launch_program.ts";

/** What an example prints on two workers; it has to end well and say nothing on stderr. */
async function linesOf(
  name: string,
  args: (string | number)[],
  options: RunProgramOptions = {},
): Promise<string[]> {
  const program = `examples/${name}.ts`;
  const run = await runProgram(program, { ...options, workers: 2, args: args.map(String) });
  assert.deepEqual({ code: run.code, stderr: run.stderr }, { code: 0, stderr: "" });
  return run.stdout.trimEnd().split("\n");
}

Deno.test("pi_calc", async () => {
  const lines = await linesOf("pi_calc", [20, 2000]);
  let hits = 0;
  for (let seed = 0; seed < 20; seed++) hits += countHits(seed, 2000);
  assert.deepEqual(lines, [`pi = ${4 * hits / 40_000}`]);
  assert(Math.abs(4 * hits / 40_000 - Math.PI) < 0.05);
});

Deno.test("full_tree", async () => {
  let sum = 0;
  for (let a = 1; a <= 6; a++) {
    for (let b = 1; b <= a; b++) for (let c = 1; c <= b; c++) sum += c * c;
  }
  assert.deepEqual(await linesOf("full_tree", [6]), [String(sum)]);
});

Deno.test("map_as_completed", async () => {
  const lines = await linesOf("map_as_completed", [2047, 1_000_003, 9409, 8]);
  const expected = ["1000003 is prime", "2047 = 23 × 89", "8 = 2 × 4", "9409 = 97 × 97"];
  assert.deepEqual(lines.toSorted(), expected);
});

Deno.test("as_completed", async () => {
  const lines = await linesOf("as_completed", [1000]);
  assert.deepEqual(lines, ["below 1000, 871 has the longest chain: 179 numbers"]);
});

Deno.test("callback", async () => {
  assert.deepEqual(await linesOf("callback", [100, 10, 0]), [
    "1 of 3 done",
    "2 of 3 done",
    "3 of 3 done",
    "the digits of 100! add up to 648",
    "the digits of 10! add up to 27",
    "the digits of 0! add up to 1",
  ]);
});

Deno.test("exceptions", async () => {
  const lines = await linesOf("exceptions", []);
  const where = lines.splice(3, 1)[0]!;
  assert.match(where, /^in task invert\(.*\) (?:\[index \d+\] )?on worker (origin|worker-\d)$/);
  assert.deepEqual(lines, [
    "result: 0.25",
    "result: 0.5",
    "caught RangeError: 0 has no inverse; its cause: { n: 0 }",
    "result: 1",
    "exception of invert(0): RangeError: 0 has no inverse",
    "exception of invert(1): undefined",
    "cancelled: true",
    "caught CancelledError: invert was cancelled",
    "caught TimeoutError: sleep ran longer than its timeout of 50 ms",
    "caught TimeoutError: sleep took longer than 50 ms",
    "with more patience: slept well",
  ]);
});

Deno.test("map_reduce", async () => {
  const text = await Deno.readTextFile(new URL("../examples/data/house.txt", import.meta.url));
  const lines = await linesOf("map_reduce", []);
  assert.equal(lines.length, 10);
  for (const line of lines) {
    const [, count, word] = /^ +(\d+) (\w+)$/.exec(line)!;
    assert.equal(text.match(new RegExp(`\\b${word}\\b`, "gi"))!.length, Number(count), word);
  }
  assert.match(lines[0]!, /the$/);
});

Deno.test("map_reduce of a file that only the origin can read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/story.txt`, "one two\ntwo three three\nthree\n");
    const { stdout } = await runProgram("examples/map_reduce.ts", {
      workers: 2,
      flags: [`--allow-read=${folder}`],
      args: [`${folder}/story.txt`],
    });
    assert.equal(stdout, "    3 three\n    2 two\n    1 one\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("map_scan", async () => {
  const known = [25, 46, 62, 78, 95, 109, 125, 139, 154, 168];
  const expected = known.map((primes, i) => `${primes} primes below ${(i + 1) * 100}`);
  assert.deepEqual(await linesOf("map_scan", [10, 100]), expected);
});

Deno.test("shared_constants", async () => {
  // An arc of one degree is 111.19 km long: 6371 × π / 180.
  assert.deepEqual(
    await linesOf("shared_constants", ["52.52,13.4", "29.04,31.24", "-2.29,36.82"]),
    [
      "52.52,13.4: Berlin, 0 km",
      "29.04,31.24: Cairo, 111 km",
      "-2.29,36.82: Nairobi, 111 km",
    ],
  );
});

Deno.test("fib", async () => {
  assert.deepEqual(await linesOf("fib", [12]), ["fib(12) = 144"]);
});

Deno.test("merge_sort", async () => {
  const [first, second] = await linesOf("merge_sort", [5001, 500]);
  assert.equal(first, "5001 numbers, in order");
  const numbers = Array.from({ length: 5001 }, (_, i) => (i * 1.618033988749895) % 1);
  numbers.sort((a, b) => a - b);
  const [least, median, greatest] = [0, 2500, 5000].map((i) => numbers[i]);
  assert.equal(second, `least ${least}, median ${median}, greatest ${greatest}`);
});

Deno.test("url_fetch, which may reach this machine and no other", async () => {
  const lines = await linesOf("url_fetch", [], { flags: ["--allow-net=127.0.0.1"] });
  const expected = [1, 2, 3, 4, 5, 6, 7, 8].map((n) =>
    n === 7 ? `/7: 404 "" (12 bytes)` : `/${n}: 200 "Page ${n}" (1121 bytes)`
  );
  assert.deepEqual(lines, expected);
});

Deno.test("one_max", async () => {
  const lines = await linesOf("one_max", [40, 60, 24]);
  assert.match(lines[0]!, /^generation 0: 1\d of 24$/);
  assert.match(lines.at(-1)!, /^generation \d+: 24 of 24$/);
});

Deno.test("startup, launched", async () => {
  const lines = await linesOf("startup", [10]);
  assert.deepEqual(lines, ["sum of the cubes of 1 to 10: 3025", "launched with workers"]);
});

Deno.test("startup, by hand", async () => {
  const [address, meta] = freeAddresses();
  const env = { BROKER_ADDRESS: address, META_ADDRESS: meta };
  const joined = Promise.withResolvers<void>();
  const broker = runAlone("broker/main.ts", {
    env,
    args: ["-v"],
    onStderr: (text) => void (text.includes("by-hand") && joined.resolve()),
  });
  const worker = runAlone("examples/startup.ts", {
    env: { ...env, IS_ORIGIN: "0", WORKER_NAME: "by-hand" },
  });
  // An origin that is quick would be done before the worker is there.
  await Promise.race([joined.promise, broker, worker]);
  const origin = await runAlone("examples/startup.ts", { env: { ...env, IS_ORIGIN: "1" } });
  const stdout = "sum of the cubes of 1 to 100: 25502500\nlaunched with workers\n";
  assert.deepEqual(origin, { code: 0, stdout, stderr: "" });
  assert.deepEqual(await worker, { code: 0, stdout: "", stderr: "" });
  assert.equal((await broker).code, 0);
});

/** Two addresses on this machine that nobody listens at. */
function freeAddresses(): [string, string] {
  const listeners = [0, 0].map((port) => Deno.listen({ hostname: "127.0.0.1", port }));
  const addresses = listeners.map(({ addr }) => `tcp://127.0.0.1:${(addr as Deno.NetAddr).port}`);
  for (const listener of listeners) listener.close();
  return addresses as [string, string];
}

Deno.test("data_in_module", async () => {
  const sums = Array.from({ length: 30 }, (_, row) => {
    let sum = 0;
    for (let i = row * 20; i < (row + 1) * 20; i++) sum += (Math.imul(i, 0x9e3779b1) >>> 8) % 1000;
    return sum;
  });
  const greatest = Math.max(...sums);
  assert.deepEqual(await linesOf("data_in_module", [30, 20]), [
    `the sum of all rows is ${sums.reduce((a, b) => a + b)}`,
    `row ${sums.indexOf(greatest)} has the greatest: ${greatest}`,
  ]);
});

Deno.test("examples run without the command as well, and say how to launch them", async () => {
  const expected: [name: string, args: string[], stdout: string][] = [
    ["full_tree", ["4"], "77\n"],
    ["startup", ["10"], "sum of the cubes of 1 to 10: 3025\nrun by itself\n"],
    ["merge_sort", ["1", "1"], "1 numbers, in order\nleast 0, median 0, greatest 0\n"],
  ];
  for (const [name, args, stdout] of expected) {
    const run = await runAlone(`examples/${name}.ts`, { args });
    assert.deepEqual({ code: run.code, stdout: run.stdout }, { code: 0, stdout });
    assert.match(
      run.stderr,
      new RegExp(`^scoop: .* deno run -A \\S*cli.ts -n \\d+ \\S*${name}.ts\n$`),
    );
  }
});
