/** The dashboard in a real browser: what it shows of runs in each of their states. */

import assert from "node:assert/strict";
import { serveDashboard } from "../../telemetry/dashboard/serve.ts";
import { RunModel } from "../../telemetry/run_model.ts";
import {
  colourOf,
  drawn,
  eventually,
  pixels,
  screenshot,
  textOf,
  until,
  useBrowser,
  withPage,
} from "./browser.ts";
import { whilePlaying } from "./playing.ts";

const ignore = useBrowser();
const number = (text: string) => Number(text.replaceAll(/[^\d.]/g, ""));

Deno.test(
  "dashboard: a run that goes on",
  { ignore },
  () =>
    whilePlaying(
      { workers: 8, seconds: 60, hosts: 2, brokers: 2 },
      ({ url, model }) =>
        withPage(url, async (page) => {
          await until(page, "running", async () => (await textOf(page, "#state")) === "running");
          const done = async () => number(await textOf(page, "#t-done"));
          const first = await done();
          await until(page, "more tasks", async () => (await done()) > first + 100);
          await eventually(page, async () => {
            assert.match(await page.title(), /^\d+ % evolve\.ts · running$/);
            const { rows, blocks, waited, failed, lost } = await drawn(page);
            assert.equal(rows, 8);
            assert.ok(blocks! > 500, `${blocks} blocks`);
            assert.ok(waited! > 3);
            assert.deepEqual([failed, lost], [0, 0]);
            // Each function has its colour, and covers something.
            const legend = await page.locator("#legend button").count();
            assert.equal(legend, model.functions.size);
            const seen = await pixels(page);
            const coloured = [...seen].filter(([key, count]) => {
              const parts = key.split(",").map(Number);
              return count > 200 && Math.max(...parts) - Math.min(...parts) > 60;
            });
            assert.ok(coloured.length >= 5, `${coloured.length} colours`);
            assert.equal(await page.locator("#workers tbody tr").count(), 8);
            assert.equal(await page.locator("#hosts tbody tr").count(), 2);
            assert.equal(await page.locator("#brokers tbody tr").count(), 2);
            assert.equal(await page.locator("#functions tbody tr").count(), legend);
            const points = await page.$$eval("figure", (all) =>
              all.map((figure) =>
                Number((figure as unknown as { dataset: { points: string } }).dataset.points)
              ));
            assert.equal(points.length, 5);
            assert.ok(points.every((count) => count >= 15), points.join());
          });
          await screenshot(page, "running");
        }),
      { ago: 15_000 },
    ),
);

Deno.test(
  "dashboard: its history is there when it is reloaded",
  { ignore },
  () =>
    whilePlaying(
      { workers: 4, seconds: 60, loses: true },
      ({ url }) =>
        withPage(url, async (page) => {
          await page.keyboard.press("w");
          await until(page, "blocks", async () => (await drawn(page)).blocks! > 400);
          const before = await drawn(page);
          const happened = await page.locator("#happenings li").count();
          await page.reload();
          await page.keyboard.press("w");
          await until(
            page,
            "as many blocks",
            async () => (await drawn(page)).blocks! >= before.blocks!,
          );
          await eventually(page, async () => {
            const after = await drawn(page);
            assert.equal(after.from, 0, "from the beginning on");
            assert.ok(after.to! >= before.to!);
            const listed = await page.locator("#happenings li").count();
            assert.ok(listed >= happened, `${listed} of ${happened}`);
            const points = await page.getAttribute("#chart-rate", "data-points");
            assert.ok(Number(points) >= 15, `${points} points`);
            // The rate is known at once.
            assert.ok(number(await textOf(page, "#t-rate")) > 20);
          });
        }),
      { ago: 20_000 },
    ),
);

Deno.test(
  "dashboard: failures are marked, and a run that fails says so",
  { ignore },
  () =>
    whilePlaying(
      { workers: 4, seconds: 12, failsOneOf: 25, code: 1, reason: "TypeError: no such gene" },
      ({ url, model, played }) =>
        withPage(url, async (page) => {
          await until(page, "failures", async () => (await drawn(page)).failed! > 3);
          const bad = await colourOf(page, "bad");
          await eventually(page, async () => {
            assert.ok((await pixels(page)).get(bad)! > 30, "failures can be seen");
          });
          await played;
          await until(page, "its end", async () => (await textOf(page, "#state")) === "failed");
          const failed = model.totals.failed.toLocaleString("en");
          await eventually(page, async () => {
            assert.match(
              await textOf(page, "#banner"),
              new RegExp(
                `^Failed after 0:12, .* with [\\d,]+ tasks done and ${failed} failed \\(exit code 1\\): ` +
                  "TypeError: no such gene\\. The run has ended",
              ),
            );
            assert.equal(await textOf(page, "#t-failed"), failed);
            assert.match(await page.title(), /^✕ evolve\.ts · failed$/);
            const cells = await page.locator("#functions .bad").allTextContents();
            assert.ok(
              cells.length > 0 && cells.every((text) => /^✕ \d+$/.test(text)),
              cells.join(),
            );
          });
          await screenshot(page, "failed");
        }),
      { ago: 8_000 },
    ),
);

Deno.test(
  "dashboard: a run that has ended stays, though its server is gone",
  { ignore },
  () =>
    whilePlaying(
      { workers: 4, seconds: 6, code: 0 },
      ({ url, dashboard, model, played }) =>
        withPage(url, async (page) => {
          await played;
          await until(page, "its end", async () => (await textOf(page, "#state")) === "finished");
          await dashboard.end();
          await page.waitForTimeout(2_500);
          assert.equal(await textOf(page, "#state"), "finished");
          assert.match(await textOf(page, "#banner"), /^Finished after 0:06.* keeps what it has/);
          assert.equal(number(await textOf(page, "#t-done")), model.totals.done);
          await page.keyboard.press("w");
          await until(page, "all blocks", async () => (await drawn(page)).blocks! > 100);
          await screenshot(page, "finished");
        }),
      { ago: 3_000 },
    ),
);

