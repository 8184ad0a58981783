/** The points of the plot are kept as they are, and drawn. */

import assert from "node:assert/strict";
import { draw } from "../../bench/scaling/draw.ts";
import { type Point, readPoints, writePoints } from "../../bench/scaling/points.ts";
import { stepsOf } from "../../bench/scaling/series.ts";

const POINTS: Point[] = [
  { panel: "tasks", series: "map, 2 workers", count: 10, microseconds: 123.4 },
  { panel: "tasks", series: "map, 2 workers", count: 10_000_000, microseconds: 0.4567 },
  { panel: "workers", series: "real & many", count: 2, microseconds: 1e-7 },
  { panel: "workers", series: "the broker, simulated workers", count: 64, microseconds: 50 },
  { panel: "brokers", series: "the brokers, simulated workers", count: 16, microseconds: 60 },
];

Deno.test("bench: points are read as they were written", () => {
  assert.deepEqual(readPoints(writePoints(POINTS, "made up")), {
    points: POINTS,
    about: "made up",
  });
  assert.throws(() => readPoints("# about\nx,y\n"), /expected panel,series/);
  assert.throws(() => readPoints(writePoints(POINTS, "") + "tasks,map,1,2\n"), /no point: tasks/);
});

Deno.test("bench: every series is drawn and named, simulated ones with dashes", () => {
  const svg = draw(POINTS, "on <some> machine");
  assert.match(svg, /^<svg xmlns=/);
  assert.match(svg, />real &amp; many</);
  assert.match(svg, />on &lt;some> machine</);
  const lines = svg.match(/<path [^>]*d="M[^"]*"[^>]*>|<line [^>]*stroke-dasharray="5 4"/g)!;
  assert.ok(lines.length > 4);
  assert.equal(svg.match(/<line [^>]*stroke-dasharray="5 4"/g)!.length, 2);
  assert.doesNotMatch(svg, /NaN|undefined|&nbsp;/);
});

Deno.test("bench: the plot goes as far as it says", () => {
  const names = stepsOf(false).map(({ name }) => name);
  for (const name of ["map", "64 simulated workers", "16 brokers with simulated workers"]) {
    assert.ok(names.includes(name), name);
  }
  assert.ok(stepsOf(true).length < names.length);
});
