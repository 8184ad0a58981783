/**
 * A real browser for the tests of the dashboard: Debian's chromium, driven by playwright.
 *
 * @module
 */

import { chromium } from "npm:playwright-core@^1.60.0";
import type { Browser, BrowserContextOptions, Page } from "npm:playwright-core@^1.60.0";
import { fileURLToPath } from "node:url";

export type { Page };

/** Where pictures of the tests are left, to be looked at. */
const SCREENSHOTS = fileURLToPath(new URL("screenshots/", import.meta.url));

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** The browser's file; undefined when there is none. */
export function findBrowser(): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return folders.flatMap((folder) => NAMES.map((name) => `${folder}/${name}`)).find((file) => {
    try {
      return Deno.statSync(file).isFile;
    } catch {
      return false;
    }
  });
}

/** The tests' browser. */
let browser: Browser | undefined;

/**
 * One browser for all tests of a file.
 *
 * @returns whether they are to be ignored, after saying why; where a change has to pass they are not
 */
export function useBrowser(): boolean {
  if (findBrowser() === undefined && !Deno.env.get("CI")) {
    console.log(`ignored: there is no browser (${NAMES.join(", ")}) on the PATH`);
    return true;
  }
  Deno.test.beforeAll(async () => {
    browser = await openBrowser();
  });
  Deno.test.afterAll(async () => {
    await browser?.close();
  });
  return false;
}

/** Starts a browser, without a window. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = findBrowser();
  if (executablePath === undefined) throw new Error("no browser: apt-get install chromium");
  // A container has no room in /dev/shm, and root has no sandbox.
  const args = ["--no-sandbox", "--disable-dev-shm-usage"];
  return await chromium.launch({ executablePath, args });
}

/** A page of the usual size; the test fails with what the page complains about. */
export async function withPage(
  url: string,
  test: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const context = await browser!.newContext({
    viewport: { width: 1440, height: 1000 },
    ...options,
  });
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.stack ?? error.message));
    page.on("console", (message) => {
      // That a server is gone is told there as well.
      const text = message.text();
      if (message.type() === "error" && !/net::ERR_/.test(text)) complaints.push(text);
    });
    await page.goto(url);
    await test(page);
    if (complaints.length > 0) throw new Error(`the page complains: ${complaints.join("\n")}`);
  } finally {
    await context.close();
  }
}

/** Leaves a picture of the page. */
export async function screenshot(page: Page, name: string, fullPage = true): Promise<void> {
  await Deno.mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage });
}

/** Waits until the page says something, for as long as a busy machine may take. */
export async function until(page: Page, what: string, condition: () => boolean | Promise<boolean>) {
  for (let tries = 0; tries < 200; tries++) {
    if (await condition()) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`in vain waited for: ${what}`);
}

/**
 * Checks until all of it holds at once: the parts of a page are not drawn at the same moment.
 *
 * @throws what the last check said
 */
export async function eventually(page: Page, check: () => Promise<void>): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      return await check();
    } catch (error) {
      if (tries === 200) throw error;
    }
    await page.waitForTimeout(100);
  }
}

/** A little longer than the page waits between two drawings (`FRAME_MS` in stream.js). */
const DRAWN_MS = 60;

/**
 * What the task stream tells of what it has drawn, with all that was asked of it before: a drawing
 * may be on its way, and what is told of the one before is not what the last key has done.
 */
export async function drawn(page: Page): Promise<Record<string, number>> {
  const data = await page.$eval("#stream", async (canvas, ms) => {
    // deno-lint-ignore no-explicit-any
    const frame = (globalThis as any).requestAnimationFrame;
    await new Promise((done) => setTimeout(() => frame(done), ms));
    return { ...(canvas as unknown as { dataset: Record<string, string> }).dataset };
  }, DRAWN_MS);
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Number(value)]));
}

/** The text of an element. */
export async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.textContent(selector))?.trim() ?? "";
}

/** How many pixels of the task stream have a colour, by the colour: "r,g,b". */
export async function pixels(page: Page): Promise<Map<string, number>> {
  const counts = await page.$eval("#stream", (element) => {
    // deno-lint-ignore no-explicit-any
    const canvas = element as any;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const found: Record<string, number> = {};
    for (let i = 0; i < data.length; i += 4) {
      const key = `${data[i]},${data[i + 1]},${data[i + 2]}`;
      found[key] = (found[key] ?? 0) + 1;
    }
    return found;
  });
  return new Map(Object.entries(counts));
}

/** A colour of the page's style, as pixels have it. */
export async function colourOf(page: Page, name: string): Promise<string> {
  return await page.evaluate((name) => {
    // deno-lint-ignore no-explicit-any
    const { document, getComputedStyle } = globalThis as any;
    const probe = document.createElement("i");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color.match(/\d+/g).slice(0, 3).join(",");
  }, name);
}
