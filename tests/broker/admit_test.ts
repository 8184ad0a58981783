import assert from "node:assert/strict";
import { tellOfRefusals } from "../../broker/admit.ts";

/** Refusals at a time that the test sets, and the lines that were logged. */
function watched() {
  const lines: string[] = [];
  const clock = { now: 0 };
  const warning = (text: string, values: Record<string, unknown>) => {
    lines.push(text.replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name])));
  };
  const refusals = tellOfRefusals({ warning: warning as never }, () => clock.now);
  return { lines, clock, refusals };
}

Deno.test("refusals: every reason is told once, the rest is summed up at the end", () => {
  const { lines, refusals } = watched();
  for (const reason of ["a", "b", "a", "a", "b"]) refusals.add(reason);
  assert.deepEqual(lines, ["refused a connection: a", "refused a connection: b"]);
  refusals.end();
  refusals.end();
  assert.deepEqual(lines.slice(2), ["refused 3 more connections, 5 in all"]);
  assert.equal(refusals.count, 5);
});

Deno.test("refusals: nothing happened, nothing is told", () => {
  const { lines, refusals } = watched();
  refusals.end();
  assert.deepEqual([lines, refusals.count], [[], 0]);
});

Deno.test("refusals: a flood that lasts a day leaves few lines", () => {
  const { lines, clock, refusals } = watched();
  const day = 24 * 3600_000;
  for (; clock.now < day; clock.now += 100) refusals.add(`from port ${clock.now}`);
  refusals.end();
  assert.equal(refusals.count, day / 100);
  assert.ok(lines.length < 30, `${lines.length} lines`);
  const summed = lines.map((line) => Number(/refused (\d+) more/.exec(line)?.[1] ?? 1));
  assert.equal(summed.reduce((a, b) => a + b), refusals.count);
});
