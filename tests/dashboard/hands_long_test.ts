/** The dashboard in a real browser: keys, mouse, fingers, eyes. */

import assert from "node:assert/strict";
import axe from "npm:axe-core@^4.10.0/axe.min.js" with { type: "text" };
import {
  colourOf,
  drawn,
  pixels,
  screenshot,
  textOf,
  until,
  useBrowser,
  withPage,
} from "./browser.ts";
import type { Page } from "./browser.ts";
import { whilePlaying } from "./playing.ts";

const ignore = useBrowser();
/** A run that has something of all. */
const PLAY = { workers: 6, seconds: 60, hosts: 2, brokers: 2, loses: true, failsOneOf: 60 };
const AGO = { ago: 35_000 };

const hasBlocks = (page: Page) =>
  until(page, "blocks", async () => (await drawn(page)).blocks! > 200);
const isPressed = (page: Page, what: string) =>
  page.getAttribute(`[data-do=${what}]`, "aria-pressed");
const data = (page: Page, name: string) => page.getAttribute("#details", `data-${name}`);

Deno.test(
  "dashboard: all of it can be done with keys",
  { ignore },
  () =>
    whilePlaying(PLAY, ({ url }) =>
      withPage(url, async (page) => {
        await hasBlocks(page);
        await page.keyboard.press("?");
        assert.equal(await page.isVisible("#help"), true);
        const keys = await page.locator("#help-keys dt").count();
        assert.ok(keys >= 12, `${keys} kinds of keys in the help`);
        await screenshot(page, "help", false);
        await page.keyboard.press("Escape");
        assert.equal(await page.isVisible("#help"), false);

        await page.keyboard.press("w");
        await until(page, "the whole run", async () => (await isPressed(page, "whole")) === "true");
        await until(page, "its beginning", async () => (await drawn(page)).from === 0);
        const whole = await drawn(page);
        for (let i = 0; i < 4; i++) await page.keyboard.press("+");
        await until(page, "less time", async () => {
          const { from, to } = await drawn(page);
          return to! - from! < whole.to! / 4;
        });
        assert.equal(await isPressed(page, "whole"), "false");
        const near = await drawn(page);
        await page.keyboard.press("a");
        await until(page, "earlier", async () => (await drawn(page)).from! < near.from!);
        await page.keyboard.press("f");
        await until(page, "to follow", async () => (await isPressed(page, "follow")) === "true");

        await page.keyboard.press("/");
        await page.keyboard.type("node02");
        assert.match(await textOf(page, "#workers-count"), /, 3 shown$/);
        await page.keyboard.press("Escape");
        await page.keyboard.press("s");
        assert.equal(await page.locator("#stream:focus").count(), 1);
        await page.locator("#functions th button").first().press("Enter");
        assert.equal(await page.getAttribute("#functions th", "aria-sort"), "ascending");
        const names = await page.locator("#functions tbody td.name").allTextContents();
        assert.deepEqual(names, names.toSorted());
        // A worker's row marks its row in the stream.
        await page.locator("#workers tbody tr").nth(1).press("Enter");
        assert.equal(await page.locator("#workers tr.chosen").count(), 1);
      }), AGO),
);

Deno.test(
  "dashboard: from a task to its parent and its children",
  { ignore },
  () =>
    whilePlaying({ ...PLAY, seconds: 20, code: 0 }, ({ url }) =>
      withPage(url, async (page) => {
        await until(page, "its end", async () => (await textOf(page, "#state")) === "finished");
        await page.keyboard.press("s");
        await page.keyboard.press("ArrowLeft");
        assert.equal(await page.isVisible("#details"), true);
        const title = () => textOf(page, "#details h3");
        const first = await title();
        // Some of those before have a parent.
        for (let i = 0; i < 60 && !(await data(page, "parent")); i++) {
          await page.keyboard.press("ArrowLeft");
        }
        const [child, parent] = [await title(), await data(page, "parent")];
        assert.match(parent!, /^evolve on /);
        await page.keyboard.press("p");
        assert.equal(await title(), parent);
        assert.ok(Number(await data(page, "children")) > 1);
        await page.keyboard.press("z");
        await until(page, "the family alone", async () => {
          const { from, to } = await drawn(page);
          return to! - from! < 5_000;
        });
        await screenshot(page, "family");
        assert.match(
          await textOf(page, "#details"),
          /others ran beside it.*called with.*generation/s,
        );
        // Down again: among the children there is where we came from.
        await page.keyboard.press("c");
        const seen = new Set([await textOf(page, "#details")]);
        for (let i = 0; i < 40 && (await title()) !== child; i++) {
          await page.keyboard.press("n");
          seen.add(await textOf(page, "#details"));
        }
        assert.equal(await title(), child);
        assert.equal(await data(page, "parent"), parent);
        await page.keyboard.press("ArrowDown");
        await page.keyboard.press("ArrowUp");
        await page.keyboard.press("Escape");
        assert.equal(await page.isVisible("#details"), false);
        assert.notEqual(first, "");
      }), { ago: 20_000 }),
);

/** Where a block is that is wide enough to be hit: in the middle of the widest stretch of colour. */
async function findBlock(page: Page): Promise<{ x: number; y: number }> {
  const box = (await page.locator("#stream").boundingBox())!;
  for (let y = box.y + 8; y < box.y + box.height - 30; y += 8) {
    for (let x = box.x + box.width * 0.4; x < box.x + box.width * 0.9; x += 7) {
      await page.mouse.move(x, y);
      if (await page.isVisible("#tip")) return { x, y };
    }
  }
  throw new Error("no block was found");
}

