/** The report of a run: complete, of bounded size, and nothing that a program gave is more than text. */

import assert from "node:assert/strict";
import { escaped } from "../../telemetry/report/markup.ts";
import { reportOf } from "../../telemetry/report/report.ts";
import { RunModel } from "../../telemetry/run_model.ts";
import fc from "../fast_check.ts";
import { many, modelOf } from "./made_runs.ts";
import { checkPage, elementsOf } from "./pages.ts";

Deno.test("report: the cause comes first, and everything else is there", () => {
  const tree = { label: "root", ms: 100, children: many(3, { label: "leaf", ms: 900 }) };
  const page = reportOf(modelOf({
    host: (worker) => worker < 2 ? "near" : "far",
    rounds: [{
      tasks: [...many(80, { ms: 100 }), { label: "big", ms: 8_000, inputs: "12" }, tree],
    }],
    lostAt: 1_000,
    code: 3,
  }));
  checkPage(page);
  const order = [
    "Why it was not faster",
    "waiting for one task: big(12) ran 8 s",
    "Split it up",
    "Speed-up",
    "Where the workers' time went",
    "Who ran what, when",
    "Over time",
    "Functions",
    "Slowest tasks",
    "Hosts and workers",
    "what became of it",
    "What happened",
  ].map((text) => page.indexOf(text));
  assert.ok(order.every((at) => at > 0), order.join());
  assert.deepEqual(order, [...order].sort((a, b) => a - b));
  assert.match(page, /failed<\/span> after [\d.]+ s: <bdi>exit code 3/);
});

Deno.test("report: a program is called by its file's name", () => {
  const model = modelOf({ rounds: [{ tasks: many(8, { ms: 100 }) }] });
  for (
    const [program, shown] of [["file:///a/b%20c.ts", "b c.ts"], ["x%", "x%"], ["", "a program"]]
  ) {
    model.program = program!;
    assert.ok(reportOf(model).includes(`<h1><bdi>${shown}</bdi></h1>`), program);
  }
});

Deno.test("report: the chain that is the longest is there", () => {
  const tree = {
    label: "root",
    ms: 500,
    children: [{ label: "node", ms: 300, children: [{ label: "leaf", ms: 200 }] }],
  };
  const page = reportOf(modelOf({ rounds: [{ tasks: [tree] }] }));
  checkPage(page);
  assert.match(page, /has 3 tasks and takes 1 s, 98 % of the run/);
});

Deno.test("report: a run that is fine, an empty one, and none at all", () => {
  const fine = reportOf(modelOf({ rounds: [{ tasks: many(200, { ms: 100 }) }] }));
  checkPage(fine);
  assert.match(fine, /The run is fine: 100 %/);
  const empty = reportOf(modelOf({ rounds: [], afterMs: 500 }));
  checkPage(empty);
  assert.match(empty, /No task has ended/);
  const none = reportOf(new RunModel());
  checkPage(none);
  assert.match(none, /Nothing has happened in this run/);
});

/** Every letter, halves of pairs and control characters included. */
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff }))
  .map((codes) => String.fromCharCode(...codes));

Deno.test("report: names that are HTML are shown as what they are", () => {
  const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>' style='x`;
  const model = modelOf({
    workers: 2,
    rounds: [{
      tasks: [...many(5, { ms: 100, label: evil, inputs: evil }), { ms: 1_000, label: evil }],
    }],
    host: () => evil,
    lostAt: 250,
  });
  model.program = evil;
  for (const worker of model.workers.values()) worker.reason = worker.replacedBy = evil;
  const page = reportOf(model);
  const withoutText = page.replaceAll(/&lt;[\s\S]*?&gt;/g, "");
  assert.doesNotMatch(withoutText, /<script|<img/);
  assert.match(page, /&lt;script&gt;alert\(1\)/);
  assert.ok(!elementsOf(page).includes("script"));
  fc.assert(fc.property(anyText, (text) => {
    assert.doesNotMatch(escaped(text), /[<>"'\0]|&(?!(amp|lt|gt|quot|#39);)/);
  }));
});
