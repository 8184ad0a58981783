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

Deno.test("bench: brokers and relays without workers, and programs that are busy", async () => {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const only = "^(broker, 8|late results|program's I/O|memory with .* by 1,000)";
    const args = ["--only", only, "--with", "raw zeromq", "--repeat", "1", "--scale", "0.02"];
    const { code, stdout, stderr } = await bench(...args, "--json", file);
    assert.equal(code, 0, stdout + stderr);

    const { rows } = JSON.parse(await Deno.readTextFile(file));
    const seen = rows.map((row: { name: string; figures: Record<string, { right?: boolean }> }) => [
      row.name,
      ...Object.values(row.figures).map(({ right }) => right),
    ]);
    assert.deepEqual(seen, [
      ["late results, all busy, p50", true, undefined],
      ["late results, all busy, p99, goal 30", true, undefined],
      ["program's I/O late, all busy, p99, goal 15", true, undefined],
      ["memory with 20,000 queued by 1,000", true, undefined],
      ["broker, 8 workers", true, true],
      ["broker, 8 workers, processor time", true, true],
    ]);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("bench: peers under Deno, and rows that they are compared in", async () => {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const only = "^(cold: |20 async naps|16 MB arguments|efficiency, 1 ms tasks, 1 %)";
    const args = ["--only", only, "--with", "Deno Workers", "--repeat", "1", "--scale", "0.02"];
    const { code, stdout, stderr } = await bench(...args, "--json", file);
    assert.equal(code, 0, stdout + stderr);

    const { rows } = JSON.parse(await Deno.readTextFile(file));
    assert.equal(rows.length, 5);
    for (const { name, figures } of rows) {
      const nested = name.includes("nested");
      assert.equal(figures.scoop.right, true, name);
      assert.equal(figures["Deno Workers"].right, nested ? undefined : true, name);
      assert.equal("cannot" in figures["Deno Workers"], nested, name);
    }

    const kept = await bench("--from", file, "--check");
    assert.equal(kept.code, 2);
    assert.match(kept.stderr, /of another size/);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("bench: mistakes on the command line", async () => {
  const cases = [
    { args: ["--only", "no such row"], says: /no row matches/ },
    { args: ["--repeat", "0"], says: /--repeat must be/ },
    { args: ["--write", "--only", "fib"], says: /whole tables/ },
    { args: ["--store", "--scale", "0.1"], says: /usual size/ },
    { args: ["--sacle", "1"], says: /Unknown option '--sacle'/ },
  ];
  for (const { args, says } of cases) {
    const { code, stderr } = await bench(...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, says);
  }
});
