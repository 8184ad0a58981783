/** Metrics, read by parsers that are not ours: Prometheus's promtool, and its Python client's. */

import assert from "node:assert/strict";
import { METRICS_TYPE, metricsFormatFor, metricsOf } from "../../telemetry/metrics.ts";
import { RunModel } from "../../telemetry/run_model.ts";
import { BEGIN, many, modelOf } from "./made_runs.ts";

/** Names that may break whatever is not escaped. */
const HOSTILE = 'a"b\\c\nd{e="f"} 1\n# EOF\u{1f600}\ud800';

const full = modelOf({
  workers: 3,
  rounds: [{
    tasks: [
      ...many(50, { ms: 10, bytes: 1_000 }),
      { ms: 0.0005, label: HOSTILE, failed: true },
      { ms: 2_500 },
    ],
  }],
  host: () => HOSTILE,
  lostAt: 200,
});
full.receive({
  ...{ kind: "broker", at: BEGIN + 300, broker: HOSTILE, workers: 3, queuedBundles: 4 },
  ...{ given: 7, lent: 0, lagMs: 3, rss: 5e7, current: {} },
});
const runs: Record<string, RunModel> = { "a full one": full, "an empty one": new RunModel() };

async function isThere(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
}

async function fed(command: string, args: string[], input: string) {
  const child = new Deno.Command(command, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { success, stdout: text(stdout), stderr: text(stderr) };
}

/** Left out where the parser is missing, with the reason; never in CI, which installs both. */
function missing(what: string, there: boolean): boolean {
  const isCI = Deno.env.get("CI") === "true" && Deno.uid() === 0;
  if (!there) {
    console.warn(`${what} is missing: what it would check is ${isCI ? "" : "not "}wanted`);
  }
  return !there && !isCI;
}

Deno.test({
  name: "metrics: promtool finds nothing to complain about",
  ignore: missing("promtool (Debian: prometheus)", await isThere("promtool", "--version")),
  async fn() {
    for (const [name, model] of Object.entries(runs)) {
      const text = metricsOf(model, BEGIN + 5_000, "prometheus");
      const { success, stdout, stderr } = await fed("promtool", ["check", "metrics"], text);
      assert.ok(success && stdout + stderr === "", `${name}: ${stdout}${stderr}`);
    }
    const broken = await fed("promtool", ["check", "metrics"], 'scoop_x{a="b} 1\n');
    assert.equal(broken.success, false);
  },
});

const PYTHON = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
families = list(parse(sys.stdin.buffer.read().decode("utf-8")))
print(json.dumps([[f.name, f.type, [[s.name, s.labels, s.value] for s in f.samples]] for f in families]))
`;

/** The Python that has the client: Debian's own may not be the first. */
async function findPython(): Promise<string | undefined> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    if (await isThere(python, "-c", "import prometheus_client.openmetrics.parser")) return python;
  }
  return undefined;
}

const python = await findPython();

Deno.test({
  name: "metrics: the OpenMetrics parser of Prometheus's Python client reads what was meant",
  ignore: missing(
    "prometheus_client (Debian: python3-prometheus-client)",
    python !== undefined,
  ),
  async fn() {
    for (const [name, model] of Object.entries(runs)) {
      const { success, stdout, stderr } = await fed(
        python!,
        ["-c", PYTHON],
        metricsOf(model, BEGIN + 5_000),
      );
      assert.ok(success, `${name}: ${stderr}`);
      const families = JSON.parse(stdout) as [string, string, [string, Labels, number][]][];
      const samples = families.flatMap(([, , samples]) => samples);
      if (model !== full) {
        assert.equal(samples.find(([name]) => name === "scoop_workers")?.[2], 0);
        continue;
      }
      const value = (name: string, label: string) =>
        samples.find(([n, labels]) => n === name && labels.function === label)?.[2];
      const hostile = HOSTILE.toWellFormed();
      assert.equal(value("scoop_tasks_done_total", "f"), full.functions.get("f")!.done);
      assert.equal(value("scoop_tasks_failed_total", hostile), 1);
      assert.equal(value("scoop_task_run_seconds_count", "f"), full.functions.get("f")!.run.total);
      assert.equal(value("scoop_sent_bytes_total", "f"), full.functions.get("f")!.bytesOut);
      const buckets = samples.filter(([name, labels]) =>
        name === "scoop_task_run_seconds_bucket" && labels.function === "f"
      );
      assert.equal(buckets.at(-1)?.[1].le, "+Inf");
      assert.equal(
        buckets.find(([, { le }]) => Number(le) > 1)?.[2],
        full.functions.get("f")!.done - 1,
      );
      const types = Object.fromEntries(families.map(([name, type]) => [name, type]));
      assert.equal(types.scoop_task_run_seconds, "histogram");
      assert.equal(types.scoop_run, "info");
      assert.equal(types.scoop_workers_lost, "counter");
    }
  },
});

type Labels = Record<string, string>;

Deno.test("metrics: OpenMetrics is for those who ask for it", () => {
  const prometheus =
    "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";
  assert.equal(metricsFormatFor(prometheus), "openmetrics");
  for (const accept of [null, "", "*/*", "text/html", "application/openmetrics-text;q=0"]) {
    assert.equal(metricsFormatFor(accept), "prometheus");
  }
  assert.match(METRICS_TYPE.openmetrics, /^application\/openmetrics-text; version=1\.0\.0;/);
  assert.ok(metricsOf(full, BEGIN, "openmetrics").endsWith("\n# EOF\n"));
  assert.doesNotMatch(metricsOf(new RunModel(), BEGIN, "prometheus"), /EOF/);
});

Deno.test("metrics: functions without end and many workers make no more than so many lines", () => {
  const model = modelOf({
    workers: 600,
    rounds: [{ tasks: Array.from({ length: 700 }, (_, i) => ({ ms: 1, label: `f${i}` })) }],
  });
  const text = metricsOf(model, BEGIN + 1_000);
  const lines = text.split("\n");
  assert.ok(lines.length < 6_000, `${lines.length} lines`);
  const done = lines.filter((line) => line.startsWith("scoop_tasks_done_total"));
  assert.equal(done.length, 51);
  const sum = done.reduce((all, line) => all + Number(line.split(" ").at(-1)), 0);
  assert.equal(sum, 700);
});

Deno.test("metrics: buckets only grow, up to the number of all", () => {
  const text = metricsOf(full, BEGIN + 5_000);
  const bucket = /^scoop_task_(run|wait)_seconds_bucket\{function="f",le="(.*)"\} (\d+)$/gm;
  const found = [...text.matchAll(bucket)];
  assert.equal(found.length, 40);
  let [last, le] = [0, 0];
  for (const [, , bound, count] of found) {
    const at = bound === "+Inf" ? Infinity : Number(bound);
    if (at < le) last = 0;
    assert.ok(Number(count) >= last);
    [last, le] = [Number(count), at];
  }
});