Deno.test(
  "dashboard: the mouse shows, chooses, moves and zooms",
  { ignore },
  () =>
    whilePlaying({ ...PLAY, seconds: 20, code: 0 }, ({ url }) =>
      withPage(url, async (page) => {
        await until(page, "its end", async () => (await textOf(page, "#state")) === "finished");
        const { x, y } = await findBlock(page);
        assert.match(await textOf(page, "#tip"), /^\w+\d+ tasks? on (origin|worker-\d)/);
        await page.mouse.click(x, y);
        assert.equal(await page.isVisible("#details"), true);
        const before = await drawn(page);
        await page.mouse.wheel(0, -300);
        await until(page, "less time", async () => {
          const { from, to } = await drawn(page);
          return to! - from! < (before.to! - before.from!) * 0.8;
        });
        await page.click("[data-do=whole]");
        await until(page, "all of it", async () => (await drawn(page)).from! <= 0);
        const whole = await drawn(page);
        await page.click("[data-do=in]");
        await until(page, "a part of it", async () => {
          const { from, to } = await drawn(page);
          return to! - from! < (whole.to! - whole.from!) * 0.9;
        });
        const near = await drawn(page);
        // Once more where the page was busy with something else, as anybody would.
        let looks = 0;
        await until(page, "earlier", async () => {
          if (looks++ % 30 === 0) {
            await page.mouse.move(x, y);
            await page.mouse.down();
            await page.mouse.move(x + 150, y, { steps: 5 });
            await page.mouse.up();
          }
          return (await drawn(page)).from! < near.from! - 100;
        });
        const { from, to } = await drawn(page);
        assert.ok(Math.abs((to! - from!) - (near.to! - near.from!)) < 1, "as much as before");
        // The strip of the whole run leads to its beginning, and back to the front.
        const strip = (await page.locator("#overview").boundingBox())!;
        await page.mouse.click(strip.x + 5, strip.y + 10);
        await until(page, "the beginning", async () => (await drawn(page)).from! < 0);
        await page.click("[data-do=whole]");
        // A function alone.
        const colours = async () => JSON.stringify([...await pixels(page)].toSorted());
        const all = await colours();
        await page.locator("#legend button").first().click();
        await until(page, "other colours", async () => (await colours()) !== all);
        assert.equal(await page.locator("#legend [aria-pressed=true]").count(), 1);
        await screenshot(page, "one-function");
        // At one time in all plots.
        await page.locator("#chart-queue .u-over").hover();
        assert.match(await textOf(page, "#chart-rate .point"), /^0:\d\d: done [\d.]+/);
      }), { ago: 20_000 }),
);

Deno.test(
  "dashboard: on a phone",
  { ignore },
  () =>
    whilePlaying(PLAY, ({ url }) =>
      withPage(url, async (page) => {
        await hasBlocks(page);
        const width = await page.evaluate("document.scrollingElement.scrollWidth");
        assert.equal(width, 390, "nothing sticks out");
        const box = (await page.locator("#stream").boundingBox())!;
        assert.ok(box.width > 300 && box.x >= 0);
        for (const button of await page.locator(".buttons button, .tools button").all()) {
          const { width, height } = (await button.boundingBox())!;
          assert.ok(width >= 36 && height >= 36, `${width} by ${height}`);
        }
        for (let x = box.x + 90; x < box.x + 300 && !(await page.isVisible("#details")); x += 5) {
          await page.touchscreen.tap(x, box.y + 10);
          await page.waitForTimeout(50);
        }
        assert.equal(
          await page.isVisible("#details"),
          true,
          "a tap shows what is known of a block",
        );
        assert.equal(await page.isVisible(".coarse"), true);
        await screenshot(page, "phone");
      }, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }), AGO),
);

/** What a checker of accessibility finds. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate("axe.run()") as {
    violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[];
  };
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join()} ${failureSummary}`)
  );
}

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(
    `dashboard: anybody can use it, ${colorScheme}`,
    { ignore },
    () =>
      whilePlaying(PLAY, ({ url, tell }) =>
        withPage(url, async (page) => {
          await hasBlocks(page);
          assert.deepEqual(await faults(page), []);
          await page.keyboard.press("s");
          await page.keyboard.press("ArrowLeft");
          await page.locator("#workers tbody tr").nth(2).press("Enter");
          assert.deepEqual(await faults(page), []);
          tell({ kind: "ended", at: Date.now(), code: 2, reason: "it threw" });
          await until(page, "its end", async () => (await textOf(page, "#state")) === "failed");
          assert.deepEqual(await faults(page), []);
          await screenshot(page, `all-${colorScheme}`);
        }, { colorScheme, bypassCSP: true }), AGO),
  );
}

Deno.test(
  "dashboard: dark and light, as the system has it or as one likes",
  { ignore },
  () =>
    whilePlaying(PLAY, ({ url }) =>
      withPage(url, async (page) => {
        await hasBlocks(page);
        const light = async () => {
          const [red] = (await colourOf(page, "panel")).split(",").map(Number);
          const canvas = (await pixels(page)).get(await colourOf(page, "panel")) ?? 0;
          assert.ok(canvas > 1_000, "the canvas has the page's colours");
          return red! > 128;
        };
        assert.equal(await light(), false);
        await page.emulateMedia({ colorScheme: "light" });
        await page.waitForTimeout(300);
        assert.equal(await light(), true);
        assert.equal(await textOf(page, "#theme-name"), "system");
        await page.keyboard.press("t");
        await page.keyboard.press("t");
        assert.equal(await textOf(page, "#theme-name"), "dark");
        await page.waitForTimeout(300);
        assert.equal(await light(), false);
        await page.reload();
        await hasBlocks(page);
        assert.equal(await light(), false, "it is remembered");
        await page.click("#theme");
        await page.waitForTimeout(300);
        assert.equal(await light(), true);
      }, { colorScheme: "dark" }), AGO),
);
