// deno run -A cli.ts -n 4 --allow-write=. examples/edges.ts [output.png] [picture.png]
/**
 * Finds the edges in a picture with Sobel's filter. The picture is cut into bands of rows; a task
 * gets the pixels of one, with a row more on either side, and returns the finished rows. A picture
 * of your own has to be readable, for example with `--allow-read=.`.
 *
 * @module
 */

import { decode, encode } from "npm:fast-png@^8.0.0";
import { map } from "../mod.ts";

/** Grey pixels, row by row, 0 (black) to 255 (white). */
export interface Picture {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/** Rows of one task; so many pixels are some milliseconds of work. */
const ROWS_PER_BAND = 16;

/** The strength of the edges in all rows of a band but its first and last. */
export function findEdges(band: Uint8Array, width: number): Uint8Array {
  const height = band.length / width;
  const edges = new Uint8Array((height - 2) * width);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 0; x < width; x++) {
      const left = Math.max(x - 1, 0);
      const right = Math.min(x + 1, width - 1);
      const at = (dx: number, dy: number) => band[(y + dy) * width + dx]!;
      const across = at(right, -1) + 2 * at(right, 0) + at(right, 1) -
        at(left, -1) - 2 * at(left, 0) - at(left, 1);
      const down = at(left, 1) + 2 * at(x, 1) + at(right, 1) -
        at(left, -1) - 2 * at(x, -1) - at(right, -1);
      edges[(y - 1) * width + x] = Math.min(255, Math.hypot(across, down));
    }
  }
  return edges;
}

/** Bands that overlap by two rows; the first and last row of the picture are there twice. */
export function* cutBands({ width, height, pixels }: Picture): Generator<Uint8Array> {
  const row = (y: number) => {
    const inside = Math.min(Math.max(y, 0), height - 1);
    return pixels.subarray(inside * width, (inside + 1) * width);
  };
  for (let top = 0; top < height; top += ROWS_PER_BAND) {
    const rows = Math.min(ROWS_PER_BAND, height - top);
    const band = new Uint8Array((rows + 2) * width);
    for (let y = -1; y <= rows; y++) band.set(row(top + y), (y + 1) * width);
    yield band;
  }
}

/** Reads a PNG file of 8 bits per channel, as grey. */
export async function readPicture(file: string | URL): Promise<Picture> {
  const { width, height, channels, data } = decode(await Deno.readFile(file));
  const pixels = new Uint8Array(width * height).map((_, i) => {
    const [red, green, blue] = data.subarray(i * channels, (i + 1) * channels);
    return channels < 3 ? red! : 0.299 * red! + 0.587 * green! + 0.114 * blue!;
  });
  return { width, height, pixels };
}

if (import.meta.main) {
  const [output = "edges.png", input = new URL("data/harbour.png", import.meta.url)] = Deno.args;
  const picture = await readPicture(input);
  const { width, height } = picture;
  const bands = await map(findEdges, cutBands(picture), Array(height).fill(width));
  const data = new Uint8Array(width * height);
  for (const [i, band] of bands.entries()) data.set(band, i * ROWS_PER_BAND * width);
  await Deno.writeFile(output, encode({ width, height, channels: 1, data }));
  console.log(`${output}: the edges of ${width} × ${height} pixels, in ${bands.length} bands`);
}
