/**
 * How the cost of a task grows with tasks, workers and brokers: `deno task bench:scaling`.
 *
 * Measures, keeps the figures in docs/pictures/scaling.csv and draws docs/pictures/scaling.svg.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { describeMachine } from "../machine.ts";
import { endRunning } from "../process.ts";
import { draw } from "./draw.ts";
import { type Point, readPoints, writePoints } from "./points.ts";
import { stepsOf } from "./series.ts";

const HELP = `Usage: deno task bench:scaling [options]

Measures how the cost of a task grows with the number of tasks, workers and brokers, and draws it.

Options:
  --quick       fewer and smaller sizes, in less than a minute
  --out FOLDER  where to write scaling.csv and scaling.svg (default: docs/pictures)
  --draw        draw scaling.csv again, and measure nothing
  -h, --help    show this help
`;

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      out: { type: "string" },
      draw: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    Deno.exit(0);
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => endRunning().finally(() => Deno.exit(130)));
  }
  const folder = values.out === undefined
    ? new URL("../../docs/pictures/", import.meta.url)
    : new URL(`${values.out}/`, `file://${Deno.cwd()}/`);
  const figures = new URL("scaling.csv", folder);
  if (!values.draw) await Deno.writeTextFile(figures, await measureAll(values.quick));
  const { points, about } = readPoints(await Deno.readTextFile(figures));
  await Deno.writeTextFile(new URL("scaling.svg", folder), draw(points, about));
}

/** Takes all steps, and returns the figures as they are kept. What fails is told and left out. */
async function measureAll(quick: boolean): Promise<string> {
  const { cores, model, deno, load } = await describeMachine();
  const start = performance.now();
  const points: Point[] = [];
  for (const { panel, series, name, measure } of stepsOf(quick)) {
    try {
      // Once more when it fails: one point that is missing would spoil the whole line.
      for (const measured of await measure().catch(measure)) {
        points.push({ panel, series, ...measured });
        const { count, microseconds } = measured;
        console.log(`${panel} ${count}, ${series}: ${microseconds.toPrecision(3)} µs`);
      }
    } catch (error) {
      console.error(`${name}, ${series}: left out, ${(error as Error).message}`);
    }
  }
  console.log(`took ${Math.round((performance.now() - start) / 1000)} s`);
  const busy = load === "" ? "" : `, load ${load} before`;
  const date = new Date().toISOString().slice(0, 10);
  return writePoints(
    points,
    `${date}, ${cores} x ${model}, Deno ${deno}${busy}. Dashed: processor time of real brokers, with ` +
      `workers that only answer. All else: real processes, from begin to end.`,
  );
}
