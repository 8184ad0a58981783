import assert from "node:assert/strict";
import { readSize, sizeText } from "../../wire/sizes.ts";

Deno.test("sizes: are read with their unit, and with nothing else", () => {
  const read = (text: string) => readSize(text);
  assert.deepEqual(["1K", "512M", "2g", "1.5GiB", "1 TB"].map(read), [
    1024,
    512 * 1024 ** 2,
    2 * 1024 ** 3,
    1.5 * 1024 ** 3,
    1024 ** 4,
  ]);
  const wrong = ["", "512", "0M", "-1G", "1e3M", "G", "1P", "1GG", "9999999999T"];
  assert.deepEqual(wrong.filter((text) => read(text) !== undefined), []);
});

Deno.test("sizes: are shown for people", () => {
  const sizes = [12, 1024, 1023.7 * 1024 ** 2, 1.3 * 1024 ** 3, 400 * 1024 ** 2];
  assert.deepEqual(sizes.map(sizeText), ["12 bytes", "1 KiB", "1 GiB", "1.3 GiB", "400 MiB"]);
});