Deno.test(
  "dashboard: a lost worker, and who took its place",
  { ignore },
  () =>
    whilePlaying(
      { workers: 6, seconds: 14, loses: true },
      ({ url }) =>
        withPage(url, async (page) => {
          await until(page, "the loss", async () => (await drawn(page)).lost === 1);
          await eventually(page, async () => {
            assert.equal((await drawn(page)).rows, 6, "they share a row");
            const happened = await page.locator("#happenings").textContent();
            assert.match(
              happened!,
              /worker-2 was lost \(killed by SIGKILL\); 3 unfinished tasks run again/,
            );
            assert.match(happened!, /worker-2\.2 replaces worker-2/);
            const row = page.locator("#workers tbody tr", { hasText: "lost" });
            assert.match((await row.textContent())!, /^worker-2✕ lost, now worker-2\.2/);
            assert.equal(await textOf(page, "#workers-count"), "6 there, 1 gone");
            assert.match(await textOf(page, "#t-retried"), /1 worker lost/);
          });
          await screenshot(page, "lost-worker");
        }),
      { ago: 5_000 },
    ),
);

Deno.test(
  "dashboard: a run without workers, without tasks, and without an answer",
  { ignore },
  async () => {
    const model = new RunModel({ blocks: 100 });
    const first = serveDashboard({ model });
    const port = Number(new URL(first.url).port);
    const open = [first];
    try {
      await withPage(first.url, async (page) => {
        await until(
          page,
          "an answer",
          async () => (await textOf(page, "#empty")) !== "Waiting for the run…",
        );
        model.receive({ kind: "started", at: Date.now(), program: "prog.ts", workers: 3 });
        first.changed();
        const empty = "Waiting for workers: none of 3 has joined yet.";
        await until(page, "workers wanted", async () => (await textOf(page, "#empty")) === empty);
        assert.equal(await textOf(page, "#state"), "waiting for workers");
        await screenshot(page, "waiting", false);
        const place = { broker: "broker", host: "ada", pid: 1, origin: true };
        model.receive({ kind: "joined", at: Date.now(), worker: "origin", ...place });
        first.changed();
        const none = "1 worker of 3 joined; no task has ended yet.";
        await until(page, "a worker", async () => (await textOf(page, "#empty")) === none);
        // The run is gone without a word.
        await first.end();
        await until(
          page,
          "the loss",
          async () => (await textOf(page, "#state")) === "connection lost",
        );
        assert.match(await textOf(page, "#banner"), /^Connection lost, trying again\. This is how/);
        await screenshot(page, "connection-lost", false);
        // And another one at the same place.
        const other = new RunModel({ blocks: 100 });
        other.receive({ kind: "started", at: Date.now(), program: "other.ts", workers: 2 });
        open.push(serveDashboard({ model: other, port }));
        await until(
          page,
          "the other run",
          async () => (await textOf(page, "#program")) === "other.ts",
        );
        await eventually(page, async () => {
          assert.equal(
            await textOf(page, "#empty"),
            "Waiting for workers: none of 2 has joined yet.",
          );
          assert.equal(await page.isVisible("#banner"), false);
          assert.equal(await page.locator("#workers tbody td.none").count(), 1);
        });
      });
    } finally {
      for (const each of open) await each.end();
    }
  },
);

Deno.test("dashboard: what a run calls its things is text", { ignore }, async () => {
  const model = new RunModel({ blocks: 100 });
  const dashboard = serveDashboard({ model });
  const evil = `<img src=x onerror="document.title='caught'">`;
  const at = Date.now();
  const block = { id: 1, label: evil, parent: "", from: at - 50, to: at, ms: 50, tasks: 1 };
  const facts = { failed: 0, waited: false, inputs: evil };
  const counts = {
    spawned: 1,
    done: 1,
    failed: 0,
    retried: 0,
    dropped: 0,
    ran: 1,
    threw: 0,
    ms: 50,
    maxMs: 50,
  };
  const fn = { label: evil, ...counts, run: [], wait: [], bytesIn: 0, bytesOut: 0 };
  const span = {
    number: 1,
    at,
    spanMs: 50,
    busyMs: 50,
    cpuMs: 50,
    rss: 1,
    lagMs: 0,
    running: 0,
    queued: 0,
  };
  model.receive({ kind: "started", at: at - 100, program: evil, workers: 1 });
  model.receive({
    kind: "joined",
    at: at - 80,
    broker: evil,
    worker: evil,
    host: evil,
    pid: 1,
    origin: true,
  });
  const tally = { ...span, functions: [fn], blocks: [{ ...block, ...facts }] };
  model.receive({ kind: "tally", at, worker: evil, tally });
  dashboard.changed();
  try {
    await withPage(dashboard.url, async (page) => {
      await until(page, "the block", async () => (await drawn(page)).blocks === 1);
      await page.keyboard.press("s");
      await page.keyboard.press("ArrowLeft");
      await eventually(page, async () => {
        assert.ok((await textOf(page, "#details")).includes(evil));
        assert.ok((await textOf(page, "#functions tbody")).includes(evil));
        assert.ok((await textOf(page, "#workers tbody")).includes(evil));
      });
      assert.equal(await page.locator("img[src=x]").count(), 0);
      assert.ok(!(await page.title()).startsWith("caught"));
    });
  } finally {
    await dashboard.end();
  }
});
