/** The dashboard in a real browser: 256 workers and 100,000 tasks a second. */

import assert from "node:assert/strict";
import { LIMITS } from "../../wire/limits.ts";
import { drawn, screenshot, textOf, until, useBrowser, withPage } from "./browser.ts";
import { whilePlaying } from "./playing.ts";

const ignore = useBrowser();

Deno.test("dashboard: many workers, at a high rate", { ignore }, () =>
  whilePlaying(
    {
      workers: 256,
      seconds: 60,
      tasksPerSecond: 100_000,
      hosts: 16,
      brokers: 4,
      failsOneOf: 50_000,
      loses: true,
    },
    ({ url, model }) =>
      withPage(url, async (page) => {
        await until(page, "all rows", async () => (await drawn(page)).rows === 256);
        await until(page, "the rate", async () =>
          /^\d+(\.\d)?K$/.test(await textOf(page, "#t-rate")));
        const rate = Number((await textOf(page, "#t-rate")).replace("K", ""));
        assert.ok(rate > 40, `${rate} thousand tasks a second`);
        assert.equal(await page.locator("#workers tbody tr").count(), 257);
        assert.equal(await page.locator("#brokers tbody tr").count(), 4);
        // It goes on to draw while it takes in what happens.
        const frames = await page.evaluate(`new Promise((done) => {
          let frames = 0;
          const count = () => { frames++; requestAnimationFrame(count); };
          requestAnimationFrame(count);
          setTimeout(() => done(frames), 3000);
        })`) as number;
        assert.ok(frames >= 6, `${frames} pictures in 3 s`);
        const box = (await page.locator("#stream").boundingBox())!;
        assert.ok(box.height >= 512 && box.height < 700, "all rows can be seen at once");
        await screenshot(page, "heavy");
        await page.keyboard.press("w");
        await until(page, "the whole run", async () =>
          (await drawn(page)).from === 0);
        const { blocks, lost } = await drawn(page);
        assert.ok(blocks! > 10_000 && blocks! <= LIMITS.pageKeptBlocks, `${blocks} blocks`);
        assert.equal(lost, 1);
        assert.ok(model.blocksSeen > LIMITS.pageKeptBlocks * 2, "many more than are kept");
        await screenshot(page, "heavy-whole");
      }),
    { ago: 40_000 },
  ));
