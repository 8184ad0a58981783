/** The dashboard of real runs in a real browser. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { drawn, screenshot, textOf, until, useBrowser, withPage } from "./browser.ts";
import type { Page } from "./browser.ts";

const ignore = useBrowser();
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** The command, with its dashboard. */
const command = [path("../../cli.ts"), "--dashboard=0"];
const number = (text: string) => Number(text.replaceAll(/[^\d.]/g, ""));

/** A run with a dashboard, which is over when the test is. */
async function withRun(
  args: readonly string[],
  test: (page: Page, run: { url: string; ended: Promise<number> }) => Promise<void>,
  seenFrom = (url: string) => url,
): Promise<void> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const told = Promise.withResolvers<string>();
  const read = (async () => {
    let text = "";
    for await (const part of process.stderr.pipeThrough(new TextDecoderStream())) {
      const url = /the dashboard is at (\S+)\n/.exec(text += part)?.[1];
      if (url !== undefined) told.resolve(url);
    }
    told.reject(new Error(`no address was told: ${text}`));
  })();
  told.promise.catch(() => {});
  try {
    const url = await told.promise;
    const ended = process.status.then(({ code }) => code);
    await withPage(seenFrom(url), (page) => test(page, { url, ended }));
  } finally {
    try {
      process.kill("SIGINT");
    } catch {
      // It has ended by itself.
    }
    await process.status;
    await read;
  }
}

const isOver = (page: Page) => async () => /finished|failed/.test(await textOf(page, "#state"));

Deno.test(
  "dashboard: a real run, with tasks and those that they spawned",
  { ignore },
  () =>
    withRun(
      [...command, "-n", "4", path("programs/watched.ts"), "plain", "120"],
      async (page, { url, ended }) => {
        await until(page, "tasks", async () => number(await textOf(page, "#t-done")) > 50);
        assert.equal(await textOf(page, "#state"), "running");
        assert.equal(await textOf(page, "#program"), "watched.ts");
        // On a small machine the last of them joins when others have done much.
        const rows = page.locator("#workers tbody tr");
        await until(page, "all workers", async () => await rows.count() === 4);
        const metrics = await (await fetch(new URL("metrics", url))).text();
        assert.match(metrics, /^# TYPE /m);
        const stats = await (await fetch(new URL("data.json", url))).json();
        assert.equal(stats.workers.length, 4);
        await screenshot(page, "real-running");
        await until(page, "its end", isOver(page));
        assert.equal(await ended, 0);
        assert.equal(await textOf(page, "#state"), "finished");
        // Each family is a task, and so is each of its children.
        const all = 120 + 1_200;
        await until(page, "all tasks", async () => number(await textOf(page, "#t-done")) === all);
        assert.equal(await textOf(page, "#t-failed"), "0");
        const counts = await page.locator("#workers tbody td:nth-child(12)").allTextContents();
        assert.equal(counts.map(number).reduce((sum, count) => sum + count), all, counts.join());
        await page.keyboard.press("w");
        await until(page, "all of it", async () => (await drawn(page)).from === 0);
        assert.ok((await drawn(page)).waited! > 20, "families wait for their children");
        await page.keyboard.press("s");
        await page.keyboard.press("ArrowLeft");
        const data = (name: string) => page.getAttribute("#details", `data-${name}`);
        for (let i = 0; i < 100 && !(await data("parent")); i++) {
          await page.keyboard.press("ArrowLeft");
        }
        assert.match((await data("parent"))!, /^family on /);
        await page.keyboard.press("p");
        assert.ok(Number(await data("children")) > 0);
        await screenshot(page, "real-family");
      },
    ),
);

Deno.test(
  "dashboard: a real run that fails",
  { ignore },
  () =>
    withRun(
      [...command, "-n", "3", path("programs/watched.ts"), "failing", "120"],
      async (page, { ended }) => {
        await until(page, "failures", async () => (await drawn(page)).failed! > 0);
        await until(page, "its end", isOver(page));
        assert.equal(await textOf(page, "#state"), "failed");
        assert.notEqual(await ended, 0);
        assert.match(await textOf(page, "#banner"), /30 failed \(exit code 1\)/);
        assert.equal(await textOf(page, "#t-failed"), "30");
        const row = page.locator("#functions tbody tr", { hasText: "unlucky" });
        assert.match((await row.textContent())!, /✕ 30/);
        await screenshot(page, "real-failed");
      },
    ),
);

Deno.test(
  "dashboard: a worker of a real run is killed",
  { ignore },
  () =>
    withRun([...command, "-n", "4", path("programs/watched.ts"), "plain", "200"], async (page) => {
      const row = page.locator("#workers tbody tr", { hasText: "worker-2" });
      await until(page, "tasks", async () => number(await textOf(page, "#t-done")) > 50);
      const pid = Number(await row.locator("td").nth(3).textContent());
      Deno.kill(pid, "SIGKILL");
      await until(page, "the loss", async () => (await drawn(page)).lost === 1);
      const happened = () => textOf(page, "#happenings");
      await until(page, "the other one", async () => /worker-2\S+ joined/.test(await happened()));
      assert.match(await happened(), /worker-2 was lost \(.*SIGKILL.*\)/);
      assert.match(await happened(), /worker-2\.\d+ replaces worker-2/);
      assert.equal((await drawn(page)).rows, 4);
      assert.match(await textOf(page, "#workers-count"), /^4 there, 1 gone/);
      await screenshot(page, "real-lost");
    }),
);

Deno.test(
  "dashboard: the workers of a program's own",
  { ignore },
  () =>
    withRun([path("programs/pool.ts")], async (page) => {
      await until(page, "tasks", async () => number(await textOf(page, "#t-done")) > 50);
      assert.equal(await textOf(page, "#state"), "running");
      await until(page, "both", async () =>
        (await page.locator("#workers .text:has-text('worker-')").count()) >= 2);
      assert.ok((await drawn(page)).blocks! > 20);
    }),
);

Deno.test("dashboard: for others, with its token", { ignore }, async () => {
  const args = [path("../../cli.ts"), "--dashboard=0.0.0.0:0", "-n", "2"];
  const here = (url: string) => `http://127.0.0.1:${new URL(url).port}/`;
  await withRun([...args, path("programs/watched.ts"), "plain", "300"], async (page, { url }) => {
    assert.match(url, /\/\?token=[\w-]{32}$/);
    await until(page, "tasks", async () => number(await textOf(page, "#t-done")) > 10);
    assert.equal(page.url(), here(url), "the token does not stay in the address");
    await page.reload();
    await until(page, "tasks again", async () => number(await textOf(page, "#t-done")) > 10);
    const stranger = await fetch(here(url));
    assert.equal(stranger.status, 403);
    assert.match(await stranger.text(), /^the address lacks its token/);
  }, (url) => here(url) + new URL(url).search);
});
