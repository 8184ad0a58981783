import assert from "node:assert/strict";
import {
  amountInWords,
  bytesInWords,
  clockInWords,
  countInWords,
  plural,
  timeInWords,
} from "../../telemetry/words.ts";

function check(inWords: (value: number) => string, expected: [number, string][]): void {
  for (const [value, text] of expected) assert.equal(inWords(value), text, `${value}`);
}

Deno.test("words: counts and amounts", () => {
  check(countInWords, [[0, "0"], [999, "999"], [12345, "12,345"], [1.6, "2"], [
    2e9,
    "2,000,000,000",
  ]]);
  check(amountInWords, [
    ...[[0, "0"], [0.04, "0.04"], [0.42, "0.4"], [0.099, "0.1"], [9.94, "9.9"]] as const,
    ...[[9.96, "10"], [17.4, "17"], [3100.2, "3,100"]] as const,
  ] as [number, string][]);
  assert.deepEqual([plural(1, "task"), plural(2000, "task"), plural(0, "task")], [
    ...["1 task", "2,000 tasks", "0 tasks"],
  ]);
  assert.equal(plural(2, "loss", "losses"), "2 losses");
});

Deno.test("words: times", () => {
  const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
  check(timeInWords, [
    [0, "0 ms"],
    [0.1234, "0.12 ms"],
    [9.94, "9.9 ms"],
    [9.96, "10 ms"],
    [850.4, "850 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [12.3 * second, "12.3 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min"],
    [4 * minute + 10 * second, "4 min 10 s"],
    [hour - 400, "1 h"],
    [2 * hour + 5 * minute + 20 * second, "2 h 5 min"],
    [3 * day + 4 * hour, "3 d 4 h"],
    [3 * day + 4 * minute, "3 d"],
  ]);
  check(clockInWords, [
    [-5, "0:00"],
    [42 * second, "0:42"],
    [59_600, "1:00"],
    [62 * minute + 3 * second, "1:02:03"],
    [100 * hour, "100:00:00"],
  ]);
});

Deno.test("words: sizes", () => {
  check(bytesInWords, [
    [0, "0 bytes"],
    [512, "512 bytes"],
    [999, "999 bytes"],
    [1000, "1.00 kB"],
    [1234, "1.23 kB"],
    [999_400, "999 kB"],
    [999_600, "1.00 MB"],
    [12.34e9, "12.3 GB"],
    [5e15, "5.00 PB"],
  ]);
});
