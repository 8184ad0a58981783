/** What stands in the place of an outcome travels, and is no value of a task's. */

import assert from "node:assert/strict";
import { decodeEach, encodeEach } from "../../wire/codec.ts";
import { joinArray, splitArray } from "../../wire/split.ts";
import { Withdrawn } from "../../wire/withdrawn.ts";

Deno.test("withdrawn: it stays what it is on a journey, many of one, cut and joined", () => {
  const { notBegun, notEnded } = Withdrawn;
  const { body, frames } = encodeEach([notBegun, 1, notEnded, notBegun]);
  assert.deepEqual(frames, []);
  const values = decodeEach(joinArray(splitArray(body).slice(1)), []);
  assert.equal(values[0], 1);
  assert.equal(values[1], notEnded);
  assert.equal(values[2], notBegun);
});

Deno.test("withdrawn: no value that looks like it is taken for it", () => {
  for (const value of ["scoop: not begun", { begun: false }, [13, false]]) {
    const { body, frames } = encodeEach([value]);
    assert.deepEqual(decodeEach(body, frames), [value]);
  }
});
