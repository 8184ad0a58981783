/** The report of a long run. */

import { reportOf } from "../../telemetry/report/report.ts";
import { BEGIN, modelOf } from "./made_runs.ts";
import { checkPage } from "./pages.ts";

Deno.test("report: half a million blocks of many workers are thinned out", () => {
  const model = modelOf({
    workers: 300,
    rounds: [{
      tasks: Array.from(
        { length: 600 },
        (_, i) => ({ ms: 50, label: `f${i}`, inputs: "x".repeat(200) }),
      ),
    }],
  });
  const [sample] = model.blocks;
  const names = [...model.workers.keys()];
  for (let i = 0; i < 500_000; i++) {
    const from = BEGIN + 20 + Math.floor(i / 300) * 0.06;
    const worker = names[i % 300]!;
    model.blocks.push({ ...sample!, worker, id: i + 10, from, to: from + 0.05, ms: 0.05 });
  }
  checkPage(reportOf(model));
});
