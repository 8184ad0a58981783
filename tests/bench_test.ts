/**
 * The bench runs, and what it measures are right results.
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../bench/main.ts", import.meta.url));
const ROW = "no-op map 100,000";

async function bench(...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, ...args],
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("bench: a row of our own", async () => {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const args = ["--quick", "--only", ROW, "--ours", "--json", file];
    const { code, stdout, stderr } = await bench(...args);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /no-op map 100,000 +tasks\/s +[\d,]+\n/);

    const { rows, contestants, machine, repeat } = JSON.parse(await Deno.readTextFile(file));
    assert.deepEqual(Object.keys(contestants), ["scoop"]);
    assert.equal(machine.deno, Deno.version.deno);
    assert.equal(rows.length, 1);
    assert.equal(rows[0].name, ROW);
    const { median, runs, right } = rows[0].figures.scoop;
    assert.equal(right, true);
    assert.equal(runs.length, repeat);
    assert.ok(median > 0 && median >= Math.min(...runs) && median <= Math.max(...runs));
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("bench: mistakes on the command line", async () => {
  const cases = [
    { args: ["--only", "no such row"], says: /no row matches/ },
    { args: ["--repeat", "0"], says: /--repeat must be/ },
    { args: ["--sacle", "1"], says: /Unknown option '--sacle'/ },
  ];
  for (const { args, says } of cases) {
    const { code, stderr } = await bench(...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, says);
  }
});
