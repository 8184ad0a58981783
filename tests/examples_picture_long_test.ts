/**
 * The example that works on a picture, compared with a plain filter over the whole picture.
 */

import assert from "node:assert/strict";
import { readPicture } from "../examples/edges.ts";
import type { Picture } from "../examples/edges.ts";
import { runAlone, runProgram } from "./launch_program.ts";

const ACROSS = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]];
const DOWN = [[-1, -2, -1], [0, 0, 0], [1, 2, 1]];

/** Sobel's filter straight from its two kernels, with the border repeated outside. */
function sobel({ width, height, pixels }: Picture): Uint8Array {
  const clamp = (n: number, limit: number) => Math.min(Math.max(n, 0), limit - 1);
  const edges = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let across = 0;
      let down = 0;
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j < 3; j++) {
          const row = clamp(y + i - 1, height);
          const pixel = pixels[row * width + clamp(x + j - 1, width)]!;
          across += ACROSS[i]![j]! * pixel;
          down += DOWN[i]![j]! * pixel;
        }
      }
      edges[y * width + x] = Math.min(255, Math.hypot(across, down));
    }
  }
  return edges;
}

Deno.test("edges writes the same picture on any number of workers, and alone", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const input = await readPicture(new URL("../examples/data/harbour.png", import.meta.url));
    const expected = { width: 256, height: 192, pixels: sobel(input) };
    for (const workers of [0, 1, 2, 4]) {
      const output = `${folder}/${workers}.png`;
      const { code, stdout, stderr } = workers === 0
        ? await runAlone("examples/edges.ts", { args: [output] })
        : await runProgram("examples/edges.ts", {
          workers,
          flags: [`--allow-write=${folder}`],
          args: [output],
        });
      assert.equal(code, 0, stderr);
      assert.equal(stdout, `${output}: the edges of 256 × 192 pixels, in 12 bands\n`);
      assert.deepEqual(await readPicture(output), expected);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("edges may write only where it was allowed to", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { code, stderr } = await runProgram("examples/edges.ts", {
      workers: 2,
      args: [`${folder}/no.png`],
    });
    assert.equal(code, 1);
    assert.match(stderr, /NotCapable: Requires write access to .*--allow-write/);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
