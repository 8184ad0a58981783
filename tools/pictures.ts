/**
 * Makes the pictures of the documentation: `deno task pictures`. A real run is looked at in a real
 * browser, Debian's chromium; with the font Inter (fonts-inter) the pictures look as they do now.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import UPNG from "npm:upng-js@^2.1.0";
import { openBrowser } from "../tests/dashboard/browser.ts";
import type { Page } from "../tests/dashboard/browser.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDER = `${ROOT}docs/pictures/`;
/** Colours of a picture; more are not needed, and the file is a quarter as large. */
const COLOURS = 256;

/** A time that has passed, from 25 seconds on. */
const ENOUGH = /^(0:(2[5-9]|[345]\d)|[1-9].*)$/;

/** A picture. */
interface Picture {
  readonly name: string;
  readonly colorScheme: "light" | "dark";
  readonly width: number;
  readonly height: number;
  /** What is to be seen; all of the window by default. */
  readonly selector?: string;
  /** What is done before. */
  prepare?(page: Page): Promise<void>;
}

const PICTURES: readonly Picture[] = [
  { name: "dashboard-light", colorScheme: "light", width: 1360, height: 860 },
  { name: "dashboard-dark", colorScheme: "dark", width: 1360, height: 860 },
  ...(["light", "dark"] as const).map((colorScheme): Picture => ({
    name: `family-${colorScheme}`,
    colorScheme,
    width: 1280,
    height: 900,
    selector: ".panel.stream",
    prepare: showFamily,
  })),
  { name: "phone-light", colorScheme: "light", width: 390, height: 844 },
];

/** Chooses a task that spawned others, and shows them. */
async function showFamily(page: Page): Promise<void> {
  await page.keyboard.press("w");
  await page.keyboard.press("s");
  await page.keyboard.press("ArrowLeft");
  for (let tries = 0; tries < 200; tries++) {
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("p");
    const children = await page.getAttribute("#details", "data-children");
    if (Number(children) > 8) break;
  }
  await page.keyboard.press("z");
}

/** A run of the command with its dashboard, until all pictures are made. */
async function startRun(): Promise<{ url: string; process: Deno.ChildProcess }> {
  const program = `${ROOT}tools/evolution.ts`;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${ROOT}cli.ts`, "-n", "6", "--nice=15", "--dashboard=0", program],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const [first, rest] = process.stderr.tee();
  void rest.pipeTo(Deno.stderr.writable, { preventClose: true }).catch(() => {});
  let text = "";
  for await (const part of first.pipeThrough(new TextDecoderStream())) {
    const url = /http:\/\/[\d.]+:\d+\//.exec(text += part)?.[0];
    if (url !== undefined) return { url, process };
  }
  throw new Error("the command told no address of a dashboard");
}

/** One picture, with fewer colours. */
async function take(page: Page, { name, selector, prepare }: Picture): Promise<void> {
  await prepare?.(page);
  await page.waitForTimeout(400);
  const target = selector === undefined ? page : page.locator(selector);
  const png = await target.screenshot();
  const { width, height } = UPNG.decode(png.buffer as ArrayBuffer);
  const pixels = UPNG.toRGBA8(UPNG.decode(png.buffer as ArrayBuffer))[0]!;
  const small = new Uint8Array(UPNG.encode([pixels], width, height, COLOURS));
  await Deno.writeFile(`${FOLDER}${name}.png`, small);
  console.log(`${name}.png: ${width} by ${height}, ${Math.round(small.length / 1000)} kB`);
}

/** Makes all of them. */
async function takeAll(): Promise<void> {
  await Deno.mkdir(FOLDER, { recursive: true });
  const browser = await openBrowser();
  const { url, process } = await startRun();
  try {
    for (const picture of PICTURES) {
      const { colorScheme, width, height } = picture;
      const page = await browser.newPage({ colorScheme, viewport: { width, height } });
      await page.goto(url, { timeout: 120_000 });
      // So much that there is something of all to be seen.
      const elapsed = () => page.locator("#t-elapsed").textContent();
      while (!ENOUGH.test(await elapsed() ?? "")) await page.waitForTimeout(100);
      await take(page, picture);
      await page.close();
    }
  } finally {
    await browser.close();
    try {
      process.kill("SIGINT");
    } catch {
      // It has ended by itself.
    }
    await process.status;
  }
}

if (import.meta.main) await takeAll();
