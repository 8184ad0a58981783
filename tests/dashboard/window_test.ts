/** What the task stream shows, decided without a browser. */

import assert from "node:assert/strict";
import * as format from "../../telemetry/dashboard/page/format.js";
import {
  FIRST_WINDOW,
  fit,
  marks,
  pan,
  reveal,
  settle,
  zoom,
} from "../../telemetry/dashboard/page/time_window.js";

const bounds = ({ from, to }: { from: number; to: number }) => [from, to];

Deno.test("window: it follows the run, all of it as long as it is short", () => {
  let window = settle(FIRST_WINDOW, 500);
  assert.deepEqual(bounds(window), [0, 2_000]);
  window = settle(window, 12_000);
  assert.deepEqual(bounds(window), [0, 12_000]);
  window = settle(window, 100_000);
  assert.deepEqual(bounds(window), [70_000, 100_000]);
  const whole = settle({ ...window, mode: "whole" }, 200_000);
  assert.deepEqual(bounds(whole), [0, 200_000]);
});

Deno.test("window: what is zoomed keeps its centre and stays, what is moved stays", () => {
  const window = settle(FIRST_WINDOW, 100_000);
  const closer = zoom(window, 0.5, 80_000);
  assert.deepEqual(bounds(closer), [75_000, 90_000]);
  assert.deepEqual(settle(closer, 500_000), closer);
  assert.deepEqual(bounds(pan(closer, -1_000)), [74_000, 89_000]);
  let close = window;
  for (let i = 0; i < 200; i++) close = zoom(close, 0.5, 80_000);
  assert.ok(close.to - close.from >= 0.04 && close.from <= 80_000 && close.to >= 80_000);
});

Deno.test("window: what is to be seen is in it afterwards", () => {
  const window = settle(FIRST_WINDOW, 100_000);
  assert.equal(reveal(window, 71_000, 72_000), window);
  assert.deepEqual(bounds(fit(window, 10_000, 12_000)), [9_800, 12_200]);
  const other = reveal(window, 10_000, 11_000);
  assert.deepEqual(bounds(other), [-4_500, 25_500]);
  assert.equal(other.mode, "still");
});

Deno.test("window: marks are at round times and far enough apart", () => {
  for (const span of [0.1, 3, 70, 900, 2_000, 30_000, 4e5, 9e6, 6e8]) {
    const { at, stepMs } = marks({ ...FIRST_WINDOW, from: 1_000, to: 1_000 + span }, 880);
    assert.ok(at.length >= 2 && at.length <= 9, `${at.length} marks for ${span} ms`);
    const texts = at.map((time) => format.tick(time, stepMs));
    assert.equal(new Set(texts).size, texts.length, texts.join());
  }
});

Deno.test("numbers are as people read them", () => {
  assert.equal(format.duration(0.0123), "12.3 µs");
  assert.equal(format.duration(45.67), "45.7 ms");
  assert.equal(format.duration(1_234), "1.2 s");
  assert.equal(format.duration(200_000), "3:20");
  assert.equal(format.duration(Infinity), "–");
  assert.equal(format.clock(3_723_000), "1:02:03");
  assert.equal(format.bytes(1_234_567), "1.2 MB");
  assert.equal(format.bytes(99_600_000), "100 MB");
  assert.equal(format.count(12_345), "12,345");
  assert.equal(format.count(7_300_000), "7.3M");
  assert.equal(format.percent(0.004), "<1 %");
});
